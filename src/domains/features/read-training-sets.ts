import { notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { authorize, type Context } from '#domains/access/index'
import type { TrainingSet } from './join-features.ts'
import { readFeatures } from './store.ts'

/** Training sets, newest first. */
export async function listTrainingSets(
  ctx: Context,
  input: { project: string; service?: string | undefined; limit: number },
): Promise<TrainingSet[]> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readFeatures(ctx)
    .selectFrom('training_sets')
    .select('report')
    .where('project', '=', input.project)
    .$if(input.service !== undefined, (q) => q.where('service', '=', input.service as string))
    .orderBy('id', 'desc')
    .limit(input.limit)
    .execute()
  return rows.map((row) => parseStored<TrainingSet>(row.report))
}

/** One training set. Errors: `not_found`. */
export async function getTrainingSet(
  ctx: Context,
  input: { project: string; id: string },
): Promise<TrainingSet> {
  authorize(ctx, 'viewer', input.project)
  const row = await readFeatures(ctx)
    .selectFrom('training_sets')
    .select('report')
    .where('project', '=', input.project)
    .where('id', '=', input.id)
    .executeTakeFirst()
  if (row !== undefined) return parseStored<TrainingSet>(row.report)
  throw notFound('training set', input.id, 'Make one with: gyre features join')
}

/** A training set and the bytes of its Parquet file. Errors: `not_found`. */
export async function downloadTrainingSet(
  ctx: Context,
  input: { project: string; id: string },
): Promise<TrainingSet & { content: AsyncIterable<Uint8Array> }> {
  authorize(ctx, 'viewer', input.project)
  const set = await getTrainingSet(ctx, input)
  return { ...set, content: ctx.blobs.read(set.sha256) }
}
