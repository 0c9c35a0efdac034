import type { ReactNode } from 'react'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { bytesText, counted, countText, termText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import type { VersionComparison } from './model-reads.ts'

interface ComparedProps {
  comparison: VersionComparison
}

/** Options, parameters, signature and libraries, where they differ. */
export function ComparedMaking({ comparison }: ComparedProps) {
  const { options, parameters, packages, signature } = comparison
  const groups = [
    ['option', options],
    ['parameter', parameters],
    ['input', signature.inputs],
    ['output', signature.outputs],
    ['library', packages],
  ] as const
  const rows = groups.flatMap(([kind, differences]) =>
    differences.map((difference) => ({ kind, ...difference })),
  )
  return (
    <Section title="Made otherwise" hint="Only what differs" flush>
      <DataTable
        label="Differences in the making"
        rows={rows}
        rowKey={({ kind, name }) => `${kind} ${name}`}
        empty={<Empty title="Options, parameters, signature and libraries are the same" />}
        columns={[
          { id: 'kind', header: 'What', cell: ({ kind }) => <span className="quiet">{kind}</span> },
          { id: 'name', header: 'Name', cell: ({ name }) => name },
          {
            id: 'left',
            header: `v${comparison.left}`,
            align: 'end',
            cell: (row) => valueText(row.left),
          },
          {
            id: 'right',
            header: `v${comparison.right}`,
            align: 'end',
            cell: (row) => valueText(row.right),
          },
        ]}
      />
      {signature.isReordered ? (
        <p className="quiet">They take the same inputs in another order.</p>
      ) : null}
    </Section>
  )
}

function valueText(value: unknown): string {
  if (value === null) return '–'
  if (typeof value === 'number') return termText(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The data and features that they were made from. */
export function ComparedData({ comparison }: ComparedProps) {
  const { data, featuresAdded, featuresRemoved, inputsAdded, inputsRemoved } = comparison
  return (
    <div className="columns">
      <Section title="Data" flush>
        <DataTable
          label="Data of both versions"
          rows={data}
          rowKey={({ dataset }) => dataset}
          empty={<Empty title="No data version is recorded" />}
          columns={[
            { id: 'dataset', header: 'Data set', cell: ({ dataset }) => dataset },
            {
              id: 'left',
              header: `v${comparison.left}`,
              align: 'end',
              cell: (row) => <DataSide dataset={row.dataset} side={row.left} />,
            },
            {
              id: 'right',
              header: `v${comparison.right}`,
              align: 'end',
              cell: (row) => <DataSide dataset={row.dataset} side={row.right} />,
            },
          ]}
        />
      </Section>
      <Section title="Made from">
        <KeyValues
          items={[
            ['Features added', featuresAdded.join(', ') || 'none'],
            ['Features removed', featuresRemoved.join(', ') || 'none'],
            ['New inputs', <SubjectList key="new" subjects={inputsAdded} />],
            ['Former inputs', <SubjectList key="former" subjects={inputsRemoved} />],
          ]}
        />
      </Section>
    </div>
  )
}

function DataSide({
  dataset,
  side,
}: {
  dataset: string
  side: VersionComparison['data'][number]['left']
}): ReactNode {
  if (side === null) return '–'
  return (
    <span className="nowrap">
      <SubjectLink subject={`data:${dataset}@${side.version}`} bare />{' '}
      <span className="quiet">
        {side.rows === null ? 'rows unknown' : `${countText(side.rows)} rows`}
      </span>
    </span>
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

/** Files that are not the same, and how large all of them are. */
export function ComparedFiles({ comparison }: ComparedProps) {
  const { files, filesUnchanged, sizeBytes } = comparison
  return (
    <Section
      title="Files"
      hint={`${bytesText(sizeBytes.left)} → ${bytesText(sizeBytes.right)} in all; ${counted(filesUnchanged, 'file')} the same`}
      flush
    >
      <DataTable
        label="Files that differ"
        rows={files}
        rowKey={({ path }) => path}
        empty={<Empty title="All files are the same" />}
        columns={[
          { id: 'path', header: 'Path', cell: ({ path }) => <code>{path}</code> },
          {
            id: 'change',
            header: 'Change',
            cell: ({ left, right }) =>
              left === null ? 'added' : right === null ? 'removed' : 'changed',
          },
          {
            id: 'left',
            header: `v${comparison.left}`,
            align: 'end',
            cell: ({ left }) => (left === null ? '–' : bytesText(left.sizeBytes)),
          },
          {
            id: 'right',
            header: `v${comparison.right}`,
            align: 'end',
            cell: ({ right }) => (right === null ? '–' : bytesText(right.sizeBytes)),
          },
        ]}
      />
    </Section>
  )
}
