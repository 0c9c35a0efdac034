import { useParams } from '@tanstack/react-router'
import { DataTable } from '../../parts/data-table.tsx'
import { Instant } from '../../parts/instant.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { type IncidentDetail, useIncident } from './alert-reads.ts'
import { IncidentActions } from './incident-actions.tsx'
import { kindText } from './kind-text.ts'
import { SeverityMark } from './severity-mark.tsx'

const crumbs = [{ to: places.alerts(), label: 'Alerts' }]

/** One incident: what is wrong, what shows it, and who looks after it. */
export function IncidentPage() {
  const { incident: id = '' } = useParams({ strict: false })
  const incident = useIncident(id)
  return (
    <PageOf query={incident} title="Incident" crumbs={crumbs}>
      {(data) => <IncidentFrame incident={data} />}
    </PageOf>
  )
}

function IncidentFrame({ incident }: { incident: IncidentDetail }) {
  return (
    <Page
      title={kindText(incident.kind)}
      crumbs={crumbs}
      beside={
        <span className="row">
          <Status state={incident.state} />
          <SeverityMark severity={incident.severity} />
        </span>
      }
      actions={<WhyLink subject={`incident:${incident.id}`} />}
      facts={incident.text}
    >
      <div className="columns">
        <Section title="Incident">
          <KeyValues
            items={[
              ['Source', <SubjectLink key="source" subject={incident.source} />],
              ['Opened', <Instant key="opened" at={incident.openedAt} />],
              ['Last alarm', <Instant key="last" at={incident.lastAlarmAt} />],
              ['Acknowledged', personAt(incident.acknowledgedBy, incident.acknowledgedAt)],
              ['Resolved', personAt(incident.resolvedBy, incident.resolvedAt)],
              ['Note', incident.note ?? '–'],
            ]}
          />
        </Section>
        <div className="stack">
          <Section title="Evidence">
            <ul className="stack-tight">
              {incident.evidence.map((subject) => (
                <li key={subject}>
                  <SubjectLink subject={subject} />
                </li>
              ))}
            </ul>
          </Section>
          <IncidentActions incident={incident} />
        </div>
      </div>
      <AlarmHistory incident={incident} />
    </Page>
  )
}

function personAt(person: string | null, at: number | null) {
  if (at === null) return 'not yet'
  return (
    <>
      by {person ?? 'nobody'}, <Instant at={at} />
    </>
  )
}

function AlarmHistory({ incident }: { incident: IncidentDetail }) {
  return (
    <Section title="Alarms" hint="Newest first" flush>
      <DataTable
        label="Alarms of the incident"
        rows={incident.history}
        rowKey={({ id }) => id}
        rowTo={({ id }) => places.alarm(id)}
        columns={[
          { id: 'text', header: 'What', cell: ({ text }) => text },
          {
            id: 'severity',
            header: 'Severity',
            cell: ({ severity }) => <SeverityMark severity={severity} />,
          },
          {
            id: 'evidence',
            header: 'Evidence',
            cell: ({ evidence }) => (
              <span className="row">
                {evidence.slice(0, 3).map((subject) => (
                  <SubjectLink key={subject} subject={subject} />
                ))}
              </span>
            ),
          },
          { id: 'at', header: 'When', cell: ({ at }) => <Instant at={at} /> },
        ]}
      />
    </Section>
  )
}
