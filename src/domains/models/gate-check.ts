import { z } from 'zod'
import { invalid } from '#kernel/errors'
import { roles } from '#kernel/roles'
import { checkGuards, defaultGuards } from './guards.ts'

/** `auc`, `log_loss` and `brier` of an evaluation, or whatever the client of MLflow logged. */
const metric = z.string().min(1).max(250)
const confidence = z.number().gt(0.5).lt(1).default(0.95)

const schemas = {
  minimum: z.strictObject({ check: z.literal('minimum'), metric, value: z.number() }),
  maximum: z.strictObject({ check: z.literal('maximum'), metric, value: z.number() }),
  'better-than-baseline': z.strictObject({
    check: z.literal('better-than-baseline'),
    metric,
    confidence,
  }),
  'no-worse-than-champion': z.strictObject({
    check: z.literal('no-worse-than-champion'),
    metric,
    tolerance: z.number().min(0),
    confidence,
    better: z.enum(['higher', 'lower']).optional(),
  }),
  slices: z.strictObject({
    check: z.literal('slices'),
    metric,
    tolerance: z.number().min(0),
    minimum_rows: z.int().min(1).default(100),
  }),
  fairness: z.strictObject({
    check: z.literal('fairness'),
    metric: z.enum(['equalized_odds_difference', 'demographic_parity_difference']),
    by: z.string().min(1),
    maximum: z.number().min(0),
  }),
  calibration: z.strictObject({ check: z.literal('calibration'), maximum: z.number().min(0) }),
  parity: z.strictObject({
    check: z.literal('parity'),
    tolerance: z.number().min(0).default(1e-6),
  }),
  signature: z.strictObject({ check: z.literal('signature') }),
  approvals: z.strictObject({
    check: z.literal('approvals'),
    count: z.int().min(1).max(20).default(1),
    role: z.enum(roles).default('operator'),
    by_another: z.boolean().default(false),
  }),
} as const

export type CheckKind = keyof typeof schemas
export type GateCheck = { [K in CheckKind]: z.output<(typeof schemas)[K]> }[CheckKind]
/** Checks of evidence: of what was measured of the version. */
export type EvidenceKind = Exclude<CheckKind, 'approvals' | 'signature'>
export type CheckOf<K extends CheckKind> = Extract<GateCheck, { check: K }>

/** Reads one check of a gate. Errors: `invalid` names the check, the member and what is there. */
export function parseGateCheck(value: unknown, where: string): GateCheck {
  const kind = (value as { check?: unknown } | null)?.check
  if (typeof kind !== 'string' || !(kind in schemas)) {
    throw invalid(
      `${where}: ${kind === undefined ? '"check" is missing' : `there is no check ${JSON.stringify(kind)}`}. ` +
        `The checks are ${Object.keys(schemas).join(', ')}.`,
    )
  }
  const parsed = schemas[kind as CheckKind].safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || kind}: ${issue.message}`,
  )
  throw invalid(`${where}: the check "${kind}" is wrong: ${problems.join('; ')}.`)
}

export interface ModelDeclaration {
  name: string
  description: string
  gate: GateCheck[]
  guards: string[]
}

const declarationSchema = z.strictObject({
  description: z.string().max(10_000).default(''),
  gate: z.array(z.unknown()).max(50).default([]),
  guards: z
    .array(z.string())
    .max(50)
    .default([...defaultGuards]),
})

/** Reads the section `models:` of gyre.yaml. Errors: `invalid` names the model and what is wrong. */
export function parseModelsDeclaration(section: unknown): ModelDeclaration[] {
  if (section === undefined || section === null) return []
  if (typeof section !== 'object' || Array.isArray(section)) {
    throw invalid('models: must be a mapping from model names to their declarations.')
  }
  return Object.entries(section).map(([name, value]) => {
    const parsed = declarationSchema.safeParse(value ?? {})
    if (!parsed.success) {
      const problem = parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')
      throw invalid(`models.${name}: ${problem}.`)
    }
    const gate = parsed.data.gate.map((check, i) =>
      parseGateCheck(check, `models.${name}.gate[${i}]`),
    )
    const guards = checkGuards(parsed.data.guards)
    return { name, description: parsed.data.description, gate, guards }
  })
}
