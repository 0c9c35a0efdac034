import { matchesGlob, resolve } from 'node:path'
import { GyreError } from '#kernel/errors'
import { type DvcRepository, insideRepository } from './dvc-repository.ts'
import type { TrackedOutput } from './tracked-output.ts'

/** An output, or a part of one. */
export interface SelectedOutput {
  output: TrackedOutput
  /** Files and directories inside of it that are meant, with `/`; undefined: all of it. */
  parts: string[] | undefined
}

/**
 * The outputs that targets name: an output's path, its `.dvc` file, a directory above outputs, or a
 * path inside of an output, or a glob over those. No targets: all. Errors: `not_found` for a target that names none.
 */
export function selectOutputs(
  repository: DvcRepository,
  outputs: readonly TrackedOutput[],
  targets: readonly string[],
  directory: string,
): SelectedOutput[] {
  if (targets.length === 0) return outputs.map((output) => ({ output, parts: undefined }))
  const selected = new Map<string, SelectedOutput>()
  for (const target of targets) {
    const place = resolve(directory, target)
    const path = place === repository.root ? '' : insideRepository(repository, place)
    const found = outputs.filter((output) => isMeant(output, path))
    const around = outputs.find((output) => path.startsWith(`${output.path}/`))
    for (const output of found) selected.set(output.path, { output, parts: undefined })
    if (around !== undefined) addPart(selected, around, path.slice(around.path.length + 1))
    if (found.length === 0 && around === undefined) throw notTracked(target, outputs)
  }
  return [...selected.values()]
}

function isMeant(output: TrackedOutput, path: string): boolean {
  return (
    output.path === path ||
    output.file === path ||
    path === '' ||
    output.path.startsWith(`${path}/`) ||
    (/[*?[{]/.test(path) && (matchesGlob(output.path, path) || matchesGlob(output.file, path))) ||
    output.stage === path ||
    (output.stage !== undefined && `${output.file}:${output.stage}` === path)
  )
}

function addPart(selected: Map<string, SelectedOutput>, output: TrackedOutput, part: string): void {
  const before = selected.get(output.path)
  if (before !== undefined && before.parts === undefined) return
  selected.set(output.path, { output, parts: [...(before?.parts ?? []), part] })
}

/** Whether a file of an output is among the parts that are meant. */
export function isInParts(path: string, parts: readonly string[] | undefined): boolean {
  return parts === undefined || parts.some((part) => path === part || path.startsWith(`${part}/`))
}

function notTracked(target: string, outputs: readonly TrackedOutput[]): GyreError {
  const some = outputs.slice(0, 5).map(({ path }) => path)
  return new GyreError({
    code: 'not_found',
    public: `${target} is not tracked here. ${some.length === 0 ? 'Nothing is: add something with: gyre data add PATH' : `Tracked: ${some.join(', ')}${outputs.length > 5 ? ', …' : ''}.`}`,
  })
}
