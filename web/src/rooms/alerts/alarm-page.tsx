import { useParams } from '@tanstack/react-router'
import { Anchor } from '../../parts/anchor.tsx'
import { BoneBlock } from '../../parts/bones.tsx'
import { Snippet } from '../../parts/copyable.tsx'
import { Empty } from '../../parts/empty.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { absoluteText } from '../../parts/time-text.ts'
import { WhyLink } from '../../parts/why-link.tsx'
import { useAlarm } from './alert-reads.ts'
import { kindText } from './kind-text.ts'

/** One alarm with the evidence that it was raised on. */
export function AlarmPage() {
  const { alarm: id = '' } = useParams({ strict: false })
  const alarm = useAlarm(id)
  return (
    <Page
      title={alarm.data?.kind === undefined ? 'Alarm' : kindText(alarm.data.kind)}
      crumbs={[{ to: places.alerts(), label: 'Alerts' }]}
      beside={
        alarm.data === undefined || alarm.data === null ? null : (
          <Status
            state={alarm.data.severity}
            tone={alarm.data.severity === 'critical' ? 'bad' : 'warn'}
          />
        )
      }
      actions={<WhyLink subject={`alarm:${id}`} />}
      facts={alarm.data?.text}
    >
      <Loaded query={alarm} bones={<BoneBlock height={320} />}>
        {(data) =>
          data === null ? (
            <Empty icon="alerts" title="This alarm is not among the newest thousand">
              Its record is still in the <Anchor to={places.journal()}>journal</Anchor>.
            </Empty>
          ) : (
            <>
              <Section title="Alarm">
                <KeyValues
                  items={[
                    ['Source', <SubjectLink key="source" subject={data.source} />],
                    ['When', absoluteText(data.at)],
                    [
                      'Incident',
                      <SubjectLink key="incident" subject={`incident:${data.incident}`} />,
                    ],
                    [
                      'Evidence',
                      <span key="evidence" className="row">
                        {data.evidence.map((subject) => (
                          <SubjectLink key={subject} subject={subject} />
                        ))}
                      </span>,
                    ],
                  ]}
                />
              </Section>
              <Section title="Numbers">
                <Snippet label="Numbers of the alarm">
                  {JSON.stringify(data.detail, null, 2)}
                </Snippet>
              </Section>
            </>
          )
        }
      </Loaded>
    </Page>
  )
}
