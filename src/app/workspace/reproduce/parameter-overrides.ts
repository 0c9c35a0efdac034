import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isMap, parseDocument } from 'yaml'
import { invalid } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { openOrMakeRepository } from '../repository/dvc-repository.ts'

/**
 * Sets parameters in params.yaml for the time of an execution, comments kept, and gives what puts the
 * file back. The original waits in `.dvc/tmp`, so that `restoreParameters` finds it after a crash.
 * Errors: `invalid` when there is no params.yaml or a key cannot be set.
 */
export async function overrideParameters(
  directory: string,
  overrides: Readonly<Record<string, Json>>,
): Promise<() => Promise<void>> {
  const file = join(directory, 'params.yaml')
  if (Object.keys(overrides).length === 0) return async () => {}
  const before = await readFile(file, 'utf8').catch(() => {
    throw invalid(`Parameters cannot be set: there is no params.yaml in ${directory}.`)
  })
  await keep(await keptFile(directory), before)
  await replace(file, withParameters(before, overrides))
  return () => restoreParameters(directory)
}

/** The text of params.yaml with values set by dotted key, comments kept. Errors: `invalid`. */
export function withParameters(text: string, overrides: Readonly<Record<string, Json>>): string {
  const document = parseDocument(text)
  for (const [key, value] of Object.entries(overrides)) {
    const path = key.split('.')
    if (path.includes('')) throw invalid(`"${key}" is not a parameter's name. Write a.b.c=value.`)
    const above = path.slice(0, -1).map((_, index) => path.slice(0, index + 1))
    const blocked = above.find((part) => {
      const node = document.getIn(part, true)
      return node !== undefined && !isMap(node)
    })
    if (blocked !== undefined) {
      throw invalid(`The parameter "${key}" cannot be set: "${blocked.join('.')}" is not a map.`)
    }
    document.setIn(path, value)
  }
  return document.toString()
}

/** Puts params.yaml back as it was before an execution that never ended. Nothing to do is fine. */
export async function restoreParameters(directory: string): Promise<void> {
  const kept = await keptFile(directory)
  const text = await readFile(kept, 'utf8').catch(() => undefined)
  if (text === undefined) return
  await replace(join(directory, 'params.yaml'), text)
  await rm(kept)
}

async function keptFile(directory: string): Promise<string> {
  const { temporary } = await openOrMakeRepository(directory)
  const name = Buffer.from(directory).toString('hex').slice(-80)
  return join(temporary, 'gyre-params', `${name}.yaml`)
}

async function keep(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await replace(path, text)
}

async function replace(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`
  await writeFile(draft, text)
  await rename(draft, path)
}
