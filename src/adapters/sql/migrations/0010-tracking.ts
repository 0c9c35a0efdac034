import type { Transaction } from 'kysely'
import type { RunsTables } from '#domains/runs/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/**
 * What MLflow's clients log beside runs' own values: places of artifacts, data sets, models. Files
 * leave their runs for one tree per project, in which a run has a directory.
 */
export const tracking: Migration = {
  name: '0010-tracking',
  async up(schema) {
    await extendRuns(schema)
    await createInputs(schema)
    await createArtifacts(schema)
    await moveArtifacts(schema.db as Transaction<RunsTables & RunArtifacts>)
    await schema.db.schema.dropTable('run_artifacts').execute()
  },
}

async function extendRuns({ db, text, integer }: Schema): Promise<void> {
  // Empty: the place that this server gives it.
  await db.schema
    .alterTable('experiments')
    .addColumn('artifact_location', text, (c) => c.notNull().defaultTo(''))
    .execute()
  await db.schema
    .alterTable('runs')
    .addColumn('artifact_uri', text, (c) => c.notNull().defaultTo(''))
    .execute()
  await db.schema
    .alterTable('runs')
    .addColumn('deleted_with_experiment', integer, (c) => c.notNull().defaultTo(0))
    .execute()
}

async function createInputs({ text, integer, table, index }: Schema): Promise<void> {
  await table('run_datasets' satisfies keyof RunsTables)
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('experiment', integer, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('digest', text, (c) => c.notNull())
    .addColumn('source_type', text, (c) => c.notNull())
    .addColumn('source', text, (c) => c.notNull())
    .addColumn('schema', text)
    .addColumn('profile', text)
    .execute()
  await index('run_datasets', ['project', 'experiment', 'name', 'digest'], { unique: true })
  await table('run_dataset_inputs' satisfies keyof RunsTables)
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('dataset_id', text, (c) => c.notNull())
    .addColumn('context', text)
    .addColumn('tags', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('run_dataset_inputs_key', ['run_id', 'dataset_id'])
    .execute()
  await index('run_dataset_inputs', ['dataset_id'])
  await table('run_models' satisfies keyof RunsTables)
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('direction', text, (c) => c.notNull())
    .addColumn('model_id', text, (c) => c.notNull())
    .addColumn('step', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('run_models_key', ['run_id', 'direction', 'model_id'])
    .execute()
  await index('run_models', ['model_id'])
}

async function createArtifacts({ text, integer, table, index }: Schema): Promise<void> {
  await table('artifacts' satisfies keyof RunsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('path', text, (c) => c.notNull())
    .addColumn('directory', text, (c) => c.notNull())
    .addColumn('sha256', text, (c) => c.notNull())
    .addColumn('size_bytes', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('artifacts_key', ['project', 'path'])
    .execute()
  await index('artifacts', ['project', 'directory', 'path'])
  await table('artifact_directories' satisfies keyof RunsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('path', text, (c) => c.notNull())
    .addColumn('parent', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('artifact_directories_key', ['project', 'path'])
    .execute()
  await index('artifact_directories', ['project', 'parent', 'path'])
}

interface RunArtifacts {
  run_artifacts: {
    run_id: string
    path: string
    sha256: string
    size_bytes: number
    created_at: number
  }
}

const rowsAtOnce = 500

async function moveArtifacts(db: Transaction<RunsTables & RunArtifacts>): Promise<void> {
  let after = { run_id: '', path: '' }
  for (;;) {
    const { run_id: run, path } = after
    const rows = await db
      .selectFrom('run_artifacts')
      .innerJoin('runs', 'runs.id', 'run_artifacts.run_id')
      .select(['run_id', 'project', 'experiment', 'path', 'sha256', 'size_bytes'])
      .select('run_artifacts.created_at as created_at')
      .where((eb) =>
        eb.or([eb('run_id', '>', run), eb.and([eb('run_id', '=', run), eb('path', '>', path)])]),
      )
      .orderBy('run_id')
      .orderBy('path')
      .limit(rowsAtOnce)
      .execute()
    const last = rows.at(-1)
    if (last === undefined) return
    after = { run_id: last.run_id, path: last.path }
    await db.insertInto('artifacts').values(rows.map(inTree)).execute()
    const directories = [
      ...new Map(rows.flatMap(directoriesOf).map((d) => [d.project + d.path, d])).values(),
    ]
    await db
      .insertInto('artifact_directories')
      .values(directories)
      .onConflict((c) => c.doNothing())
      .execute()
  }
}

interface Moved {
  run_id: string
  project: string
  experiment: number
  path: string
  sha256: string
  size_bytes: number
  created_at: number
}

function inTree(row: Moved): RunsTables['artifacts'] {
  const { project, sha256, size_bytes, created_at } = row
  const path = pathInTree(row)
  return { project, path, directory: parentOf(path), sha256, size_bytes, created_at }
}

function directoriesOf(row: Moved): RunsTables['artifact_directories'][] {
  const rows: RunsTables['artifact_directories'][] = []
  for (let path = parentOf(pathInTree(row)); path !== ''; path = parentOf(path)) {
    rows.push({ project: row.project, path, parent: parentOf(path) })
  }
  return rows
}

function pathInTree(row: Moved): string {
  return `${row.experiment}/${row.run_id}/artifacts/${row.path}`
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
