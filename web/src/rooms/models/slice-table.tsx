import { DataTable } from '../../parts/data-table.tsx'
import { IntervalPlot } from '../../parts/interval-plot.tsx'
import { countText, metricText, percentText } from '../../parts/number-text.ts'
import { extent } from '../../parts/scale.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import type { Evaluation, EvaluationSlice } from './model-reads.ts'

/** The same metrics for parts of the rows: where it is good, and where it is not. */
export function SliceTable({ evaluation }: { evaluation: Evaluation }) {
  const [metric] = useUrlText('metric', 'auc')
  const key = metric === 'log_loss' ? 'log_loss' : 'auc'
  const whole = evaluation.metrics[key]?.value
  const values = evaluation.slices.flatMap(({ metrics }) => {
    const estimate = metrics[key]
    return estimate === undefined ? [] : [estimate.low, estimate.high]
  })
  const domain = extent(whole === undefined ? values : [...values, whole], 0.05)
  return (
    <Section title="Slices" hint="AUC with 95 % intervals; the dashed line is the whole" flush>
      <DataTable
        label="Slices"
        rows={evaluation.slices}
        rowKey={({ by, label }) => `${by}=${label}`}
        columns={[
          { id: 'by', header: 'By', cell: ({ by }) => by },
          { id: 'label', header: 'Slice', cell: ({ label }) => <b>{label}</b> },
          { id: 'rows', header: 'Rows', align: 'end', cell: ({ rows }) => countText(rows) },
          {
            id: 'positive',
            header: 'Positive',
            secondary: true,
            align: 'end',
            cell: ({ positives, rows }) => percentText(positives / Math.max(1, rows)),
          },
          {
            id: 'auc',
            header: 'AUC',
            align: 'end',
            cell: ({ metrics }) => metricText(metrics.auc?.value),
          },
          {
            id: 'loss',
            header: 'Log loss',
            secondary: true,
            align: 'end',
            cell: ({ metrics }) => metricText(metrics.log_loss?.value),
          },
          {
            id: 'plot',
            header: 'Interval',
            width: '240px',
            cell: (slice) => <SlicePlot slice={slice} metric={key} whole={whole} domain={domain} />,
          },
        ]}
      />
    </Section>
  )
}

interface SlicePlotProps {
  slice: EvaluationSlice
  metric: 'auc' | 'log_loss'
  whole: number | undefined
  domain: readonly [number, number]
}

function SlicePlot({ slice, metric, whole, domain }: SlicePlotProps) {
  const estimate = slice.metrics[metric]
  if (estimate === undefined) return <span className="faint">too few rows</span>
  return (
    <IntervalPlot
      label={`${slice.by} ${slice.label}`}
      value={estimate.value}
      low={estimate.low}
      high={estimate.high}
      threshold={whole}
      domain={domain}
      quiet
    />
  )
}
