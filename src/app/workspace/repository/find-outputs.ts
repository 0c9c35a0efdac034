import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { invalid } from '#kernel/errors'
import { parseYaml } from '#domains/pipelines/yaml-value'
import type { DvcRepository } from './dvc-repository.ts'
import { outputsOfDvcFile, type TrackedOutput } from './tracked-output.ts'

/** Where the files that declare outputs are read: the work tree, or a commit. */
export interface RepositoryReader {
  /** Entries of a directory, from the root; directories and files only. */
  entries(directory: string): { files: string[]; directories: string[] }
  text(path: string): string | undefined
}

/**
 * All outputs of a repository, by path: of `.dvc` files, and of dvc.yaml with dvc.lock. Does not look
 * inside of outputs, nor at what `.dvcignore` keeps out. Errors: `invalid` for files that are none,
 * and for two that claim the same path.
 */
export async function findOutputs(
  repository: DvcRepository,
  reader: RepositoryReader = workTree(repository),
): Promise<TrackedOutput[]> {
  const outputs = new Map<string, TrackedOutput>()
  const waiting = ['']
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const { files, directories } = reader.entries(directory)
    const at = (name: string) => (directory === '' ? name : `${directory}/${name}`)
    for (const output of await outputsIn(files.map(at), reader)) claim(outputs, output)
    for (const name of directories) if (!outputs.has(at(name))) waiting.push(at(name))
  }
  return [...outputs.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function outputsIn(
  files: readonly string[],
  reader: RepositoryReader,
): Promise<TrackedOutput[]> {
  const found: TrackedOutput[] = []
  for (const file of files) {
    if (isDvcFile(file)) found.push(...readDvcFile(file, reader))
    else if (/(?:^|\/)dvc\.yaml$/.test(file)) {
      const { outputsOfPipeline } = await import('./pipeline-outputs.ts')
      found.push(...(await outputsOfPipeline(file, reader)))
    }
  }
  return found
}

export function isDvcFile(file: string): boolean {
  return /[^/]\.dvc$/.test(file)
}

export function readDvcFile(file: string, reader: RepositoryReader): TrackedOutput[] {
  return outputsOfDvcFile(parseYaml(reader.text(file) ?? '', file), file)
}

function claim(outputs: Map<string, TrackedOutput>, output: TrackedOutput): void {
  const other = outputs.get(output.path)
  if (other !== undefined) {
    throw invalid(
      `${output.path} is tracked twice: by ${other.file} and by ${output.file}. Remove one of the two.`,
    )
  }
  outputs.set(output.path, output)
}

/** The work tree, without what is ignored. */
export function workTree({ root, ignore }: DvcRepository): RepositoryReader {
  return {
    entries(directory) {
      const files: string[] = []
      const directories: string[] = []
      for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
        if (entry.name === '.gyre') continue
        const isDirectory = entry.isDirectory()
        const matters = isDirectory || entry.name.endsWith('.dvc') || entry.name === 'dvc.yaml'
        if (!matters || ignore.ignoresEntry(directory, entry.name, isDirectory)) continue
        if (isDirectory) directories.push(entry.name)
        else files.push(entry.name)
      }
      return { files, directories }
    },
    text(path) {
      try {
        return readFileSync(join(root, path), 'utf8')
      } catch (thrown) {
        const { code } = thrown as NodeJS.ErrnoException
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
        throw thrown
      }
    },
  }
}
