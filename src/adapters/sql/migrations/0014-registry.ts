import { type Kysely, sql } from 'kysely'
import type { ModelsTables } from '#domains/models/store'
import type { RunsTables } from '#domains/runs/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/**
 * Where a version came from, its stage and how that moved, tags that can be searched, reviews; and
 * the models that runs log, registered or not.
 */
export const registry: Migration = {
  name: '0014-registry',
  async up(schema) {
    await widenModels(schema)
    await createTags(schema)
    await createReviews(schema)
    await createStageMoves(schema)
    await createLoggedModels(schema)
    await createLoggedTexts(schema)
  },
}

async function widenModels({ db, text, integer, index }: Schema): Promise<void> {
  await db.schema
    .alterTable('registered_models')
    .addColumn('guards', text, (c) => c.notNull().defaultTo('["champion"]'))
    .execute()
  const columns = [
    ['source', undefined],
    ['storage_location', undefined],
    ['run_link', undefined],
    ['logged_model', undefined],
    ['stage', 'None'],
    ['state', 'active'],
  ] as const
  for (const [name, initial] of columns) {
    await db.schema
      .alterTable('model_versions')
      .addColumn(name, text, (c) => (initial === undefined ? c : c.notNull().defaultTo(initial)))
      .execute()
  }
  await db.schema
    .alterTable('model_versions')
    .addColumn('updated_at', integer, (c) => c.notNull().defaultTo(0))
    .execute()
  await sql`update model_versions set updated_at = created_at`.execute(db)
  await index('model_versions', ['project', 'updated_at'])
  await index('model_versions', ['project', 'run_id'])
}

async function createTags({ db, text, integer, table }: Schema): Promise<void> {
  await table('model_tags' satisfies keyof ModelsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('model', text, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('value', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('model_tags_key', ['project', 'model', 'key'])
    .execute()
  await table('version_tags' satisfies keyof ModelsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('model', text, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('value', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('version_tags_key', ['project', 'model', 'version', 'key'])
    .execute()
  await moveTags(db)
  await db.schema.alterTable('model_versions').dropColumn('tags').execute()
}

interface TaggedRow {
  project: string
  model: string
  version: number
  tags: string
}

async function moveTags(db: Kysely<unknown>): Promise<void> {
  const tagged = await sql<TaggedRow>`
    select project, model, version, tags from model_versions where tags <> '{}'`.execute(db)
  for (const { project, model, version, tags } of tagged.rows) {
    for (const [key, value] of Object.entries(JSON.parse(tags) as Record<string, string>)) {
      await sql`insert into version_tags (project, model, version, key, value)
        values (${project}, ${model}, ${version}, ${key}, ${value})`.execute(db)
    }
  }
}

async function createReviews({ text, integer, table, index }: Schema): Promise<void> {
  await table('version_reviews' satisfies keyof ModelsTables)
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('model', text, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('verdict', text, (c) => c.notNull())
    .addColumn('comment', text, (c) => c.notNull())
    .addColumn('actor', text, (c) => c.notNull())
    .addColumn('role', text, (c) => c.notNull())
    .addColumn('at', integer, (c) => c.notNull())
    .execute()
  await index('version_reviews', ['project', 'model', 'version', 'id'])
}

async function createStageMoves({ text, integer, table, index }: Schema): Promise<void> {
  await table('stage_moves' satisfies keyof ModelsTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('model', text, (c) => c.notNull())
    .addColumn('number', integer, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('stage', text)
    .addColumn('previous', text)
    .addColumn('at', integer, (c) => c.notNull())
    .addColumn('actor', text, (c) => c.notNull())
    .addColumn('reason', text, (c) => c.notNull())
    .addColumn('override', integer, (c) => c.notNull())
    .addColumn('evidence', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('stage_moves_key', ['project', 'model', 'number'])
    .execute()
  await index('stage_moves', ['project', 'model', 'at'])
}

async function createLoggedModels({ text, integer, table, index }: Schema): Promise<void> {
  await table('logged_models' satisfies keyof RunsTables)
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('experiment', integer, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('artifact_location', text, (c) => c.notNull())
    .addColumn('model_type', text, (c) => c.notNull())
    .addColumn('source_run_id', text)
    .addColumn('status', text, (c) => c.notNull())
    .addColumn('status_message', text)
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('created_by', text, (c) => c.notNull())
    .addColumn('updated_at', integer, (c) => c.notNull())
    .execute()
  await index('logged_models', ['project', 'experiment', 'created_at'])
  await index('logged_models', ['source_run_id'])
}

async function createLoggedTexts({ text, table, index }: Schema): Promise<void> {
  for (const name of ['logged_model_params', 'logged_model_tags'] satisfies (keyof RunsTables)[]) {
    await table(name)
      .addColumn('model_id', text, (c) => c.notNull())
      .addColumn('key', text, (c) => c.notNull())
      .addColumn('value', text, (c) => c.notNull())
      .addPrimaryKeyConstraint(`${name}_key`, ['model_id', 'key'])
      .execute()
    await index(name, ['key'])
  }
}
