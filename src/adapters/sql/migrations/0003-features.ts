import type { FeaturesTables } from '#domains/features/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/** Definitions of features, the online store, training sets and consistency checks. */
export const features: Migration = {
  name: '0003-features',
  async up(schema) {
    await createDefinitions(schema)
    await createOnline(schema)
    await createReports(schema)
  },
}

async function createDefinitions({ text, integer, table }: Schema): Promise<void> {
  await table('feature_entities' satisfies keyof FeaturesTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('keys', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('feature_entities_key', ['project', 'name'])
    .execute()
  for (const name of ['feature_views', 'feature_services'] satisfies (keyof FeaturesTables)[]) {
    await table(name)
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('name', text, (c) => c.notNull())
      .addColumn('version', text, (c) => c.notNull())
      .addColumn('definition', text, (c) => c.notNull())
      .addColumn('current', integer, (c) => c.notNull())
      .addColumn('created_at', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint(`${name}_key`, ['project', 'name', 'version'])
      .execute()
  }
}

async function createOnline({ text, integer, table }: Schema): Promise<void> {
  await table('feature_online_states' satisfies keyof FeaturesTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('view', text, (c) => c.notNull())
    .addColumn('version', text, (c) => c.notNull())
    .addColumn('dataset', text, (c) => c.notNull())
    .addColumn('data_version', integer, (c) => c.notNull())
    .addColumn('types', text, (c) => c.notNull())
    .addColumn('generation', integer, (c) => c.notNull())
    .addColumn('rebuilt', integer, (c) => c.notNull())
    .addColumn('segments', integer, (c) => c.notNull())
    .addColumn('entities', integer, (c) => c.notNull())
    .addColumn('tiles', integer, (c) => c.notNull())
    .addColumn('newest_event', integer)
    .addColumn('horizon', integer)
    .addColumn('materialized_at', integer, (c) => c.notNull())
    .addColumn('duration_ms', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('feature_online_states_key', ['project', 'view', 'version'])
    .execute()
  await table('feature_online' satisfies keyof FeaturesTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('view', text, (c) => c.notNull())
    .addColumn('version', text, (c) => c.notNull())
    .addColumn('entity', text, (c) => c.notNull())
    .addColumn('segment', integer, (c) => c.notNull())
    .addColumn('tiles', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('feature_online_key', [
      'project',
      'view',
      'version',
      'segment',
      'entity',
    ])
    .execute()
}

async function createReports({ text, integer, table, index }: Schema): Promise<void> {
  await table('training_sets' satisfies keyof FeaturesTables)
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('service', text, (c) => c.notNull())
    .addColumn('sha256', text, (c) => c.notNull())
    .addColumn('report', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute()
  await index('training_sets', ['project', 'id'])
  await table('consistency_checks' satisfies keyof FeaturesTables)
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('service', text, (c) => c.notNull())
    .addColumn('report', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute()
  await index('consistency_checks', ['project', 'service', 'id'])
}
