import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isThere } from './path-state.ts'

/** The directory with `.dvc`, here or above; made here, as `dvc init` does, when there is none. */
export async function openDvcRepository(directory: string): Promise<string> {
  const found = await findAbove(directory, '.dvc')
  if (found !== undefined) return found
  const root = (await findAbove(directory, '.git')) ?? resolve(directory)
  await mkdir(join(root, '.dvc', 'tmp'), { recursive: true })
  await writeFile(join(root, '.dvc', 'config'), '')
  await writeFile(join(root, '.dvc', '.gitignore'), '/config.local\n/tmp\n/cache\n')
  return root
}

async function findAbove(directory: string, name: string): Promise<string | undefined> {
  for (let current = resolve(directory); ; current = dirname(current)) {
    const found = await stat(join(current, name)).catch(() => undefined)
    if (found?.isDirectory() === true) return current
    if (current === dirname(current)) return undefined
  }
}

/** Adds an output to the .gitignore beside it, as DVC does; nothing outside of Git. */
export async function ignoreInGit(path: string): Promise<void> {
  if ((await findAbove(dirname(path), '.git')) === undefined) return
  const file = join(dirname(path), '.gitignore')
  const text = (await isThere(file)) ? await readFile(file, 'utf8') : ''
  const line = `/${basename(path)}`
  if (text.split('\n').includes(line)) return
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  await writeFile(file, `${text}${gap}${line}\n`)
}
