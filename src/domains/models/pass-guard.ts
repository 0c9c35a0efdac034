import { GyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import type { Context } from '#domains/access/index'
import { evaluateGate } from './evaluate-gate.ts'
import { findChampion, lastDecision } from './gate-case.ts'
import { findModel, findVersion } from './find-model.ts'
import type { GateFinding } from './gate-evidence.ts'
import {
  type ModelsReader,
  type ModelVersionRow,
  readModels,
  type RegisteredModelRow,
} from './store.ts'

interface GuardedMove {
  project: string
  model: string
  version: string | number
  guard: string
  override?: boolean | undefined
}

/**
 * Lets the gate decide about a version that is to go through it, when it has not decided on the
 * present champion. Not again for one that stood there before: who passed may come back.
 */
export async function settleGate(ctx: Context, move: GuardedMove): Promise<void> {
  const db = readModels(ctx)
  const model = await findModel(db, move.project, move.model)
  if (move.override === true || !isGuarded(model, move.guard)) return
  const row = await findVersion(db, move.project, model.name, move.version)
  if (row.gate === 'passed' && (await stillHolds(db, model, row, move.guard))) return
  await evaluateGate(ctx, { project: move.project, model: model.name, version: row.version })
}

/** Whether the version goes there against its gate. Errors: `refused` when it may not. */
export async function passesGuard(
  db: ModelsReader,
  model: RegisteredModelRow,
  row: ModelVersionRow,
  guard: string,
  override: boolean,
): Promise<boolean> {
  if (!isGuarded(model, guard) || row.gate === 'passed') return false
  if (override) return true
  throw await gateRefusal(db, row, guard)
}

/**
 * Refuses to take away what a guarded alias points at: what the gate let through is in use. Errors:
 * `refused`.
 */
export function refuseInUse(
  model: RegisteredModelRow,
  aliases: readonly { alias: string; version: number }[],
): void {
  const held = aliases.find(({ alias }) => isGuarded(model, alias))
  if (held === undefined) return
  throw new GyreError({
    code: 'refused',
    public:
      `${held.alias} of ${model.name} points at version ${held.version}, and the model's gate guards it. ` +
      'Move or remove the alias first.',
  })
}

function isGuarded(model: RegisteredModelRow, guard: string): boolean {
  return model.gate !== '[]' && parseStored<string[]>(model.guards).includes(guard)
}

async function stillHolds(
  db: ModelsReader,
  model: RegisteredModelRow,
  row: ModelVersionRow,
  guard: string,
): Promise<boolean> {
  const champion = await findChampion(db, model, row.version)
  const decision = await lastDecision(db, row)
  if (decision?.champion === (champion?.version ?? null)) return true
  const stoodThere = await db
    .selectFrom('alias_moves')
    .select('number')
    .where('project', '=', row.project)
    .where('model', '=', row.model)
    .where('alias', '=', guard)
    .where('version', '=', row.version)
    .limit(1)
    .executeTakeFirst()
  return stoodThere !== undefined
}

async function gateRefusal(
  db: ModelsReader,
  row: ModelVersionRow,
  guard: string,
): Promise<GyreError> {
  const name = `${row.model}@${row.version}`
  const decision = await lastDecision(db, row)
  const findings = parseStored<GateFinding[]>(decision?.findings ?? '[]')
  const failed = findings.filter((finding) => !finding.passed)
  return new GyreError({
    code: 'refused',
    public: `${name} cannot become ${placeName(guard)}: its gate refused it. ${failed.map((f) => f.text).join(' ')}`,
    details: failed,
  })
}

function placeName(guard: string): string {
  return guard.startsWith('stage:') ? `${guard.slice(6)} (stage)` : guard
}
