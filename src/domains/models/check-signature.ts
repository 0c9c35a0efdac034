import type { CheckOf } from './gate-check.ts'
import { type GateFinding, missing, type UndecidedCase } from './gate-evidence.ts'
import type { ModelSignature } from './model.ts'

/**
 * A version that was registered with its features takes them in their order. One that a client of
 * MLflow logged can take the champion's place: it asks for no input that the champion did not have,
 * and gives every output that the champion gave, with the same types.
 */
export function checkSignature(
  { check }: CheckOf<'signature'>,
  subject: UndecidedCase,
): GateFinding {
  if (subject.fromFiles) return checkFeatures(check, subject)
  const { signature, champion, version } = subject
  if (signature.inputs.length === 0) {
    return missing(check, 'The version has no signature. Log the model with an input example.')
  }
  if (champion === null || champion.version === version) {
    const text = 'There is no champion whose callers would have to be served.'
    return { check, passed: true, text, values: { champion: champion?.version ?? null } }
  }
  return compareSignatures(check, signature, champion)
}

function checkFeatures(
  check: string,
  { signature, features }: Pick<UndecidedCase, 'signature' | 'features'>,
): GateFinding {
  const inputs = signature.inputs.map((input) => input.name)
  const passed =
    inputs.length === features.length && inputs.every((name, index) => name === features[index])
  return {
    check,
    passed,
    text: passed
      ? `The model takes its ${features.length} features in their declared order.`
      : `The model takes ${inputs.join(', ')}, but its features are ${features.join(', ')}.`,
    values: { inputs, features: [...features] },
  }
}

function compareSignatures(
  check: string,
  own: ModelSignature,
  champion: { version: number; signature: ModelSignature },
): GateFinding {
  const asked = unmet(own.inputs, champion.signature.inputs)
  const withheld = unmet(champion.signature.outputs, own.outputs)
  const problems = [
    ...asked.map((name) => `it asks for the input ${name}`),
    ...withheld.map((name) => `it does not give the output ${name}`),
  ]
  return {
    check,
    passed: problems.length === 0,
    text:
      problems.length === 0
        ? `Whoever calls the champion, version ${champion.version}, can call this version the same way.`
        : `Callers of the champion, version ${champion.version}, cannot call this version: ${problems.join('; ')}.`,
    values: { asked, withheld, champion: champion.version },
  }
}

type Columns = ModelSignature['inputs']

/** Those that the others do not have by that name and type. */
function unmet(wanted: Columns, others: Columns): string[] {
  const there = new Set(others.map(({ name, type }) => `${name}: ${type}`))
  return wanted.map(({ name, type }) => `${name}: ${type}`).filter((text) => !there.has(text))
}
