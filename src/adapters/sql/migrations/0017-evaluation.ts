import type { CreateTableBuilder } from 'kysely'
import type { AiGatewayTables } from '#domains/ai-gateway/store'
import type { EvaluationTables } from '#domains/evaluation/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/** Evaluation of GenAI applications, and the providers that they and their judges call. */
export const evaluation: Migration = {
  name: '0017-evaluation',
  async up(schema) {
    await createSets(schema)
    await createScorers(schema)
    await createIssues(schema)
    await createProviders(schema)
    await createEndpoints(schema)
    await createBudgets(schema)
  },
}

/** A table of a project's things with ids. */
function things({ table, text }: Schema, name: string) {
  return table(name)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('id', text, (c) => c.notNull())
    .addPrimaryKeyConstraint(`${name}_key`, ['project', 'id'])
}

function stamped<C extends string>(
  { text, integer }: Schema,
  table: CreateTableBuilder<string, C>,
) {
  return table
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('updated_at', integer, (c) => c.notNull())
    .addColumn('created_by', text)
    .addColumn('updated_by', text)
}

async function createSets(schema: Schema): Promise<void> {
  const { text, integer, table, index } = schema
  await stamped(schema, things(schema, 'evaluation_sets' satisfies keyof EvaluationTables))
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('digest', text, (c) => c.notNull())
    .addColumn('fields', text)
    .execute()
  await index('evaluation_sets', ['project', 'created_at'])
  await table('evaluation_set_tags' satisfies keyof EvaluationTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('set_id', text, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('value', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('evaluation_set_tags_key', ['project', 'set_id', 'key'])
    .execute()
  await table('evaluation_set_experiments' satisfies keyof EvaluationTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('set_id', text, (c) => c.notNull())
    .addColumn('experiment', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('evaluation_set_experiments_key', ['project', 'set_id', 'experiment'])
    .execute()
  await stamped(
    schema,
    table('evaluation_records' satisfies keyof EvaluationTables)
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('set_id', text, (c) => c.notNull())
      .addColumn('id', text, (c) => c.notNull()),
  )
    .addColumn('input_digest', text, (c) => c.notNull())
    .addColumn('inputs', text, (c) => c.notNull())
    .addColumn('outputs', text)
    .addColumn('expectations', text)
    .addColumn('tags', text, (c) => c.notNull())
    .addColumn('source', text)
    .addColumn('source_id', text)
    .addPrimaryKeyConstraint('evaluation_records_key', ['project', 'set_id', 'id'])
    .execute()
  await index('evaluation_records', ['project', 'set_id', 'input_digest'], { unique: true })
  await index('evaluation_records', ['project', 'set_id', 'created_at', 'id'])
}

async function createScorers(schema: Schema): Promise<void> {
  const { text, integer, real, table, index } = schema
  await things(schema, 'scorers' satisfies keyof EvaluationTables)
    .addColumn('experiment', integer, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .execute()
  await index('scorers', ['project', 'experiment', 'name'], { unique: true })
  await table('scorer_versions' satisfies keyof EvaluationTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('scorer_id', text, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('definition', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('scorer_versions_key', ['project', 'scorer_id', 'version'])
    .execute()
  await table('scorer_sampling' satisfies keyof EvaluationTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('scorer_id', text, (c) => c.notNull())
    .addColumn('id', text, (c) => c.notNull())
    .addColumn('experiment', integer, (c) => c.notNull())
    .addColumn('sample_rate', real, (c) => c.notNull())
    .addColumn('filter', text)
    .addPrimaryKeyConstraint('scorer_sampling_key', ['project', 'scorer_id'])
    .execute()
}

async function createIssues(schema: Schema): Promise<void> {
  const { text, integer, index } = schema
  await things(schema, 'issues' satisfies keyof EvaluationTables)
    .addColumn('experiment', integer, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('description', text, (c) => c.notNull())
    .addColumn('status', text, (c) => c.notNull())
    .addColumn('severity', text)
    .addColumn('root_causes', text, (c) => c.notNull())
    .addColumn('categories', text, (c) => c.notNull())
    .addColumn('source_run', text)
    .addColumn('created_by', text)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('updated_at', integer, (c) => c.notNull())
    .execute()
  await index('issues', ['project', 'experiment', 'created_at'])
}

async function createProviders(schema: Schema): Promise<void> {
  const { text, index } = schema
  await stamped(schema, things(schema, 'ai_secrets' satisfies keyof AiGatewayTables))
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('sealed', text, (c) => c.notNull())
    .addColumn('masked', text, (c) => c.notNull())
    .addColumn('provider', text)
    .addColumn('settings', text, (c) => c.notNull())
    .execute()
  await index('ai_secrets', ['project', 'name'], { unique: true })
  await stamped(schema, things(schema, 'ai_models' satisfies keyof AiGatewayTables))
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('secret_id', text)
    .addColumn('provider', text, (c) => c.notNull())
    .addColumn('model', text, (c) => c.notNull())
    .execute()
  await index('ai_models', ['project', 'name'], { unique: true })
}

async function createEndpoints(schema: Schema): Promise<void> {
  const { text, integer, real, table, index } = schema
  await stamped(schema, things(schema, 'ai_endpoints' satisfies keyof AiGatewayTables))
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('routing', text)
    .addColumn('fallback', text)
    .addColumn('max_attempts', integer)
    .addColumn('experiment', integer)
    .addColumn('usage_tracking', integer, (c) => c.notNull())
    .execute()
  await index('ai_endpoints', ['project', 'name'], { unique: true })
  await things(schema, 'ai_endpoint_models' satisfies keyof AiGatewayTables)
    .addColumn('endpoint_id', text, (c) => c.notNull())
    .addColumn('model_id', text, (c) => c.notNull())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('weight', real, (c) => c.notNull())
    .addColumn('fallback_order', integer)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('created_by', text)
    .execute()
  await index('ai_endpoint_models', ['project', 'endpoint_id', 'model_id', 'kind'], {
    unique: true,
  })
  await table('ai_endpoint_tags' satisfies keyof AiGatewayTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('endpoint_id', text, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('value', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('ai_endpoint_tags_key', ['project', 'endpoint_id', 'key'])
    .execute()
  await stamped(
    schema,
    table('ai_bindings' satisfies keyof AiGatewayTables)
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('endpoint_id', text, (c) => c.notNull())
      .addColumn('resource_type', text, (c) => c.notNull())
      .addColumn('resource_id', text, (c) => c.notNull()),
  )
    .addPrimaryKeyConstraint('ai_bindings_key', [
      'project',
      'endpoint_id',
      'resource_type',
      'resource_id',
    ])
    .execute()
}

async function createBudgets(schema: Schema): Promise<void> {
  const { text, integer, real } = schema
  await stamped(schema, things(schema, 'ai_budgets' satisfies keyof AiGatewayTables))
    .addColumn('amount', real, (c) => c.notNull())
    .addColumn('duration_unit', text, (c) => c.notNull())
    .addColumn('duration_value', integer, (c) => c.notNull())
    .addColumn('scope', text, (c) => c.notNull())
    .addColumn('target', text)
    .addColumn('action', text, (c) => c.notNull())
    .execute()
}
