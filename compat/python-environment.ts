import { execFile } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface PythonWanted {
  /** Names the environment in `.cache`. */
  name: string
  /** As pip reads them. */
  requirements: readonly string[]
  /** What must be importable. */
  module: string
  /** Names a Python that has it already. */
  variable: string
}

/** The folder of a Python's programs, with these packages; undefined where there is no index. */
export async function preparePython(wanted: PythonWanted): Promise<string | undefined> {
  const { name, requirements, module, variable } = wanted
  const given = process.env[variable]
  const directory = given ?? join(import.meta.dirname, '..', '.cache', name, 'bin')
  const python = join(directory, 'python')
  try {
    await access(python)
    await run(python, ['-c', `import ${module}`])
    return directory
  } catch (thrown) {
    if (given !== undefined) throw new Error(`${given} has no ${module}.`, { cause: thrown })
  }
  try {
    await mkdir(directory, { recursive: true })
    await run('python3', ['-m', 'venv', join(directory, '..')])
    await run(python, ['-m', 'pip', 'install', '--quiet', ...requirements])
    return directory
  } catch (thrown) {
    console.log(`No ${name}: ${String(thrown).slice(0, 300)}`)
    return undefined
  }
}
