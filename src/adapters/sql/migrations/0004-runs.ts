import type { RunsTables } from '#domains/runs/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/** Experiments, runs and what they logged. Latest values stand apart from the points. */
export const runs: Migration = {
  name: '0004-runs',
  async up(schema) {
    await createRuns(schema)
    await createLogged(schema)
    await createMetrics(schema)
  },
}

async function createRuns({ text, integer, table, index }: Schema): Promise<void> {
  await table('experiments' satisfies keyof RunsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('number', integer, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('description', text, (c) => c.notNull())
    .addColumn('tags', text, (c) => c.notNull())
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('updated_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('experiments_key', ['project', 'number'])
    .execute()
  await index('experiments', ['project', 'name'], { unique: true })
  await table('runs' satisfies keyof RunsTables)
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('experiment', integer, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('description', text, (c) => c.notNull())
    .addColumn('status', text, (c) => c.notNull())
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('user_name', text, (c) => c.notNull())
    .addColumn('reason', text)
    .addColumn('parent', text)
    .addColumn('environment', text, (c) => c.notNull())
    .addColumn('started_at', integer)
    .addColumn('ended_at', integer)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('updated_at', integer, (c) => c.notNull())
    .execute()
  await index('runs', ['project', 'state', 'started_at', 'id'])
  await index('runs', ['project', 'experiment', 'state', 'started_at', 'id'])
}

async function createLogged({ text, integer, table, index }: Schema): Promise<void> {
  for (const name of ['run_parameters', 'run_tags'] satisfies (keyof RunsTables)[]) {
    await table(name)
      .addColumn('run_id', text, (c) => c.notNull())
      .addColumn('key', text, (c) => c.notNull())
      .addColumn('value', text, (c) => c.notNull())
      .addPrimaryKeyConstraint(`${name}_key`, ['run_id', 'key'])
      .execute()
    await index(name, ['key', 'run_id'])
  }
  await table('run_artifacts')
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('path', text, (c) => c.notNull())
    .addColumn('sha256', text, (c) => c.notNull())
    .addColumn('size_bytes', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('run_artifacts_key', ['run_id', 'path'])
    .execute()
  await table('run_links' satisfies keyof RunsTables)
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('direction', text, (c) => c.notNull())
    .addColumn('subject', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('run_links_key', ['run_id', 'direction', 'subject'])
    .execute()
}

async function createMetrics({ text, integer, real, table, index }: Schema): Promise<void> {
  await table('run_metrics' satisfies keyof RunsTables)
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('value', real, (c) => c.notNull())
    .addColumn('is_nan', integer, (c) => c.notNull())
    .addColumn('step', integer, (c) => c.notNull())
    .addColumn('timestamp', integer, (c) => c.notNull())
    .addColumn('first_value', real, (c) => c.notNull())
    .addColumn('first_is_nan', integer, (c) => c.notNull())
    .addColumn('first_step', integer, (c) => c.notNull())
    .addColumn('first_timestamp', integer, (c) => c.notNull())
    .addColumn('minimum', real)
    .addColumn('maximum', real)
    .addColumn('count', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('run_metrics_key', ['run_id', 'key'])
    .execute()
  await index('run_metrics', ['key', 'value', 'run_id'])
  await table('metric_points')
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('step', integer, (c) => c.notNull())
    .addColumn('timestamp', integer, (c) => c.notNull())
    .addColumn('value', real, (c) => c.notNull())
    .addColumn('is_nan', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('metric_points_key', [
      'run_id',
      'key',
      'step',
      'timestamp',
      'value',
      'is_nan',
    ])
    .execute()
}
