import { GyreError, invalid } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { getVersion, type ModelVersion } from '#domains/models/index'
import { findEndpoint } from './find-endpoint.ts'
import { addTransition, enqueueAdvance } from './move-rollout.ts'
import type { RolloutPolicy } from './policy.ts'
import { activeKey, activeRollout, describeRollout, type Rollout } from './rollout.ts'
import {
  type DeploymentsReader,
  type DeploymentsTables,
  type EndpointRow,
  readDeployments,
  type RolloutRow,
  type VariantRow,
} from './store.ts'

export interface NewRollout {
  project: string
  endpoint: string
  /** A number, an alias or `latest`. */
  version: string | number
  reason?: string | undefined
  /** All traffic after parity, without steps. */
  immediate?: boolean | undefined
}

/**
 * Starts to release a version. One release of an endpoint is under way at a time: another one is a
 * `conflict` that names it. Errors: `not_found`; `refused` when the gate did not pass the version;
 * `invalid` when it serves already.
 */
export async function startRollout(ctx: Context, input: NewRollout): Promise<Rollout> {
  authorize(ctx, 'operator', input.project)
  const endpoint = await findEndpoint(readDeployments(ctx), input.project, input.endpoint)
  const { model } = endpoint
  const version = await getVersion(ctx, { project: input.project, model, version: input.version })
  checkGate(version)
  return commit(ctx, async (change) => {
    const db = change.sql<DeploymentsTables>()
    const running = await activeRollout(db, input.project, input.endpoint)
    if (running !== undefined) throw busy(running)
    const champion = await championOf(db, input.project, input.endpoint)
    if (champion?.version === version.version) {
      throw invalid(`${model}@${version.version} is the champion of ${endpoint.name} already.`)
    }
    const row = newRow(ctx, input, endpoint, version.version, champion?.version ?? null)
    await db.insertInto('rollouts').values(row).execute()
    await insertCanary(change, row)
    await forgetPostponed(change, row)
    await addTransition(ctx, change, null, row, {
      text: row.cause,
      evidence: { policy: parseStored(row.policy) },
    })
    recordStart(change, row)
    enqueueAdvance(change, row)
    return describeRollout(db, row)
  })
}

function checkGate(version: ModelVersion): void {
  if (version.gate === 'passed') return
  const name = `${version.model}@${version.version}`
  throw new GyreError({
    code: 'refused',
    public:
      version.gate === 'refused'
        ? `${name} cannot be released: its gate refused it. See why with: gyre models gate ${name}`
        : `${name} cannot be released: its gate has not decided yet. Run: gyre models gate ${name}`,
  })
}

function busy(running: RolloutRow): GyreError {
  return new GyreError({
    code: 'conflict',
    public:
      `The release of ${running.model}@${running.version} to ${running.endpoint} is under way (${running.state}). ` +
      `Wait for it, or end it with: gyre promote ${running.endpoint}, gyre rollback ${running.endpoint}`,
    details: { rollout: running.id, version: running.version, state: running.state },
  })
}

async function championOf(
  db: DeploymentsReader,
  project: string,
  endpoint: string,
): Promise<Pick<VariantRow, 'version'> | undefined> {
  return db
    .selectFrom('endpoint_variants')
    .select('version')
    .where('project', '=', project)
    .where('endpoint', '=', endpoint)
    .where('role', '=', 'champion')
    .executeTakeFirst()
}

function newRow(
  ctx: Context,
  input: NewRollout,
  endpoint: EndpointRow,
  version: number,
  previous: number | null,
): RolloutRow {
  const now = ctx.clock()
  const policy = parseStored<RolloutPolicy>(endpoint.policy)
  const steps = input.immediate === true || previous === null ? [] : policy.steps
  return {
    id: ctx.newId(),
    project: input.project,
    endpoint: endpoint.name,
    model: endpoint.model,
    version,
    previous,
    state: 'preparing',
    step: null,
    share: 0,
    policy: JSON.stringify({ ...policy, steps }),
    reason: 'It waits for a gateway.',
    cause: input.reason ?? `${ctx.principal.name} asked for it.`,
    started_at: now,
    started_by: ctx.principal.name,
    updated_at: now,
    ended_at: null,
    step_since: null,
    test: null,
    guards: '[]',
    active_key: activeKey(input.project, endpoint.name),
  }
}

/** Gateways load it and give it no traffic yet. */
async function insertCanary(change: Change, row: RolloutRow): Promise<void> {
  const canary = {
    version: row.version,
    share: 0,
    rollout: row.id,
    step: null,
    since: row.started_at,
  }
  await change
    .sql<DeploymentsTables>()
    .insertInto('endpoint_variants')
    .values({ project: row.project, endpoint: row.endpoint, role: 'canary', ...canary })
    .onConflict((c) => c.columns(['project', 'endpoint', 'role']).doUpdateSet(canary))
    .execute()
}

async function forgetPostponed(change: Change, row: RolloutRow): Promise<void> {
  await change
    .sql<DeploymentsTables>()
    .updateTable('endpoints')
    .set({ next_version: null })
    .where('project', '=', row.project)
    .where('name', '=', row.endpoint)
    .where('next_version', '<=', row.version)
    .execute()
}

function recordStart(change: Change, row: RolloutRow): void {
  const previous = row.previous === null ? [] : [subject('model', row.model, row.previous)]
  change.record({
    verb: 'rollout.started',
    subject: subject('rollout', row.id),
    project: row.project,
    inputs: [subject('model', row.model, row.version), ...previous],
    outputs: [subject('endpoint', row.endpoint)],
    detail: {
      endpoint: row.endpoint,
      model: row.model,
      version: row.version,
      previous: row.previous,
      reason: row.cause,
      policy: parseStored(row.policy),
    },
  })
}
