import { invalid } from '#kernel/errors'
import { canonicalJson, parseStored } from '#kernel/json'
import type { BlobStat } from '#ports/blobs/blobs'
import type { Context } from '#domains/access/index'
import type { Evaluation } from './evaluation.ts'
import type { VersionFile } from './model.ts'
import type { ModelVersionRow } from './store.ts'

/** The document as a blob, before any row names it. */
export async function storeEvaluation(ctx: Context, evaluation: Evaluation): Promise<BlobStat> {
  return ctx.blobs.put(new TextEncoder().encode(canonicalJson(evaluation)))
}

export async function readEvaluation(
  ctx: Context,
  row: Pick<ModelVersionRow, 'evaluation_sha256'>,
): Promise<Evaluation | null> {
  if (row.evaluation_sha256 === null) return null
  const content = await ctx.blobs.readAll(row.evaluation_sha256)
  return parseStored<Evaluation>(new TextDecoder().decode(content))
}

/** The evidence must be about these very bytes. */
export function checkEvaluated(evaluation: Evaluation, files: readonly VersionFile[]): void {
  const model = files.find((file) => file.path === 'model.onnx')
  if (model?.sha256 === evaluation.modelSha256) return
  throw invalid(
    `The evaluation is of another model: of sha256 ${evaluation.modelSha256}, but model.onnx of this version ` +
      `has ${model?.sha256 ?? 'none'}. Evaluate this model.`,
  )
}
