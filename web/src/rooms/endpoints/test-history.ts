import type { Rollout } from './endpoint-reads.ts'

export interface TestLook {
  rows: number
  estimate: number
  lower: number | null
  upper: number | null
}

/** The looks at live results that the transitions keep as evidence, and the last one. */
export function testsOf(rollout: Rollout): TestLook[] {
  const kept = rollout.transitions.flatMap(({ evidence }) => lookIn(evidence['test']) ?? [])
  const last = lookIn(rollout.test)
  const looks = last === undefined ? kept : [...kept, last]
  return looks
    .filter((look, index) => looks.findIndex(({ rows }) => rows === look.rows) === index)
    .toSorted((a, b) => a.rows - b.rows)
}

function lookIn(value: unknown): TestLook | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const test = value as Partial<NonNullable<Rollout['test']>>
  const rows = test.canary?.rows
  if (typeof rows !== 'number' || typeof test.estimate !== 'number') return undefined
  return { rows, estimate: test.estimate, lower: test.lower ?? null, upper: test.upper ?? null }
}
