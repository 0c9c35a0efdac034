import { Select } from '@mantine/core'
import { BoneBlock } from '../../parts/bones.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { metricName } from '../../parts/metric-name.ts'
import { metricText, signedText, termText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { useUrlText } from '../../parts/url-state.ts'
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
              cell: ({ difference }) =>
                difference === null ? '–' : <b>{signedText(difference)}</b>,
            },
          ]}
        />
      </Section>
      <div className="columns">
        <Section title="Options" flush>
          <DataTable
            label="Options of both versions"
            rows={comparison.options}
            rowKey={({ name }) => name}
            empty={<Empty title="No options" />}
            columns={[
              { id: 'name', header: 'Option', cell: ({ name }) => name },
              { id: 'left', header: `v${left}`, align: 'end', cell: (row) => optionText(row.left) },
              {
                id: 'right',
                header: `v${right}`,
                align: 'end',
                cell: (row) => optionText(row.right),
              },
            ]}
          />
        </Section>
        <Section title="Made from">
          <KeyValues
            items={[
              [
                'Commits',
                `${comparison.commits.left?.slice(0, 8) ?? '–'} → ${comparison.commits.right?.slice(0, 8) ?? '–'}`,
              ],
              ['Features added', comparison.featuresAdded.join(', ') || 'none'],
              ['Features removed', comparison.featuresRemoved.join(', ') || 'none'],
              ['New inputs', <SubjectList key="new" subjects={comparison.inputsAdded} />],
              ['Former inputs', <SubjectList key="former" subjects={comparison.inputsRemoved} />],
            ]}
          />
        </Section>
      </div>
    </>
  )
}

function SubjectList({ subjects }: { subjects: readonly string[] }) {
  if (subjects.length === 0) return 'none'
  return (
    <span className="row">
      {subjects.map((subject) => (
        <SubjectLink key={subject} subject={subject} />
      ))}
    </span>
  )
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

function optionText(value: unknown): string {
  if (value === null) return '–'
  return typeof value === 'number'
    ? termText(value)
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
}
