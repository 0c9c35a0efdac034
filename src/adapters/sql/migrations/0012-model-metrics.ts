import type { RunsTables } from '#domains/runs/store'
import type { Migration } from './all.ts'

/** Points that were measured of a logged model, besides being points of their run. */
export const modelMetrics: Migration = {
  name: '0012-model-metrics',
  async up({ text, integer, real, table, index }) {
    await table('model_metrics' satisfies keyof RunsTables)
      .addColumn('model_id', text, (c) => c.notNull())
      .addColumn('run_id', text, (c) => c.notNull())
      .addColumn('key', text, (c) => c.notNull())
      .addColumn('dataset_name', text, (c) => c.notNull())
      .addColumn('dataset_digest', text, (c) => c.notNull())
      .addColumn('step', integer, (c) => c.notNull())
      .addColumn('timestamp', integer, (c) => c.notNull())
      .addColumn('value', real, (c) => c.notNull())
      .addColumn('is_nan', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('model_metrics_key', [
        'model_id',
        'key',
        'dataset_name',
        'dataset_digest',
        'step',
        'timestamp',
        'run_id',
        'value',
        'is_nan',
      ])
      .execute()
    await index('model_metrics', ['key', 'value', 'model_id'])
  },
}
