import { Button, Select } from '@mantine/core'
import { Anchor } from '../../parts/anchor.tsx'
import { Bones } from '../../parts/bones.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { FilterBox } from '../../parts/filter-box.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import css from './journal-page.module.css'
import { type JournalRecord, useRecords } from './journal-reads.ts'

const spans = [
  { value: '3600000', label: 'Last hour' },
  { value: '86400000', label: 'Last day' },
  { value: '604800000', label: 'Last week' },
]

/** Everything that changed, and who changed it. */
export function JournalPage() {
  const [verb, setVerb] = useUrlText('verb')
  const [subject, setSubject] = useUrlText('subject')
  const [actor, setActor] = useUrlText('actor')
  const [since, setSince] = useUrlText('since')
  const pages = useRecords({ verb, subject, actor, since })
  const records = pages.data?.pages.flatMap(({ items }) => items)
  const filtered = [verb, subject, actor, since].some((text) => text !== '')
  return (
    <Page
      title="Journal"
      facts="Every change of state is one record, chained by hash to the one before it."
    >
      <div className={css['bar']}>
        <FilterBox
          value={subject}
          onChange={setSubject}
          label="Subject"
          placeholder="Subject: endpoint:late-flights"
        />
        <FilterBox
          value={verb}
          onChange={setVerb}
          label="Verb"
          placeholder="Verb: gate. or gate.refused"
        />
        <FilterBox value={actor} onChange={setActor} label="Actor" placeholder="Actor: token:ci" />
        <Select
          size="sm"
          aria-label="Time"
          placeholder="Any time"
          clearable
          data={spans}
          value={since === '' ? null : since}
          onChange={(value) => setSince(value ?? '')}
        />
      </div>
      {pages.error === null ? null : (
        <Failure error={pages.error} retry={() => void pages.refetch()} />
      )}
      <Section title="Records" hint="Newest first" flush>
        {records === undefined ? (
          <Bones rows={12} />
        ) : (
          <RecordTable records={records} filtered={filtered} />
        )}
      </Section>
      {pages.hasNextPage ? (
        <Button
          variant="default"
          loading={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          Older records
        </Button>
      ) : null}
    </Page>
  )
}

function RecordTable({
  records,
  filtered,
}: {
  records: readonly JournalRecord[]
  filtered: boolean
}) {
  return (
    <DataTable
      label="Journal records"
      rows={records}
      rowKey={({ seq }) => String(seq)}
      rowTo={({ seq }) => places.record(seq)}
      empty={<NoRecords filtered={filtered} />}
      columns={[
        { id: 'seq', header: 'No.', cell: ({ seq }) => seq },
        { id: 'sentence', header: 'What happened', prose: true, cell: happeningOf },
        {
          id: 'subject',
          header: 'Subject',
          cell: ({ subject }) => <SubjectLink subject={subject} />,
        },
        {
          id: 'actor',
          header: 'By',
          secondary: true,
          cell: ({ actor }) => <span className="quiet nowrap">{actor}</span>,
        },
        { id: 'at', header: 'When', cell: ({ at }) => <Instant at={at} /> },
      ]}
    />
  )
}

function happeningOf({ verb, sentence }: JournalRecord) {
  return (
    <span className={css['happening']}>
      <span className="clamp" title={sentence}>
        {sentence}
      </span>
      <code>{verb}</code>
    </span>
  )
}

function NoRecords({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty icon="search" title="No record matches">
      A verb may be a beginning such as <code>rollout.</code>; a subject is written{' '}
      <code>kind:name</code>. <Anchor to={places.journal()}>Show all records</Anchor>
    </Empty>
  ) : (
    <Empty icon="journal" title="Nothing has happened yet" commands={['gyre init', 'gyre apply']} />
  )
}
