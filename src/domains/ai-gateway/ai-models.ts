import { GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findAiSecret } from './ai-secrets.ts'
import { checkLabel, notThere, orTaken } from './names.ts'
import { changeStamps, newStamps, type Stamps, stampsFrom } from './stamps.ts'
import {
  type AiGatewayReader,
  type AiGatewayTables,
  aiModelColumns,
  type AiModelRow,
  readAiGateway,
} from './store.ts'

/** A model of a provider, with the secret that opens it. */
export interface AiModel extends Stamps {
  id: string
  name: string
  /** Nothing once the secret was deleted. */
  secret: { id: string; name: string } | undefined
  provider: string
  /** As the provider calls it. */
  model: string
}

/** Errors: `invalid`, `not_found` (secret), `already_exists`. */
export async function createAiModel(
  ctx: Context,
  input: {
    project: string
    name: string
    secret: string
    provider: string
    model: string
    by?: string | undefined
  },
): Promise<AiModel> {
  authorize(ctx, 'operator', input.project)
  const { project } = input
  const row: AiModelRow = {
    project,
    id: `d-${ctx.newId()}`,
    name: checkLabel('name of a model definition', input.name),
    secret_id: input.secret,
    provider: checkLabel('provider', input.provider),
    model: checkLabel('model name', input.model),
    ...newStamps(ctx, input.by),
  }
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    await findAiSecret(db, project, input.secret)
    await orTaken('Model definition', row.name, db.insertInto('ai_models').values(row).execute())
    change.record({
      verb: 'ai-model.created',
      subject: subject('ai-model', row.id),
      project,
      inputs: [subject('ai-secret', input.secret)],
      detail: { name: row.name, provider: row.provider, model: row.model },
    })
    return describeModel(db, row)
  })
}

/** Errors: `not_found`. */
export async function getAiModel(
  ctx: Context,
  input: { project: string; id: string },
): Promise<AiModel> {
  authorize(ctx, 'viewer', input.project)
  const db = readAiGateway(ctx)
  return describeModel(db, await findAiModel(db, input.project, input.id))
}

export async function listAiModels(
  ctx: Context,
  input: { project: string; provider?: string | undefined; secret?: string | undefined },
): Promise<AiModel[]> {
  authorize(ctx, 'viewer', input.project)
  const { project, provider, secret } = input
  const db = readAiGateway(ctx)
  const rows = await db
    .selectFrom('ai_models')
    .select(aiModelColumns)
    .where('project', '=', project)
    .orderBy('name')
    .execute()
  const matching = rows.filter(
    (row) =>
      (provider === undefined || row.provider === provider) &&
      (secret === undefined || row.secret_id === secret),
  )
  return describeModels(db, project, matching)
}

/** Errors: `not_found` (model, secret), `invalid`, `already_exists`. */
export async function changeAiModel(
  ctx: Context,
  input: {
    project: string
    id: string
    name?: string | undefined
    secret?: string | undefined
    provider?: string | undefined
    model?: string | undefined
    by?: string | undefined
  },
): Promise<AiModel> {
  authorize(ctx, 'operator', input.project)
  const { project, id } = input
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const row = await findAiModel(db, project, id)
    if (input.secret !== undefined) await findAiSecret(db, project, input.secret)
    const next: AiModelRow = {
      ...row,
      name:
        input.name === undefined ? row.name : checkLabel('name of a model definition', input.name),
      secret_id: input.secret ?? row.secret_id,
      provider:
        input.provider === undefined ? row.provider : checkLabel('provider', input.provider),
      model: input.model === undefined ? row.model : checkLabel('model name', input.model),
      ...changeStamps(ctx, input.by),
    }
    const update = db
      .updateTable('ai_models')
      .set(next)
      .where('project', '=', project)
      .where('id', '=', id)
      .execute()
    await orTaken('Model definition', next.name, update)
    change.record({
      verb: 'ai-model.changed',
      subject: subject('ai-model', id),
      project,
      detail: { name: next.name, provider: next.provider, model: next.model },
    })
    return describeModel(db, next)
  })
}

/** Errors: `not_found`, `refused` while an endpoint uses it. */
export async function deleteAiModel(
  ctx: Context,
  input: { project: string; id: string },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const { project, id } = input
  await commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const { name } = await findAiModel(db, project, id)
    const user = await db
      .selectFrom('ai_endpoint_models')
      .select('endpoint_id')
      .where('project', '=', project)
      .where('model_id', '=', id)
      .executeTakeFirst()
    if (user !== undefined) {
      throw new GyreError({
        code: 'refused',
        public:
          'Cannot delete model definition that is currently in use by endpoints. ' +
          'Detach it from all endpoints first.',
      })
    }
    await db.deleteFrom('ai_models').where('project', '=', project).where('id', '=', id).execute()
    const detail = { name }
    change.record({ verb: 'ai-model.deleted', subject: subject('ai-model', id), project, detail })
  })
}

export async function findAiModel(
  db: AiGatewayReader,
  project: string,
  id: string,
): Promise<AiModelRow> {
  const row = await db
    .selectFrom('ai_models')
    .select(aiModelColumns)
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notThere('GatewayModelDefinition', 'model_definition_id', id)
  return row
}

async function describeModel(db: AiGatewayReader, row: AiModelRow): Promise<AiModel> {
  const [described] = await describeModels(db, row.project, [row])
  if (described === undefined) throw new Error('one row is described as one model')
  return described
}

/** Rows with the names of their secrets, in their order. */
export async function describeModels(
  db: AiGatewayReader,
  project: string,
  rows: readonly AiModelRow[],
): Promise<AiModel[]> {
  const ids = [...new Set(rows.flatMap((row) => row.secret_id ?? []))]
  const secrets =
    ids.length === 0
      ? []
      : await db
          .selectFrom('ai_secrets')
          .select(['id', 'name'])
          .where('project', '=', project)
          .where('id', 'in', ids)
          .execute()
  const byId = new Map(secrets.map(({ id, name }) => [id, { id, name }]))
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    secret: row.secret_id === null ? undefined : byId.get(row.secret_id),
    provider: row.provider,
    model: row.model,
    ...stampsFrom(row),
  }))
}
