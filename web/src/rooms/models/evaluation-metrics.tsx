import { DataTable } from '../../parts/data-table.tsx'
import { countText, metricText, percentText, signedText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import type { Estimate, Evaluation } from './model-reads.ts'

const titles = { auc: 'AUC', log_loss: 'Log loss', brier: 'Brier score' }
type Metric = keyof typeof titles

/** The metrics with their 95 % intervals, and their differences on the same rows. */
export function EvaluationMetrics({ evaluation }: { evaluation: Evaluation }) {
  const { data, champion, baseline } = evaluation
  const metrics = (Object.keys(titles) as Metric[]).filter(
    (metric) => evaluation.metrics[metric] !== undefined,
  )
  return (
    <Section
      title="Metrics"
      hint={`on ${countText(data.rows)} rows, ${percentText(data.positives / Math.max(1, data.rows))} positive`}
      flush
    >
      <DataTable
        label="Metrics"
        rows={metrics}
        rowKey={(metric) => metric}
        columns={[
          { id: 'metric', header: 'Metric', cell: (metric) => titles[metric] },
          {
            id: 'value',
            header: 'Value',
            align: 'end',
            cell: (metric) => <b>{metricText(evaluation.metrics[metric]?.value)}</b>,
          },
          {
            id: 'interval',
            header: '95 % interval',
            align: 'end',
            cell: (metric) => intervalText(evaluation.metrics[metric]),
          },
          {
            id: 'baseline',
            header: 'vs baseline',
            align: 'end',
            cell: (metric) => differenceText(baseline?.differences[metric]),
          },
          {
            id: 'champion',
            header: champion === undefined ? 'vs champion' : `vs v${champion.version}`,
            align: 'end',
            cell: (metric) => differenceText(champion?.differences[metric]),
          },
        ]}
      />
    </Section>
  )
}

function intervalText(estimate: Estimate | undefined) {
  return estimate === undefined
    ? '–'
    : `${metricText(estimate.low)} to ${metricText(estimate.high)}`
}

function differenceText(estimate: Estimate | undefined) {
  if (estimate === undefined) return <span className="faint">–</span>
  return (
    <span title={`95 % interval ${metricText(estimate.low)} to ${metricText(estimate.high)}`}>
      {signedText(estimate.value)}
    </span>
  )
}
