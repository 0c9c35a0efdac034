import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Section } from '../../parts/section.tsx'
import { expectationText } from './expectation-text.ts'
import type { Dataset } from './data-reads.ts'

/** What each new version must show. */
export function DeclaredExpectations({ dataset }: { dataset: Dataset }) {
  return (
    <Section title="Expectations" hint="Checked with every commit" flush>
      <DataTable
        label="Expectations"
        rows={dataset.expectations}
        rowKey={(expectation) => JSON.stringify(expectation)}
        empty={
          <Empty
            icon="check"
            title="Nothing is expected yet"
            commands={['gyre validate --suggest', 'gyre apply']}
          >
            Write what must hold in <code>expectations.yaml</code> and name it in{' '}
            <code>gyre.yaml</code>.
          </Empty>
        }
        columns={[
          {
            id: 'what',
            header: 'Expectation',
            cell: (expectation) => expectationText(expectation),
          },
          { id: 'type', header: 'Type', cell: ({ type }) => <code>{type}</code> },
          {
            id: 'severity',
            header: 'When it fails',
            cell: ({ severity }) =>
              severity === 'refuse' ? 'the version is quarantined' : 'it is told',
          },
          {
            id: 'scope',
            header: 'Checked on',
            cell: ({ scope }) => (scope === 'batch' ? 'new files' : 'all files'),
          },
        ]}
      />
    </Section>
  )
}
