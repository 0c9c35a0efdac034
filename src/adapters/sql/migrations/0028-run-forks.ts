import { CompiledQuery } from 'kysely'
import type { RunsTables } from '#domains/runs/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

const facts = [
  'count',
  'first_step',
  'first_timestamp',
  'last_step',
  'last_timestamp',
  'min_timestamp',
  'max_timestamp',
]

/** Runs that share chunks of points with others. */
export const runForks: Migration = {
  name: '0028-run-forks',
  async up(schema) {
    await createShares(schema)
    await createForks(schema)
    await schema.db.executeQuery(CompiledQuery.raw(seriesChunks))
  },
}

async function createShares({ text, integer, bytes, table, index }: Schema): Promise<void> {
  await table('metric_shares' satisfies keyof RunsTables, { clustered: true })
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('series', integer, (c) => c.notNull())
    .addColumn('chunk', integer, (c) => c.notNull())
    .addColumn('source_run', text, (c) => c.notNull())
    .addColumn('source_series', integer, (c) => c.notNull())
    .addColumn('source_chunk', integer, (c) => c.notNull())
    .addColumn('count', integer, (c) => c.notNull())
    .addColumn('first_step', integer, (c) => c.notNull())
    .addColumn('first_timestamp', integer, (c) => c.notNull())
    .addColumn('last_step', integer, (c) => c.notNull())
    .addColumn('last_timestamp', integer, (c) => c.notNull())
    .addColumn('min_timestamp', integer, (c) => c.notNull())
    .addColumn('max_timestamp', integer, (c) => c.notNull())
    .addColumn('rollup', bytes)
    .addPrimaryKeyConstraint('metric_shares_key', ['run_id', 'series', 'chunk'])
    // Whoever would delete points that another run has, is stopped here.
    .addForeignKeyConstraint(
      'metric_shares_source',
      ['source_run', 'source_series', 'source_chunk'],
      'metric_chunks',
      ['run_id', 'series', 'chunk'],
    )
    .execute()
  await index('metric_shares', ['source_run', 'source_series', 'source_chunk'])
  await table('metric_hidden' satisfies keyof RunsTables, { clustered: true })
    .addColumn('run_id', text, (c) => c.notNull())
    .addColumn('series', integer, (c) => c.notNull())
    .addColumn('chunk', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('metric_hidden_key', ['run_id', 'series', 'chunk'])
    .execute()
}

async function createForks({ text, integer, table, index }: Schema): Promise<void> {
  await table('run_forks' satisfies keyof RunsTables, { clustered: true })
    .addColumn('run_id', text, (c) => c.primaryKey())
    .addColumn('source_run', text, (c) => c.notNull())
    .addColumn('step', integer)
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute()
  await index('run_forks', ['source_run', 'created_at'])
}

/** The chunks of a run as they are read: its own, and those that it shares, up to where it does. */
const seriesChunks = `create view series_chunks as
  select own.run_id, own.series, own.chunk, ${facts.map((name) => `own.${name}`).join(', ')},
    own.rollup, own.dense, own.noise, 0 as is_shared, null as cut_rollup,
    own.run_id as source_run, own.series as source_series, own.chunk as source_chunk
  from metric_chunks as own
  where not exists (select 1 from metric_hidden as hidden where hidden.run_id = own.run_id
    and hidden.series = own.series and hidden.chunk = own.chunk)
  union all
  select share.run_id, share.series, share.chunk, ${facts.map((name) => `share.${name}`).join(', ')},
    coalesce(share.rollup, source.rollup), source.dense, source.noise, 1, share.rollup,
    share.source_run, share.source_series, share.source_chunk
  from metric_shares as share join metric_chunks as source on source.run_id = share.source_run
    and source.series = share.source_series and source.chunk = share.source_chunk`
