import { CompiledQuery } from 'kysely'
import type { RunsTables } from '#domains/runs/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'
import { movePoints } from './move-points.ts'

/** Metric points leave their table of one row each for segments and chunks. */
export const metricChunks: Migration = {
  name: '0013-metric-chunks',
  async up(schema) {
    await createPoints(schema)
    await numberSeries(schema)
    await movePoints(schema.db)
    await schema.db.schema.dropTable('metric_points').execute()
  },
}

async function createPoints({ text, integer, bytes, table, index }: Schema): Promise<void> {
  await table('metric_heads' satisfies keyof RunsTables, { clustered: true })
    .addColumn('run_id', text, (c) => c.primaryKey())
    .addColumn('next_series', integer, (c) => c.notNull())
    .addColumn('next_segment', integer, (c) => c.notNull())
    .addColumn('segments', integer, (c) => c.notNull())
    .addColumn('points', integer, (c) => c.notNull())
    .addColumn('appended_at', integer, (c) => c.notNull())
    .execute()
  await index('metric_heads', ['segments'])
  await table('metric_segments' satisfies keyof RunsTables)
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('segment', integer, (c) => c.notNull())
    .addColumn('points', integer, (c) => c.notNull())
    .addColumn('first_step', integer, (c) => c.notNull())
    .addColumn('last_step', integer, (c) => c.notNull())
    .addColumn('is_packed', integer, (c) => c.notNull())
    .addColumn('body', bytes, (c) => c.notNull())
    .addPrimaryKeyConstraint('metric_segments_key', ['run_id', 'segment'])
    .execute()
  await table('metric_chunks' satisfies keyof RunsTables)
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('series', integer, (c) => c.notNull())
    .addColumn('chunk', integer, (c) => c.notNull())
    .addColumn('count', integer, (c) => c.notNull())
    .addColumn('first_step', integer, (c) => c.notNull())
    .addColumn('first_timestamp', integer, (c) => c.notNull())
    .addColumn('last_step', integer, (c) => c.notNull())
    .addColumn('last_timestamp', integer, (c) => c.notNull())
    .addColumn('min_timestamp', integer, (c) => c.notNull())
    .addColumn('max_timestamp', integer, (c) => c.notNull())
    .addColumn('rollup', bytes, (c) => c.notNull())
    .addColumn('dense', bytes, (c) => c.notNull())
    .addColumn('noise', bytes, (c) => c.notNull())
    .addPrimaryKeyConstraint('metric_chunks_key', ['run_id', 'series', 'chunk'])
    .execute()
}

/** Each key of a run gets a number, by which segments and chunks know it. */
async function numberSeries({ db, text, integer, real, table, index }: Schema): Promise<void> {
  await table('run_metrics_numbered', { clustered: true })
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('series', integer, (c) => c.notNull())
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
    .addPrimaryKeyConstraint('run_metrics_numbered_key', ['run_id', 'key'])
    .execute()
  await db.executeQuery(CompiledQuery.raw(copySummaries))
  await db.schema.dropTable('run_metrics').execute()
  await db.schema.alterTable('run_metrics_numbered').renameTo('run_metrics').execute()
  await index('run_metrics', ['key', 'value', 'run_id'])
}

const copySummaries = `insert into run_metrics_numbered
  select run_id, key, row_number() over (partition by run_id order by key) - 1, value, is_nan, step,
    timestamp, first_value, first_is_nan, first_step, first_timestamp, minimum, maximum, count
  from run_metrics`
