import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { previewTable, type TablePreview } from '#domains/data/index'
import { downloadArtifact } from './run-artifacts.ts'

/** The first rows of an artifact that is a table. Errors: `not_found`, `invalid` when it is none. */
export async function previewArtifact(
  ctx: Context,
  input: { project: string; run: string; path: string; limit: number },
): Promise<TablePreview> {
  authorizeOnExperiments(ctx, 'viewer', input.project)
  const { sha256, sizeBytes } = await downloadArtifact(ctx, input)
  return previewTable(ctx, [{ path: input.path, sha256, sizeBytes }], input.limit)
}
