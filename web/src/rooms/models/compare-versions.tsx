import { Select } from '@mantine/core'
import { BoneBlock } from '../../parts/bones.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { metricName } from '../../parts/metric-name.ts'
import { metricText, signedText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import { CodeDifference } from './code-difference.tsx'
import { ComparedData, ComparedFiles, ComparedMaking } from './compared-making.tsx'
import { type ModelVersion, useComparison, type VersionComparison } from './model-reads.ts'

/** Two versions of a model beside each other. */
export function CompareVersions({
  model,
  versions,
}: {
  model: string
  versions: readonly ModelVersion[]
}) {
  const [left, setLeft] = useUrlText('left', String(versions[1]?.version ?? ''))
  const [right, setRight] = useUrlText('right', String(versions[0]?.version ?? ''))
  const comparison = useComparison(model, left, right)
  const choices = versions.map(({ version, aliases }) => ({
    value: String(version),
    label: [`v${version}`, ...aliases].join(' · '),
  }))
  if (versions.length < 2) {
    return <Empty icon="compare" title="A comparison needs two versions" />
  }
  return (
    <>
      <div className="row">
        <Select
          aria-label="Left version"
          data={choices}
          value={left}
          onChange={(value) => setLeft(value ?? '')}
          allowDeselect={false}
        />
        <span className="quiet">and</span>
        <Select
          aria-label="Right version"
          data={choices}
          value={right}
          onChange={(value) => setRight(value ?? '')}
          allowDeselect={false}
        />
      </div>
      <Loaded query={comparison} bones={<BoneBlock height={360} />}>
        {(data) => <ComparisonView comparison={data} />}
      </Loaded>
      <CodeDifference model={model} left={left} right={right} />
    </>
  )
}

function ComparisonView({ comparison }: { comparison: VersionComparison }) {
  const { left, right } = comparison
  return (
    <>
      <Section
        title="Evidence"
        hint={
          comparison.sameRows
            ? 'Both were evaluated on the same rows'
            : 'Evaluated on different rows: differences are not paired'
        }
        flush
      >
        <DataTable
          label="Metrics of both versions"
          rows={comparison.metrics}
          rowKey={({ metric }) => metric}
          empty={<Empty title="Neither was evaluated" />}
          columns={[
            { id: 'metric', header: 'Metric', cell: ({ metric }) => metricName(metric) },
            { id: 'left', header: `v${left}`, align: 'end', cell: (row) => estimateText(row.left) },
            {
              id: 'right',
              header: `v${right}`,
              align: 'end',
              cell: (row) => estimateText(row.right),
            },
            {
              id: 'difference',
              header: 'Difference',
              align: 'end',
              cell: ({ difference }) => differenceText(difference),
            },
          ]}
        />
      </Section>
      <div className="columns">
        <LoggedMetrics comparison={comparison} />
        <ComparedMaking comparison={comparison} />
      </div>
      <ComparedData comparison={comparison} />
      <ComparedFiles comparison={comparison} />
    </>
  )
}

function LoggedMetrics({ comparison }: { comparison: VersionComparison }) {
  return (
    <Section title="Logged" hint="The last values of what the training logged" flush>
      <DataTable
        label="Logged metrics of both versions"
        rows={comparison.logged}
        rowKey={({ metric }) => metric}
        empty={<Empty title="Nothing was logged" />}
        columns={[
          { id: 'metric', header: 'Metric', cell: ({ metric }) => metric },
          {
            id: 'left',
            header: `v${comparison.left}`,
            align: 'end',
            cell: (row) => metricText(numberOf(row.left)),
          },
          {
            id: 'right',
            header: `v${comparison.right}`,
            align: 'end',
            cell: (row) => metricText(numberOf(row.right)),
          },
          {
            id: 'difference',
            header: 'Difference',
            align: 'end',
            cell: ({ difference }) => differenceText(difference),
          },
        ]}
      />
    </Section>
  )
}

function numberOf(value: VersionComparison['logged'][number]['left']): number | null {
  return value === null ? null : Number(value)
}

function differenceText(difference: number | null) {
  return difference === null ? '–' : <b>{signedText(difference)}</b>
}

function estimateText(estimate: VersionComparison['metrics'][number]['left']) {
  if (estimate === null) return <span className="faint">–</span>
  return (
    <>
      {metricText(estimate.value)}{' '}
      <span className="quiet">
        [{metricText(estimate.low)}, {metricText(estimate.high)}]
      </span>
    </>
  )
}
