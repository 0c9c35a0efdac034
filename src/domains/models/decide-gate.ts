import type { Evaluation } from './evaluation.ts'
import type { GateCheck } from './gate-check.ts'
import { applyCheck } from './gate-checks.ts'
import { type GateCase, type GateFinding, missing } from './gate-evidence.ts'

export type UndecidedCase = Omit<GateCase, 'evaluation'> & { evaluation: Evaluation | null }

/**
 * Whether a version may serve, and why: one finding per declared check, on the evidence and the
 * champion of this moment. Without an evaluation every check fails; without checks it passes and
 * says so. Pure.
 */
export function decideGate(
  gate: readonly GateCheck[],
  subject: UndecidedCase,
): { passed: boolean; findings: GateFinding[] } {
  const { evaluation } = subject
  if (gate.length === 0) {
    const text = 'The model declares no checks, so every version passes.'
    return { passed: true, findings: [{ check: 'none', passed: true, text, values: {} }] }
  }
  const findings = gate.map((check) =>
    evaluation === null
      ? missing(check.check, 'The version has no evaluation. Run `gyre models evaluate`.')
      : applyCheck(check, { ...subject, evaluation }),
  )
  return { passed: findings.every((finding) => finding.passed), findings }
}
