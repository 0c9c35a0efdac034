import { offsetOf } from '#kernel/page-token'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import {
  countRuns,
  unwrittenDefault,
  experimentFromRow,
  experimentInfo,
  type ExperimentInfo,
  type ExperimentReference,
  findExperiment,
} from './experiments.ts'
import { pageOf } from './list-page.ts'
import type { Experiment } from './run.ts'
import { experimentColumns, readRuns, scanRuns } from './store.ts'

/** Experiments, newest change first; Default is among them from the start. */
export async function listExperiments(
  ctx: Context,
  input: {
    project: string
    state: 'active' | 'deleted' | 'all'
    limit: number
    pageToken?: string | undefined
  },
): Promise<{ items: Experiment[]; nextPageToken?: string }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  const fallback = await unwrittenDefault(db, input.project)
  const written = await db
    .selectFrom('experiments')
    .select(experimentColumns)
    .where('project', '=', input.project)
    .orderBy('updated_at', 'desc')
    .orderBy('number', 'desc')
    .execute()
  const all = written.some((row) => row.number === 0) ? written : [...written, fallback]
  const rows = all
    .filter((row) => reach.holds(String(row.number)))
    .filter((row) => input.state === 'all' || row.state === input.state)
  const page = pageOf(rows, offsetOf(input.pageToken), input.limit)
  const numbers = page.items.map((row) => row.number)
  const counts = await countRuns(scanRuns(ctx), input.project, numbers)
  const items = page.items.map((row) => experimentFromRow(row, counts.get(row.number) ?? 0))
  return { ...page, items }
}

/** An experiment by id or name, which costs the same however many runs it has. Errors: `not_found`. */
export async function getExperiment(
  ctx: Context,
  input: { project: string; experiment: ExperimentReference },
): Promise<ExperimentInfo> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  return experimentInfo(await findExperiment(readRuns(ctx), reach, input.experiment))
}

/** The same with the number of its runs. */
export async function describeExperiment(
  ctx: Context,
  input: { project: string; experiment: ExperimentReference },
): Promise<Experiment> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  const row = await findExperiment(db, reach, input.experiment)
  const counts = await countRuns(scanRuns(ctx), input.project, [row.number])
  return experimentFromRow(row, counts.get(row.number) ?? 0)
}
