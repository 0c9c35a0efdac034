import { useParams } from '@tanstack/react-router'
import { Anchor } from '../../parts/anchor.tsx'
import { Digest, Snippet } from '../../parts/copyable.tsx'
import { Icon } from '../../parts/icon.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { absoluteText } from '../../parts/time-text.ts'
import { WhyLink } from '../../parts/why-link.tsx'
import { type JournalRecord, useRecord } from './journal-reads.ts'

const crumbs = [{ to: places.journal(), label: 'Journal' }]

/** One record with all that it says. */
export function RecordPage() {
  const { seq = '' } = useParams({ strict: false })
  const record = useRecord(seq)
  return (
    <PageOf query={record} title={`Record ${seq}`} crumbs={crumbs}>
      {(data) => <RecordFrame record={data} />}
    </PageOf>
  )
}

function RecordFrame({ record }: { record: JournalRecord }) {
  return (
    <Page
      title={`Record ${record.seq}`}
      crumbs={crumbs}
      facts={record.sentence}
      actions={
        <>
          {record.seq > 1 ? (
            <Anchor to={places.record(record.seq - 1)} aria-label="The record before">
              <Icon name="up" />
            </Anchor>
          ) : null}
          <Anchor to={places.record(record.seq + 1)} aria-label="The record after">
            <Icon name="down" />
          </Anchor>
          <WhyLink subject={record.subject} />
        </>
      }
    >
      <div className="columns">
        <Section title="Record">
          <KeyValues
            items={[
              ['Verb', <code key="verb">{record.verb}</code>],
              ['Subject', <SubjectLink key="subject" subject={record.subject} />],
              ['When', absoluteText(record.at)],
              ['By', record.actor],
              ['Project', record.project],
              ['Hash', <Digest key="hash" value={record.hash} length={24} />],
              ['Hash before', <Digest key="before" value={record.prevHash} length={24} />],
            ]}
          />
        </Section>
        <div className="stack">
          <SubjectSection title="Decided on" subjects={record.inputs} />
          <SubjectSection title="Came of it" subjects={record.outputs} />
        </div>
      </div>
      <Section title="Detail">
        <Snippet label="Detail of the record">{JSON.stringify(record.detail, null, 2)}</Snippet>
      </Section>
    </Page>
  )
}

function SubjectSection({ title, subjects }: { title: string; subjects: readonly string[] }) {
  return (
    <Section title={title}>
      {subjects.length === 0 ? (
        <p className="quiet">Nothing besides the subject.</p>
      ) : (
        <ul className="stack-tight">
          {subjects.map((subject) => (
            <li key={subject}>
              <SubjectLink subject={subject} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
