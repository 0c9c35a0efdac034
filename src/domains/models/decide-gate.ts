import { checkApprovals } from './check-approvals.ts'
import { checkSignature } from './check-signature.ts'
import type { GateCheck } from './gate-check.ts'
import { applyCheck } from './gate-checks.ts'
import { type GateFinding, missing, type UndecidedCase } from './gate-evidence.ts'
import { applyMeasuredCheck } from './measured-checks.ts'

/**
 * Whether a version may serve, and why: one finding per declared check, on the evidence and the
 * champion of this moment. The evidence is the version's evaluation; without one, what the client
 * logged. Without either what needs evidence fails; without checks it passes and says so. Pure.
 */
export function decideGate(
  gate: readonly GateCheck[],
  subject: UndecidedCase,
): { passed: boolean; findings: GateFinding[] } {
  if (gate.length === 0) {
    const text = 'The model declares no checks, so every version passes.'
    return { passed: true, findings: [{ check: 'none', passed: true, text, values: {} }] }
  }
  const findings = gate.map((check) => decide(check, subject))
  return { passed: findings.every((finding) => finding.passed), findings }
}

function decide(check: GateCheck, subject: UndecidedCase): GateFinding {
  if (check.check === 'approvals') return checkApprovals(check, subject)
  if (check.check === 'signature') return checkSignature(check, subject)
  const { evaluation, measured } = subject
  if (evaluation !== null) return applyCheck(check, { ...subject, evaluation })
  if (measured !== null) return applyMeasuredCheck(check, { ...subject, measured })
  const how = subject.fromFiles
    ? 'Run `gyre models evaluate`.'
    : 'Log metrics to its run or logged model, or run `gyre models evaluate`.'
  return missing(check.check, `The version has no evaluation. ${how}`)
}
