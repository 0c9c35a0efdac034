import { GyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import type { Context } from '#domains/access/index'
import { type FreedBytes, freedBytes } from '#domains/data/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from '../authorize-model.ts'
import { findModel, findVersion } from '../find-model.ts'
import type { VersionFile } from '../model.ts'
import {
  type ModelsReader,
  type ModelsTables,
  type ModelVersionRow,
  readModels,
  versionColumns,
} from '../store.ts'
import { holdsOf } from './holds.ts'
import { eraseVersion } from '../update-version.ts'
import { type InUse, usedVersions } from './in-use.ts'
import { type ModelRetention, retentionOf } from './policy.ts'

/** The collection of garbage frees what nothing else names. */
export interface Retirement extends FreedBytes {
  dryRun: boolean
  /** Versions that go, or would go. */
  retired: { version: number; createdAt: number; files: number; sizeBytes: number }[]
  /** Versions that stay, and all that keeps them. */
  kept: { version: number; reasons: string[] }[]
}

export interface RetireInput {
  project: string
  model: string
  dryRun: boolean
  /** These, whatever the rules say; default: what the model's rules let go. */
  versions?: readonly number[] | undefined
}

const dayMs = 86_400_000

/**
 * Deletes versions for good, or says what that would free: never what an alias points at, what is in
 * Staging or Production, what is held, in use, or the newest. Each is journaled. Errors: `not_found`;
 * `refused` where a version was named that must stay.
 */
export async function retireVersions(
  ctx: Context,
  input: RetireInput,
  inUse: InUse,
): Promise<Retirement> {
  authorizeModel(ctx, 'admin', input)
  const db = readModels(ctx)
  const plan = await planOf(ctx, db, input, inUse)
  const freed = await whatIsFreed(ctx, input.project, plan.going)
  if (!input.dryRun && plan.going.length > 0) await erase(ctx, input, inUse)
  return {
    dryRun: input.dryRun,
    retired: plan.going.map(toldOf),
    kept: plan.kept,
    ...freed,
  }
}

interface Plan {
  going: ModelVersionRow[]
  kept: Retirement['kept']
}

/** Decides again within the change: what came to be pointed at meanwhile stays. */
async function erase(ctx: Context, input: RetireInput, inUse: InUse): Promise<void> {
  await commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const { going } = await planOf(ctx, db, input, inUse)
    for (const row of going) await eraseVersion(ctx, change, row)
  })
}

async function planOf(
  ctx: Context,
  db: ModelsReader,
  input: RetireInput,
  inUse: InUse,
): Promise<Plan> {
  const { project, name: model } = await findModel(db, input.project, input.model)
  const owner = { project, model }
  for (const version of input.versions ?? []) await findVersion(db, project, model, version)
  const rows = await db
    .selectFrom('model_versions')
    .select(versionColumns)
    .where('project', '=', project)
    .where('model', '=', model)
    .where('state', '=', 'active')
    .orderBy('version', 'desc')
    .execute()
  const rules = await retentionOf(db, owner)
  const used = await usedVersions(db, owner, inUse)
  const bound = await boundVersions(db, owner)
  const plan: Plan = { going: [], kept: [] }
  for (const [rank, row] of rows.entries()) {
    const { version } = row
    const firm = [...(bound.get(version) ?? []), ...(bound.get(null) ?? [])]
    const use = used.get(version)
    if (row.stage === 'Staging' || row.stage === 'Production') firm.push(`It is in ${row.stage}.`)
    if (use !== undefined) firm.push(use)
    const named = input.versions?.includes(version) === true
    if (named && firm.length > 0) throw mustStay(row, firm)
    const reasons =
      input.versions === undefined
        ? [...firm, ...ruledReasons(ctx, rules, rank, row)]
        : named
          ? []
          : [...firm, 'It was not named.']
    if (reasons.length === 0) plan.going.push(row)
    else if (input.versions === undefined || named) plan.kept.push({ version, reasons })
  }
  return plan
}

function ruledReasons(
  ctx: Context,
  { keepVersions, keepDays }: ModelRetention,
  rank: number,
  row: ModelVersionRow,
): string[] {
  if (keepVersions === null && keepDays === null) return ['The model has no rule.']
  const reasons: string[] = []
  if (rank === 0) reasons.push('It is the newest.')
  if (keepVersions !== null && rank > 0 && rank < keepVersions) {
    reasons.push(`It is one of the newest ${keepVersions}.`)
  }
  if (keepDays !== null && row.created_at >= ctx.clock() - keepDays * dayMs) {
    reasons.push(`It is younger than ${keepDays} days.`)
  }
  return reasons
}

/** What aliases and holds keep, by version; under null what keeps all of them. */
async function boundVersions(
  db: ModelsReader,
  owner: { project: string; model: string },
): Promise<ReadonlyMap<number | null, string[]>> {
  const aliases = await db
    .selectFrom('model_aliases')
    .select(['alias', 'version'])
    .where('project', '=', owner.project)
    .where('model', '=', owner.model)
    .orderBy('alias')
    .execute()
  const reasons = [
    ...aliases.map(({ alias, version }) => ({
      version: version as number | null,
      reason: `The alias ${alias} points at it.`,
    })),
    ...(await holdsOf(db, owner)).map(({ version, reason, by }) => ({
      version,
      reason: `${by} holds it: ${reason}`,
    })),
  ]
  const byVersion = Map.groupBy(reasons, ({ version }) => version)
  return new Map([...byVersion].map(([version, own]) => [version, own.map((each) => each.reason)]))
}

function mustStay({ model, version }: ModelVersionRow, reasons: readonly string[]): GyreError {
  return new GyreError({
    code: 'refused',
    public: `${model}@${version} stays. ${reasons.join(' ')}`,
    details: reasons,
  })
}

function toldOf(row: ModelVersionRow): Retirement['retired'][number] {
  const files = parseStored<VersionFile[]>(row.files)
  return {
    version: row.version,
    createdAt: row.created_at,
    files: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
  }
}

/** Blobs that only these versions name, and those that something else names, too. */
async function whatIsFreed(
  ctx: Context,
  project: string,
  rows: readonly ModelVersionRow[],
): Promise<FreedBytes> {
  const sizes = new Map<string, number>()
  for (const row of rows) {
    for (const { sha256, sizeBytes } of parseStored<VersionFile[]>(row.files)) {
      sizes.set(sha256, sizeBytes)
    }
    for (const digest of [row.evaluation_sha256, row.origin_sha256]) {
      const stat = digest === null ? undefined : await ctx.blobs.stat(digest)
      if (stat !== undefined) sizes.set(stat.sha256, stat.sizeBytes)
    }
  }
  const going = new Set(rows.map((row) => keyOf({ ...row })))
  return freedBytes(
    ctx,
    project,
    sizes,
    (table, row) => table === 'model_versions' && going.has(keyOf(row)),
  )
}

function keyOf(row: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([row['project'], row['model'], Number(row['version'])])
}
