import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** The nearest file of that name, from `directory` up to the root. */
export async function findUpward(directory: string, name: string): Promise<string | undefined> {
  for (let current = resolve(directory); ; current = dirname(current)) {
    const path = join(current, name)
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile() === true) return path
    if (current === dirname(current)) return undefined
  }
}
