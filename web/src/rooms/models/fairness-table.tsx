import { DataTable } from '../../parts/data-table.tsx'
import { countText, metricText, percentText, termText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import type { FairnessResult } from './model-reads.ts'

/** How differently groups are treated at the same threshold. */
export function FairnessTable({ result }: { result: FairnessResult }) {
  const differences = Object.entries(result.differences)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${metricText(value)}`)
    .join(', ')
  return (
    <Section
      title={`Fairness by ${result.by}`}
      hint={`At a threshold of ${termText(result.threshold, 3)}: ${differences}`}
      flush
    >
      <DataTable
        label={`Fairness by ${result.by}`}
        rows={result.groups}
        rowKey={({ label }) => label}
        columns={[
          { id: 'label', header: 'Group', cell: ({ label }) => <b>{label}</b> },
          { id: 'rows', header: 'Rows', align: 'end', cell: ({ rows }) => countText(rows) },
          {
            id: 'selected',
            header: 'Predicted',
            align: 'end',
            cell: ({ selectionRate }) => percentText(selectionRate),
          },
          {
            id: 'true',
            header: 'Found',
            align: 'end',
            cell: ({ truePositiveRate }) => percentText(truePositiveRate),
          },
          {
            id: 'false',
            header: 'False alarms',
            align: 'end',
            cell: ({ falsePositiveRate }) => percentText(falsePositiveRate),
          },
        ]}
      />
    </Section>
  )
}
