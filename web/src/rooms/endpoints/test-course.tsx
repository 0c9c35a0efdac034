import { useMemo } from 'react'
import { LineChart } from '../../parts/line-chart.tsx'
import { Section } from '../../parts/section.tsx'
import { type Rollout, useLooks } from './endpoint-reads.ts'

/** How the interval narrowed with each look at live results. */
export function TestCourse({ rollout }: { rollout: Pick<Rollout, 'id' | 'version'> }) {
  const looks = useLooks(rollout.id)
  const items = looks.data?.items
  const lines = useMemo(() => linesOf(items ?? []), [items])
  const tolerance = items?.at(-1)?.tolerance
  // One look has no course; its numbers are told beside.
  if (items === undefined || items.length < 2) return null
  return (
    <Section
      title="The test over time"
      hint={`Loss of v${rollout.version} minus the champion's, with an interval that holds at every look, by labelled rows`}
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

type Look = NonNullable<Rollout['test']>

/** A line for each step of the release, since each begins with no rows. */
function linesOf(looks: readonly Look[]) {
  const known = looks.filter((look) => look.estimate !== null)
  const steps = [...Map.groupBy(known, (look) => look.step)]
  return steps.map(([step, of]) => ({
    name: steps.length === 1 ? 'canary minus champion' : `step ${step + 1}`,
    x: of.map(({ canary, champion }) => canary.rows + champion.rows),
    y: of.map(({ estimate }) => estimate),
    low: of.map(({ lower }) => lower),
    high: of.map(({ upper }) => upper),
    dots: true,
  }))
}
