import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import type { DatasetInput, RunDataset } from './logged-run.ts'
import { findRun } from './read-run.ts'
import { refuseDeleted } from './run-artifacts.ts'
import type { RunRow, RunsTables, RunsTransaction } from './store.ts'

/** The tag that says what a data set was used for. */
const contextTag = 'mlflow.data.context'

export interface RunInputs {
  project: string
  run: string
  datasets: readonly DatasetInput[]
  /** Ids of logged models. */
  models: readonly string[]
}

/**
 * Says which data sets and models a run read. A data set is one per experiment, name and digest; what
 * is there already stays as it is. Errors: `not_found`, `conflict` (deleted run).
 */
export async function logInputs(ctx: Context, input: RunInputs): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, run, models } = input
  const datasets = withoutRepeats(input.datasets)
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = refuseDeleted(await findRun(db, reach, run))
    for (const given of datasets) await linkDataset(ctx, db, row, given)
    await linkModels(
      db,
      run,
      'input',
      models.map((model) => ({ model, step: 0 })),
    )
    change.record({
      verb: 'run.linked',
      subject: subject('run', run),
      project,
      detail: {
        datasets: datasets.map(({ dataset }) => `${dataset.name}@${dataset.digest}`),
        models: [...models],
      },
    })
  })
}

/** Says which logged models a run made, and at which step. Errors: as `logInputs`. */
export async function logOutputs(
  ctx: Context,
  input: { project: string; run: string; models: readonly { model: string; step: number }[] },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, run, models } = input
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    refuseDeleted(await findRun(db, reach, run))
    await linkModels(db, run, 'output', models)
    change.record({
      verb: 'run.linked',
      subject: subject('run', run),
      project,
      detail: { models: models.map(({ model }) => model) },
    })
  })
}

/** The first of those with the same name and digest. */
function withoutRepeats(inputs: readonly DatasetInput[]): DatasetInput[] {
  const byName = new Map<string, DatasetInput>()
  for (const given of inputs) {
    const key = JSON.stringify([given.dataset.name, given.dataset.digest])
    if (!byName.has(key)) byName.set(key, given)
  }
  return [...byName.values()]
}

async function linkDataset(
  ctx: Context,
  db: RunsTransaction,
  run: RunRow,
  { dataset, tags }: DatasetInput,
): Promise<void> {
  const id = (await findDataset(db, run, dataset)) ?? (await insertDataset(ctx, db, run, dataset))
  await db
    .insertInto('run_dataset_inputs')
    .values({
      run_id: run.id,
      dataset_id: id,
      context: tags.find((tag) => tag.key === contextTag)?.value ?? null,
      tags: JSON.stringify(tags),
    })
    .onConflict((c) => c.doNothing())
    .execute()
}

async function findDataset(
  db: RunsTransaction,
  run: RunRow,
  { name, digest }: RunDataset,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('run_datasets')
    .select('id')
    .where('project', '=', run.project)
    .where('experiment', '=', run.experiment)
    .where('name', '=', name)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row?.id
}

async function insertDataset(
  ctx: Context,
  db: RunsTransaction,
  run: RunRow,
  { name, digest, sourceType, source, schema, profile }: RunDataset,
): Promise<string> {
  const id = ctx.newId()
  const { project, experiment } = run
  await db
    .insertInto('run_datasets')
    .values({
      id,
      project,
      experiment,
      name,
      digest,
      source_type: sourceType,
      source,
      schema,
      profile,
    })
    .execute()
  return id
}

async function linkModels(
  db: RunsTransaction,
  run: string,
  direction: 'input' | 'output',
  models: readonly { model: string; step: number }[],
): Promise<void> {
  for (const { model, step } of models) {
    await db
      .insertInto('run_models')
      .values({ run_id: run, direction, model_id: model, step })
      .onConflict((c) => c.columns(['run_id', 'direction', 'model_id']).doUpdateSet({ step }))
      .execute()
  }
}
