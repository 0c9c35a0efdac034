import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { countText, percentText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import type { DataVersionDetail, ExpectationResult } from './data-reads.ts'
import { expectationText } from './expectation-text.ts'

/** Each expectation, what was found, and examples of what was not expected. */
export function VersionVerdict({ version }: { version: DataVersionDetail }) {
  const { verdict } = version
  if (verdict === null) {
    return (
      <Empty
        icon="check"
        title="Nothing was expected of this version"
        commands={['gyre validate --suggest']}
      >
        Write what must hold in <code>expectations.yaml</code>; the next commit is checked against
        it.
      </Empty>
    )
  }
  const results = verdict.results.toSorted((a, b) => Number(a.success) - Number(b.success))
  return (
    <Section
      title={verdict.success ? 'Accepted' : 'Refused'}
      hint={`${verdict.statistics.successful_expectations} of ${verdict.statistics.evaluated_expectations} met, on ${countText(verdict.rows)} rows`}
      flush
    >
      <DataTable
        label="Results of the expectations"
        rows={results}
        rowKey={({ expectation_config }) => JSON.stringify(expectation_config)}
        rowMark={(result) => (isRefusal(result) ? 'bad' : undefined)}
        columns={[
          { id: 'result', header: 'Result', cell: ResultCell },
          {
            id: 'what',
            header: 'Expectation',
            cell: ({ expectation_config }) => expectationText(expectation_config),
          },
          { id: 'found', header: 'Found', prose: true, cell: ({ sentence }) => sentence },
          { id: 'share', header: 'Unexpected', align: 'end', cell: unexpectedOf },
          { id: 'examples', header: 'Examples', secondary: true, cell: examplesOf },
        ]}
      />
    </Section>
  )
}

function isRefusal({ success, expectation_config }: ExpectationResult): boolean {
  return !success && expectation_config.severity === 'refuse'
}

function ResultCell(result: ExpectationResult) {
  if (result.success) return <Status state="met" tone="good" plain />
  return isRefusal(result) ? (
    <Status state="failed" plain />
  ) : (
    <Status state="warning" plain>
      warned
    </Status>
  )
}

function unexpectedOf({ result }: ExpectationResult) {
  if (result.unexpected_count === undefined) return <span className="faint">–</span>
  const share = (result.unexpected_percent ?? 0) / 100
  return `${countText(result.unexpected_count)} (${percentText(share)})`
}

function examplesOf({ result }: ExpectationResult) {
  const examples = result.partial_unexpected_list ?? []
  if (examples.length === 0) return <span className="faint">–</span>
  return (
    <code>
      {[...new Set(examples.map((value) => JSON.stringify(value)))].slice(0, 4).join(', ')}
    </code>
  )
}
