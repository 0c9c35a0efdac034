import type { ModelsTables } from '#domains/models/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/** Registered models, their versions, where aliases point and pointed, and what gates decided. */
export const models: Migration = {
  name: '0005-models',
  async up(schema) {
    await createModels(schema)
    await createAliases(schema)
    await createDecisions(schema)
  },
}

async function createModels({ text, integer, table }: Schema): Promise<void> {
  await table('registered_models' satisfies keyof ModelsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('description', text, (c) => c.notNull())
    .addColumn('gate', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('updated_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('registered_models_key', ['project', 'name'])
    .execute()
  await table('model_versions' satisfies keyof ModelsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('model', text, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('description', text, (c) => c.notNull())
    .addColumn('run_id', text)
    .addColumn('learner', text, (c) => c.notNull())
    .addColumn('options', text, (c) => c.notNull())
    .addColumn('signature', text, (c) => c.notNull())
    .addColumn('features', text, (c) => c.notNull())
    .addColumn('feature_service', text)
    .addColumn('target', text)
    .addColumn('inputs', text, (c) => c.notNull())
    .addColumn('git_commit', text)
    .addColumn('files', text, (c) => c.notNull())
    .addColumn('tags', text, (c) => c.notNull())
    .addColumn('metrics', text, (c) => c.notNull())
    .addColumn('evaluation_sha256', text)
    .addColumn('evaluated_at', integer)
    .addColumn('gate', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('created_by', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('model_versions_key', ['project', 'model', 'version'])
    .execute()
}

async function createAliases({ text, integer, table, index }: Schema): Promise<void> {
  await table('model_aliases' satisfies keyof ModelsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('model', text, (c) => c.notNull())
    .addColumn('alias', text, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('moved_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('model_aliases_key', ['project', 'model', 'alias'])
    .execute()
  await table('alias_moves' satisfies keyof ModelsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('model', text, (c) => c.notNull())
    .addColumn('number', integer, (c) => c.notNull())
    .addColumn('alias', text, (c) => c.notNull())
    .addColumn('version', integer)
    .addColumn('previous', integer)
    .addColumn('at', integer, (c) => c.notNull())
    .addColumn('actor', text, (c) => c.notNull())
    .addColumn('reason', text, (c) => c.notNull())
    .addColumn('override', integer, (c) => c.notNull())
    .addColumn('evidence', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('alias_moves_key', ['project', 'model', 'number'])
    .execute()
  await index('alias_moves', ['project', 'model', 'at'])
}

async function createDecisions({ text, integer, table, index }: Schema): Promise<void> {
  await table('gate_decisions' satisfies keyof ModelsTables)
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('model', text, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('passed', integer, (c) => c.notNull())
    .addColumn('findings', text, (c) => c.notNull())
    .addColumn('champion', integer)
    .addColumn('evaluation_sha256', text)
    .addColumn('decided_at', integer, (c) => c.notNull())
    .addColumn('actor', text, (c) => c.notNull())
    .execute()
  await index('gate_decisions', ['project', 'model', 'version', 'decided_at'])
}
