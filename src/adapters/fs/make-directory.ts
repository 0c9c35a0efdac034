import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from '#ports/objects/system-errors'

/**
 * Makes a directory and its parents. Node's own recursive `mkdir` never returns where the file system
 * answers ENOENT although the parent is there, as /proc does.
 */
export async function makeDirectory(path: string): Promise<void> {
  if ((await attempt(path)) === 'made') return
  await makeDirectory(dirname(path))
  await mkdir(path).catch((thrown: unknown) => {
    if (systemCode(thrown) !== 'EEXIST') throw thrown
  })
}

async function attempt(path: string): Promise<'made' | 'no parent'> {
  try {
    await mkdir(path)
    return 'made'
  } catch (thrown) {
    const code = systemCode(thrown)
    if (code === 'ENOENT' && dirname(path) !== path) return 'no parent'
    if (code !== 'EEXIST' || !(await isDirectory(path))) throw thrown
    return 'made'
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory()
}
