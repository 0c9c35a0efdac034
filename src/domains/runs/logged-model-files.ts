import { notFound } from '#kernel/errors'
import { checkRelativePath } from '#kernel/names'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { directoryAt } from './artifact-place.ts'
import { getFile, listFiles } from './artifacts.ts'
import { getLoggedModel } from './logged-model.ts'
import type { ArtifactEntry } from './run.ts'

interface FileAddress {
  project: string
  model: string
  /** From the root of the model's files; empty for the root. */
  path: string
}

/**
 * What is directly in a directory of a logged model, by path from its root, and the address of that
 * root. Of a model whose files are elsewhere there are none here. Errors: `not_found`.
 */
export async function listLoggedModelFiles(
  ctx: Context,
  input: FileAddress,
): Promise<{ root: string; items: ArtifactEntry[] }> {
  authorizeOnExperiments(ctx, 'viewer', input.project)
  const { project } = input
  const { artifactLocation: root, experiment } = await getLoggedModel(ctx, input)
  const directory = directoryAt(root)
  if (directory === undefined) return { root, items: [] }
  const path = input.path === '' ? directory : `${directory}/${checkRelativePath(input.path)}`
  const { items } = await listFiles(ctx, { project, path, experiment: Number(experiment) })
  const own = items.map((item) => ({ ...item, path: item.path.slice(directory.length + 1) }))
  return { root, items: own.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }
}

/** A file of a logged model and its content. Errors: `not_found`. */
export async function openLoggedModelFile(
  ctx: Context,
  input: FileAddress,
): Promise<{ sha256: string; sizeBytes: number; content: AsyncIterable<Uint8Array> }> {
  authorizeOnExperiments(ctx, 'viewer', input.project)
  const { project } = input
  const { artifactLocation, experiment } = await getLoggedModel(ctx, input)
  const directory = directoryAt(artifactLocation)
  const path = checkRelativePath(input.path)
  if (directory === undefined) throw notFound(`file of logged model ${input.model}`, path)
  return getFile(ctx, {
    project,
    path: `${directory}/${path}`,
    experiment: Number(experiment),
  })
}
