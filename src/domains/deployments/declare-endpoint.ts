import { GyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { checkName } from '#kernel/names'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { checkModelName } from '#domains/models/index'
import type { EndpointDetail } from './endpoint.ts'
import { getEndpoint } from './read-endpoints.ts'
import { changedPolicy, defaultPolicy, type PolicyChange, type RolloutPolicy } from './policy.ts'
import {
  type DeploymentsReader,
  type DeploymentsTables,
  endpointColumns,
  type EndpointRow,
} from './store.ts'

export interface EndpointChange {
  project: string
  endpoint: string
  model: string
  featureService?: string | null | undefined
  policy?: PolicyChange | undefined
}

/**
 * Creates an endpoint or changes its policy; declaring the same again changes nothing and records
 * nothing. Errors: `invalid`; `conflict` for another model than the one it serves.
 */
export async function declareEndpoint(
  ctx: Context,
  input: EndpointChange,
): Promise<EndpointDetail> {
  authorize(ctx, 'editor', input.project)
  const name = checkName('endpoint', input.endpoint)
  const model = checkModelName(input.model)
  await commit(ctx, async (change) => {
    const db = change.sql<DeploymentsTables>()
    const known = await db
      .selectFrom('endpoints')
      .select(endpointColumns)
      .where('project', '=', input.project)
      .where('name', '=', name)
      .executeTakeFirst()
    const next = changedRow(ctx, input, name, model, known)
    if (known !== undefined && isSame(known, next)) return
    if (known !== undefined && known.model !== model) await refuseOtherModel(db, known, model)
    const { project: _project, name: _name, created_at: _createdAt, ...values } = next
    await db
      .insertInto('endpoints')
      .values(next)
      .onConflict((c) => c.columns(['project', 'name']).doUpdateSet(values))
      .execute()
    change.record({
      verb: known === undefined ? 'endpoint.created' : 'endpoint.declared',
      subject: subject('endpoint', name),
      project: input.project,
      inputs: [subject('model', model)],
      detail: { model, featureService: next.feature_service, policy: JSON.parse(next.policy) },
    })
  })
  return getEndpoint(ctx, { project: input.project, endpoint: name })
}

function changedRow(
  ctx: Context,
  input: EndpointChange,
  name: string,
  model: string,
  known: EndpointRow | undefined,
): EndpointRow {
  const now = ctx.clock()
  const before = known === undefined ? defaultPolicy : parseStored<RolloutPolicy>(known.policy)
  return {
    project: input.project,
    name,
    model,
    feature_service:
      input.featureService === undefined ? (known?.feature_service ?? null) : input.featureService,
    policy: JSON.stringify(changedPolicy(before, input.policy ?? {})),
    next_version: known?.next_version ?? null,
    created_at: known?.created_at ?? now,
    updated_at: now,
  }
}

function isSame(known: EndpointRow, next: EndpointRow): boolean {
  return (
    known.model === next.model &&
    known.feature_service === next.feature_service &&
    known.policy === next.policy
  )
}

async function refuseOtherModel(
  db: DeploymentsReader,
  known: EndpointRow,
  model: string,
): Promise<void> {
  const serving = await db
    .selectFrom('endpoint_variants')
    .select('version')
    .where('project', '=', known.project)
    .where('endpoint', '=', known.name)
    .executeTakeFirst()
  if (serving === undefined) return
  throw new GyreError({
    code: 'conflict',
    public: `Endpoint ${known.name} serves ${known.model}@${serving.version}, so it cannot be of model ${model}. Declare another endpoint.`,
  })
}
