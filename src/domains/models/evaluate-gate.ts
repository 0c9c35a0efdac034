import { GyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import { decideGate } from './decide-gate.ts'
import { findModel, findVersion } from './find-model.ts'
import { decisionColumns, evidenceOf, findChampion, lastDecision, readCase } from './gate-case.ts'
import type { GateCheck } from './gate-check.ts'
import type { GateFinding } from './gate-evidence.ts'
import {
  type GateDecisionRow,
  type ModelsReader,
  type ModelsTables,
  type ModelVersionRow,
  readModels,
  type RegisteredModelRow,
} from './store.ts'

export interface GateDecision {
  model: string
  version: number
  passed: boolean
  findings: GateFinding[]
  /** The champion at that moment. */
  champion: number | null
  decidedAt: number
  actor: string
}

interface VersionReference {
  project: string
  model: string
  version: string | number
}

/** How often evidence that changed meanwhile is read again. */
const attempts = 3

/**
 * Decides whether a version may serve, on its stored evaluation and the present champion, and
 * records it as `gate.passed` or `gate.refused`. Asked again with nothing changed, it gives the
 * decision that stands and records nothing. Errors: `not_found`; `conflict` when the champion
 * changes again and again meanwhile.
 */
export async function evaluateGate(ctx: Context, input: VersionReference): Promise<GateDecision> {
  authorizeModel(ctx, 'editor', input)
  for (let attempt = 1; ; attempt++) {
    try {
      return await decideNow(ctx, input)
    } catch (thrown) {
      const overtaken = thrown instanceof GyreError && thrown.code === 'conflict'
      if (!overtaken || attempt === attempts) throw thrown
    }
  }
}

async function decideNow(ctx: Context, input: VersionReference): Promise<GateDecision> {
  const db = readModels(ctx)
  const before = await findModel(db, input.project, input.model)
  const row = await findVersion(db, input.project, before.name, input.version)
  const champion = await findChampion(db, before, row.version)
  const subjectCase = await readCase(ctx, row, champion)
  return commit(ctx, async (change) => {
    const tx = change.sql<ModelsTables>()
    const model = await findModel(tx, input.project, row.model)
    const { gate } = await assertUnchanged(tx, model, row, champion)
    const { passed, findings } = decideGate(parseStored<GateCheck[]>(model.gate), subjectCase)
    const decision: GateDecisionRow = {
      id: ctx.newId(),
      project: row.project,
      model: row.model,
      version: row.version,
      passed: passed ? 1 : 0,
      findings: JSON.stringify(findings),
      champion: champion?.version ?? null,
      evaluation_sha256: row.evaluation_sha256,
      decided_at: ctx.clock(),
      actor: ctx.principal.name,
    }
    const standing = await lastDecision(tx, row)
    if (gate !== 'undecided' && standing !== undefined && sameDecision(standing, decision)) {
      return decisionFromRow(standing)
    }
    await tx.insertInto('gate_decisions').values(decision).execute()
    await tx
      .updateTable('model_versions')
      .set({ gate: passed ? 'passed' : 'refused' })
      .where('project', '=', row.project)
      .where('model', '=', row.model)
      .where('version', '=', row.version)
      .execute()
    change.record({
      verb: passed ? 'gate.passed' : 'gate.refused',
      subject: subject('model', row.model, row.version),
      project: row.project,
      inputs: evidenceOf(row, champion, subjectCase),
      detail: {
        model: row.model,
        version: row.version,
        champion: champion?.version ?? null,
        failed: findings.filter((finding) => !finding.passed).map((finding) => finding.text),
        findings: findings.map((f) => ({ check: f.check, passed: f.passed, text: f.text })),
      },
    })
    return decisionFromRow(decision)
  })
}

/** The evidence was read before the change; both must still hold in it. */
async function assertUnchanged(
  db: ModelsReader,
  model: RegisteredModelRow,
  row: ModelVersionRow,
  champion: ModelVersionRow | null,
): Promise<ModelVersionRow> {
  const now = await findVersion(db, row.project, row.model, row.version)
  const present = await findChampion(db, model, row.version)
  if (
    now.evaluation_sha256 === row.evaluation_sha256 &&
    (present?.version ?? null) === (champion?.version ?? null)
  ) {
    return now
  }
  throw new GyreError({
    code: 'conflict',
    public: `The champion or the evaluation of ${row.model}@${row.version} changed while the gate decided. Ask again.`,
    retryable: true,
  })
}

function sameDecision(a: GateDecisionRow, b: GateDecisionRow): boolean {
  return (
    a.passed === b.passed &&
    a.findings === b.findings &&
    a.champion === b.champion &&
    a.evaluation_sha256 === b.evaluation_sha256
  )
}

/** Decisions on a version, newest first. Errors: `not_found`. */
export async function listGateDecisions(
  ctx: Context,
  input: VersionReference,
): Promise<{ items: GateDecision[] }> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const { model, version } = await findVersion(db, input.project, input.model, input.version)
  const rows = await db
    .selectFrom('gate_decisions')
    .select(decisionColumns)
    .where('project', '=', input.project)
    .where('model', '=', model)
    .where('version', '=', version)
    .orderBy('id', 'desc')
    .limit(100)
    .execute()
  return { items: rows.map(decisionFromRow) }
}

function decisionFromRow(row: GateDecisionRow): GateDecision {
  return {
    model: row.model,
    version: row.version,
    passed: row.passed === 1,
    findings: parseStored<GateFinding[]>(row.findings),
    champion: row.champion,
    decidedAt: row.decided_at,
    actor: row.actor,
  }
}
