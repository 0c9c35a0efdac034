import { invalid } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { checkLabel, checkOneName, notThere, orTaken } from './names.ts'
import { changeStamps, newStamps, type Stamps, stampsFrom } from './stamps.ts'
import {
  type AiGatewayReader,
  type AiGatewayTables,
  aiSecretColumns,
  type AiSecretRow,
  readAiGateway,
} from './store.ts'

/** What is shown of a secret: never its values. */
export interface AiSecret extends Stamps {
  id: string
  name: string
  /** Enough of each value to tell it from others. */
  masked: Record<string, string>
  provider: string | undefined
  /** What is not secret: a region, `api_base`. */
  settings: Record<string, string>
}

const kind = 'GatewaySecret'
const mostBytes = 64 * 1024

/** Keeps a secret, sealed. Errors: `invalid`, `already_exists`. */
export async function createAiSecret(
  ctx: Context,
  input: {
    project: string
    name: string
    values: Readonly<Record<string, string>>
    provider?: string | undefined
    settings: Readonly<Record<string, string>>
    by?: string | undefined
  },
): Promise<AiSecret> {
  authorize(ctx, 'operator', input.project)
  const { project, values } = input
  const name = checkLabel('name of a secret', input.name)
  checkValues(values)
  const id = `s-${ctx.newId()}`
  const row: AiSecretRow = {
    project,
    id,
    name,
    ...sealedValues(ctx, project, id, values),
    provider: input.provider ?? null,
    settings: JSON.stringify(input.settings),
    ...newStamps(ctx, input.by),
  }
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    await orTaken('Secret', name, db.insertInto('ai_secrets').values(row).execute())
    const detail = { name, provider: row.provider }
    change.record({ verb: 'ai-secret.created', subject: subject('ai-secret', id), project, detail })
    return secretFrom(row)
  })
}

/** By id or by name. Errors: `not_found`, `invalid`. */
export async function getAiSecret(
  ctx: Context,
  input: { project: string; id?: string | undefined; name?: string | undefined },
): Promise<AiSecret> {
  authorize(ctx, 'viewer', input.project)
  const { project, id, name } = input
  checkOneName(['secret_id', id], ['secret_name', name])
  const db = readAiGateway(ctx)
  if (id !== undefined) return secretFrom(await findAiSecret(db, project, id))
  const row = await db
    .selectFrom('ai_secrets')
    .select(aiSecretColumns)
    .where('project', '=', project)
    .where('name', '=', name ?? '')
    .executeTakeFirst()
  if (row === undefined) throw notThere(kind, 'secret_name', name ?? '')
  return secretFrom(row)
}

export async function listAiSecrets(
  ctx: Context,
  input: { project: string; provider?: string | undefined },
): Promise<AiSecret[]> {
  authorize(ctx, 'viewer', input.project)
  const all = readAiGateway(ctx)
    .selectFrom('ai_secrets')
    .select(aiSecretColumns)
    .where('project', '=', input.project)
    .orderBy('name')
  const { provider } = input
  const rows = await (provider === undefined ? all : all.where('provider', '=', provider)).execute()
  return rows.map(secretFrom)
}

/** Changes the values, all of them, or the settings. Errors: `not_found`, `invalid`. */
export async function changeAiSecret(
  ctx: Context,
  input: {
    project: string
    id: string
    values?: Readonly<Record<string, string>> | undefined
    settings?: Readonly<Record<string, string>> | undefined
    by?: string | undefined
  },
): Promise<AiSecret> {
  authorize(ctx, 'operator', input.project)
  const { project, id, values, settings } = input
  if (values !== undefined) checkValues(values)
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const row = await findAiSecret(db, project, id)
    const next: AiSecretRow = {
      ...row,
      ...(values === undefined ? {} : sealedValues(ctx, project, id, values)),
      ...(settings === undefined ? {} : { settings: JSON.stringify(settings) }),
      ...changeStamps(ctx, input.by),
    }
    await db
      .updateTable('ai_secrets')
      .set(next)
      .where('project', '=', project)
      .where('id', '=', id)
      .execute()
    const detail = { name: row.name, values: values === undefined ? [] : Object.keys(values) }
    change.record({ verb: 'ai-secret.changed', subject: subject('ai-secret', id), project, detail })
    return secretFrom(next)
  })
}

/** Models that needed it stay, without a secret. Errors: `not_found`. */
export async function deleteAiSecret(
  ctx: Context,
  input: { project: string; id: string },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const { project, id } = input
  await commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const { name } = await findAiSecret(db, project, id)
    await db.deleteFrom('ai_secrets').where('project', '=', project).where('id', '=', id).execute()
    await db
      .updateTable('ai_models')
      .set({ secret_id: null })
      .where('project', '=', project)
      .where('secret_id', '=', id)
      .execute()
    const detail = { name }
    change.record({ verb: 'ai-secret.deleted', subject: subject('ai-secret', id), project, detail })
  })
}

export async function findAiSecret(
  db: AiGatewayReader,
  project: string,
  id: string,
): Promise<AiSecretRow> {
  const row = await db
    .selectFrom('ai_secrets')
    .select(aiSecretColumns)
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notThere(kind, 'secret_id', id)
  return row
}

function checkValues(values: Readonly<Record<string, string>>): void {
  if (Object.keys(values).length === 0) {
    throw invalid("secret_value must hold at least one value, such as 'api_key'.")
  }
  if (JSON.stringify(values).length > mostBytes) {
    throw invalid(`The values of a secret have at most ${mostBytes} characters.`)
  }
}

function sealedValues(
  ctx: Context,
  project: string,
  id: string,
  values: Readonly<Record<string, string>>,
): Pick<AiSecretRow, 'sealed' | 'masked'> {
  const masked = Object.entries(values).map(([key, value]) => [key, mask(value)] as const)
  return {
    sealed: ctx.secrets.seal(JSON.stringify(values), `ai-secret:${project}:${id}`),
    masked: JSON.stringify(Object.fromEntries(masked)),
  }
}

/** As MLflow shows them: of a short one nothing. */
function mask(value: string): string {
  return value.length < 8 ? '***' : `${value.slice(0, 3)}...${value.slice(-4)}`
}

function secretFrom(row: AiSecretRow): AiSecret {
  return {
    id: row.id,
    name: row.name,
    masked: parseStored<Record<string, string>>(row.masked),
    provider: row.provider ?? undefined,
    settings: parseStored<Record<string, string>>(row.settings),
    ...stampsFrom(row),
  }
}
