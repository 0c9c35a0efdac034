import { useParams } from '@tanstack/react-router'
import { DataTable } from '../../parts/data-table.tsx'
import { Instant, Took } from '../../parts/instant.tsx'
import { percentText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { type Rollout, type RolloutTransition, useRollout } from './endpoint-reads.ts'
import { RolloutActions } from './rollout-actions.tsx'
import { RolloutStepper } from './rollout-stepper.tsx'
import { RolloutTest } from './rollout-test.tsx'
import { TestCourse } from './test-course.tsx'

/** One release: each step it took and what each was decided on. */
export function RolloutPage() {
  const { rollout: id = '' } = useParams({ strict: false })
  const rollout = useRollout(id)
  return (
    <PageOf
      query={rollout}
      title="Rollout"
      crumbs={[{ to: places.endpoints(), label: 'Endpoints' }]}
    >
      {(data) => <RolloutFrame rollout={data} />}
    </PageOf>
  )
}

function RolloutFrame({ rollout }: { rollout: Rollout }) {
  return (
    <Page
      title={`Release of v${rollout.version}`}
      crumbs={[
        { to: places.endpoints(), label: 'Endpoints' },
        { to: places.endpoint(rollout.endpoint), label: rollout.endpoint },
      ]}
      beside={<Status state={rollout.state} />}
      actions={
        <>
          <RolloutActions rollout={rollout} />
          <WhyLink subject={`rollout:${rollout.id}`} />
        </>
      }
      facts={<RolloutFacts rollout={rollout} />}
    >
      <Section title="Stages" hint={rollout.reason}>
        <RolloutStepper rollout={rollout} />
      </Section>
      <Section title="Evidence">
        <RolloutTest rollout={rollout} />
      </Section>
      <TestCourse rollout={rollout} />
      <Section title="Every step" flush>
        <DataTable
          label="Steps of the release"
          rows={rollout.transitions}
          rowKey={({ at, to, step }) => `${at} ${to} ${step ?? ''}`}
          columns={[
            { id: 'to', header: 'State', cell: stateOf },
            {
              id: 'share',
              header: 'Traffic',
              align: 'end',
              cell: ({ share }) => percentText(share, 0),
            },
            { id: 'text', header: 'Because', prose: true, cell: ({ text }) => text },
            { id: 'actor', header: 'By', secondary: true, cell: ({ actor }) => actor },
            { id: 'at', header: 'At', cell: ({ at }) => <Instant at={at} /> },
          ]}
        />
      </Section>
    </Page>
  )
}

function RolloutFacts({ rollout }: { rollout: Rollout }) {
  return (
    <>
      <SubjectLink subject={`model:${rollout.model}@${rollout.version}`} />
      {rollout.previous === null ? null : (
        <span className="row">
          instead of <SubjectLink subject={`model:${rollout.model}@${rollout.previous}`} />
        </span>
      )}
      <span>
        started <Instant at={rollout.startedAt} /> by {rollout.startedBy}
      </span>
      <span>
        took <Took from={rollout.startedAt} to={rollout.endedAt} />
      </span>
      <span>{rollout.cause}</span>
    </>
  )
}

const failures: readonly string[] = ['rolled-back', 'failed', 'aborted']

/** Each step was reached, whatever came later. */
function stateOf({ to, step }: RolloutTransition) {
  return (
    <Status state={to} tone={failures.includes(to) ? 'bad' : 'good'} plain>
      {step === null ? to.replaceAll('-', ' ') : `${to} step ${step + 1}`}
    </Status>
  )
}
