import { Button } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useAct } from '../../parts/client.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Instant } from '../../parts/instant.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { type Trigger, useTriggerRecords, useTriggers } from './pipeline-reads.ts'
import { triggerText } from './trigger-text.ts'

/** One trigger: when it fired, what came of it, and why it did not. */
export function TriggerPage() {
  const { trigger: name = '' } = useParams({ strict: false })
  const triggers = useTriggers()
  const trigger = triggers.data?.items.find((each) => each.name === name)
  return (
    <Page
      title={name}
      crumbs={[
        { to: places.pipelines(), label: 'Pipelines' },
        { to: `${places.pipelines()}?tab=triggers`, label: 'Triggers' },
      ]}
      beside={
        trigger === undefined ? null : <Status state={trigger.enabled ? 'enabled' : 'disabled'} />
      }
      actions={
        <>
          <FireButton trigger={name} />
          <WhyLink subject={`trigger:${name}`} />
        </>
      }
    >
      <Section title="Trigger">
        <Loaded query={triggers}>
          {() =>
            trigger === undefined ? (
              <Empty icon="clock" title={`There is no trigger ${name}`} />
            ) : (
              <TriggerFacts trigger={trigger} />
            )
          }
        </Loaded>
      </Section>
      <TriggerRecords trigger={name} />
    </Page>
  )
}

function TriggerFacts({ trigger }: { trigger: Trigger }) {
  return (
    <KeyValues
      items={[
        ['Fires', triggerText(trigger.declaration)],
        ['Runs', <SubjectLink key="runs" subject={`pipeline:${trigger.declaration.run}`} />],
        [
          'Last fired',
          trigger.lastFiredAt === null ? 'never' : <Instant key="last" at={trigger.lastFiredAt} />,
        ],
        [
          'Next',
          trigger.nextAt === null ? (
            'with its next cause'
          ) : (
            <Instant key="next" at={trigger.nextAt} />
          ),
        ],
      ]}
    />
  )
}

function TriggerRecords({ trigger }: { trigger: string }) {
  const records = useTriggerRecords(trigger)
  return (
    <Section title="What it did" hint="From the journal, newest first" flush>
      <Loaded query={records}>
        {({ items }) => (
          <DataTable
            label="Records of the trigger"
            rows={items}
            rowKey={({ seq }) => String(seq)}
            rowTo={({ seq }) => places.record(seq)}
            empty={<Empty icon="clock" title="It has not fired yet" />}
            columns={[
              { id: 'verb', header: 'Verb', cell: ({ verb }) => <code>{verb}</code> },
              { id: 'what', header: 'What happened', prose: true, cell: sentenceOf },
              {
                id: 'subject',
                header: 'Of',
                cell: ({ subject }) => <SubjectLink subject={subject} />,
              },
              { id: 'at', header: 'When', cell: ({ at }) => <Instant at={at} /> },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function sentenceOf({ sentence }: { sentence: string }) {
  return (
    <span className="clamp" title={sentence}>
      {sentence}
    </span>
  )
}

function FireButton({ trigger }: { trigger: string }) {
  const project = useProject()
  const fire = useAct((client) =>
    client.pipelines.fireTrigger({
      params: { project, trigger },
      body: { reason: 'Fired from the page.' },
    }),
  )
  return (
    <>
      <FailureLine error={fire.error} />
      <Button
        size="compact-md"
        variant="default"
        loading={fire.isPending}
        onClick={() => fire.mutate(undefined)}
      >
        Fire now
      </Button>
    </>
  )
}
