import { useMemo } from 'react'
import { LineChart } from '../../parts/line-chart.tsx'
import { Section } from '../../parts/section.tsx'
import type { ModelVersion } from './model-reads.ts'

/** How the evaluations moved from version to version. */
export function MetricTrend({ versions }: { versions: readonly ModelVersion[] }) {
  const evaluated = versions.filter(({ metrics }) => metrics.auc !== undefined)
  if (evaluated.length < 2) return null
  return (
    <div className="columns">
      <TrendChart title="AUC by version" metric="auc" versions={evaluated} />
      <TrendChart title="Log loss by version" metric="log_loss" versions={evaluated} />
    </div>
  )
}

interface TrendChartProps {
  title: string
  metric: 'auc' | 'log_loss'
  versions: readonly ModelVersion[]
}

function TrendChart({ title, metric, versions }: TrendChartProps) {
  const lines = useMemo(() => {
    const ascending = versions.toSorted((a, b) => a.version - b.version)
    const estimates = ascending.map(({ metrics }) => metrics[metric])
    return [
      {
        name: title,
        x: ascending.map(({ version }) => version),
        y: estimates.map((each) => each?.value ?? null),
        low: estimates.map((each) => each?.low ?? null),
        high: estimates.map((each) => each?.high ?? null),
        dots: true,
      },
    ]
  }, [versions, metric, title])
  const marks = versions
    .filter(({ gate }) => gate === 'refused')
    .map(({ version }) => ({ x: version, label: 'refused by the gate', tone: 'bad' as const }))
  return (
    <Section title={title} hint="With 95 % intervals; each on its own holdout">
      <LineChart label={title} lines={lines} marks={marks} height={150} />
    </Section>
  )
}
