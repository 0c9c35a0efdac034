import { execFile } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const version = '3.67.1'
const directory = join(import.meta.dirname, '..', '..', '.cache', 'dvc')

/** A Python with the real dvc from PyPI; undefined where there is no Python or no index. */
export async function dvcPython(): Promise<string | undefined> {
  const given = process.env['GYRE_TEST_DVC_PYTHON']
  const found = given ?? join(directory, 'bin', 'python')
  try {
    await access(found)
    await run(found, ['-c', `import dvc; assert dvc.__version__ == "${version}"`])
    return found
  } catch {
    if (given !== undefined) throw new Error(`${given} has no dvc ${version}.`)
  }
  try {
    await mkdir(directory, { recursive: true })
    await run('python3', ['-m', 'venv', directory])
    await run(found, ['-m', 'pip', 'install', '--quiet', `dvc[webdav,s3]==${version}`])
    return found
  } catch (thrown) {
    console.log(`No dvc: ${String(thrown).slice(0, 300)}`)
    return undefined
  }
}
