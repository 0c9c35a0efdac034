import { useMemo } from 'react'
import { LineChart } from '../../parts/line-chart.tsx'
import { Section } from '../../parts/section.tsx'
import type { Rollout } from './endpoint-reads.ts'
import { testsOf } from './test-history.ts'

/** How the interval narrowed with each look at live results. */
export function TestCourse({ rollout }: { rollout: Rollout }) {
  const tests = useMemo(() => testsOf(rollout), [rollout])
  const lines = useMemo(
    () => [
      {
        name: 'canary minus champion',
        x: tests.map(({ rows }) => rows),
        y: tests.map(({ estimate }) => estimate),
        low: tests.map(({ lower }) => lower),
        high: tests.map(({ upper }) => upper),
        dots: true,
      },
    ],
    [tests],
  )
  const tolerance = rollout.test?.tolerance
  if (tests.length < 2) return null
  return (
    <Section
      title="The test over time"
      hint="Difference of the loss with an interval that holds at every look, by labelled rows"
    >
      <LineChart
        label="Interval of the difference by labelled rows"
        lines={lines}
        include={[0]}
        thresholds={tolerance === undefined ? [] : [{ value: tolerance, label: 'tolerated' }]}
        height={220}
      />
    </Section>
  )
}
