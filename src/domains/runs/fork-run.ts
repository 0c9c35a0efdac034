import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context, type Reach } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { insertRun, writeLinks } from './create-run.ts'
import { ensureExperiment } from './experiments.ts'
import { type HistoryPlan, planHistory, sealForSharing } from './history-plan.ts'
import { checkParameters, checkTags } from './logged-texts.ts'
import { describeRun, findRun } from './read-run.ts'
import { retryOutpaced } from './retry-outpaced.ts'
import type { Run } from './run.ts'
import { readRuns, type RunRow, type RunsTables, type RunsTransaction } from './store.ts'
import { writeHistory } from './write-history.ts'
import { writeParameters, writeTags } from './write-texts.ts'

export interface RunFork {
  project: string
  /** The run to continue from, deleted or not. */
  run: string
  /** The last step of its history that the new run has; default: all of it. */
  step?: number | undefined
  name?: string | undefined
  /** Take the place of those of the run. */
  parameters?: Record<string, string> | undefined
  tags?: Record<string, string> | undefined
}

/** By these, clients of MLflow see where a run was continued from. */
export const forkTags = { run: 'gyre.fork.run', step: 'gyre.fork.step' } as const

/**
 * Continues a run as another one: it has the metrics of the first up to a step, the step included,
 * and its parameters. The points are shared, not copied; what either logs from then on is its own,
 * and neither loses any when the other is deleted. Errors: `not_found`, `invalid`, `conflict`.
 */
export async function forkRun(ctx: Context, input: RunFork): Promise<Run> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const step = input.step === undefined ? undefined : checkStep(input.step)
  const parameters = checkParameters(input.parameters ?? {})
  const tags = checkTags(input.tags ?? {})
  const source = await findRun(readRuns(ctx), reach, input.run)
  await sealForSharing(ctx, source.id)
  return retryOutpaced(async () => {
    const plan = await planHistory(ctx, source.id, step)
    if (plan.summaries.length === 0) throw nothingToShare(source, step)
    return writeFork(ctx, reach, { ...input, step, parameters, tags }, source, plan)
  })
}

/** Errors: `invalid`. */
export function checkStep(step: number): number {
  if (Number.isSafeInteger(step)) return step
  throw invalid('A step is a whole number up to 2^53.')
}

function nothingToShare(source: RunRow, step: number | undefined): Error {
  const where = step === undefined ? '' : ` up to step ${step}`
  return invalid(
    `The run "${source.name}" (${source.id}) has no metrics${where}. ` +
      'Start a new run instead, or name a later step.',
  )
}

async function writeFork(
  ctx: Context,
  reach: Reach,
  input: RunFork & Required<Pick<RunFork, 'parameters' | 'tags'>>,
  source: RunRow,
  plan: HistoryPlan,
): Promise<Run> {
  const { project, step, tags } = input
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const place = { id: String(source.experiment) }
    const experiment = await ensureExperiment(ctx, change, reach, place)
    const parameters = { ...(await parametersOf(db, source.id)), ...input.parameters }
    const name = input.name?.trim() || `${source.name} from ${step ?? 'its end'}`
    const row = await insertRun(ctx, db, { project, experiment: '', name }, ctx.newId(), experiment)
    const origin = subject('run', source.id)
    await writeParameters(db, row.id, parameters)
    const stepTag = step === undefined ? {} : { [forkTags.step]: String(step) }
    await writeTags(db, row.id, { [forkTags.run]: source.id, ...stepTag, ...tags })
    await writeLinks(db, row.id, 'input', [origin])
    await writeHistory(ctx, db, row.id, plan)
    await db
      .insertInto('run_forks')
      .values({
        run_id: row.id,
        source_run: source.id,
        step: step ?? null,
        kind: 'fork',
        created_at: row.created_at,
      })
      .execute()
    change.record({
      verb: 'run.forked',
      subject: subject('run', row.id),
      project,
      inputs: [origin],
      detail: {
        name: row.name,
        experiment: experiment.name,
        parameters,
        from: source.name,
        ...(step === undefined ? {} : { step }),
      },
    })
    return describeRun(db, row)
  })
}

async function parametersOf(db: RunsTransaction, run: string): Promise<Record<string, string>> {
  const rows = await db
    .selectFrom('run_parameters')
    .select(['key', 'value'])
    .where('run_id', '=', run)
    .execute()
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]))
}
