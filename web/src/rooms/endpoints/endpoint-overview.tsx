import { Anchor } from '../../parts/anchor.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Figures } from '../../parts/key-values.tsx'
import { countText, durationText, percentText } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { type EndpointDetail, useRollouts } from './endpoint-reads.ts'
import { RolloutActions } from './rollout-actions.tsx'
import { RolloutStepper } from './rollout-stepper.tsx'
import { RolloutTest } from './rollout-test.tsx'
import { TestCourse } from './test-course.tsx'
import { TrafficCharts } from './traffic-charts.tsx'
import { TrafficSplit } from './traffic-split.tsx'

export function EndpointOverview({ endpoint }: { endpoint: EndpointDetail }) {
  return (
    <>
      <div className="columns">
        <Section title="Traffic">
          <TrafficSplit endpoint={endpoint} />
        </Section>
        <Section title="Last hour">
          <ServiceFigures endpoint={endpoint} />
        </Section>
      </div>
      <CurrentRollout endpoint={endpoint} />
      <LastTest endpoint={endpoint} />
      <TrafficCharts endpoint={endpoint.name} />
      <div className="columns">
        <GatewaySection endpoint={endpoint} />
        <Section title="Log of predictions" hint="Written off the request path">
          <LogFigures endpoint={endpoint} />
        </Section>
      </div>
    </>
  )
}

function ServiceFigures({ endpoint: { lastHour } }: { endpoint: EndpointDetail }) {
  const share = (count: number) =>
    lastHour.requests === 0 ? '–' : percentText(count / lastHour.requests, 2)
  return (
    <Figures
      items={[
        ['Requests', countText(lastHour.requests)],
        ['Predictions', countText(lastHour.predictions)],
        ['Errors', share(lastHour.errors)],
        ['Rejected', share(lastHour.rejected)],
        ['Shed', share(lastHour.shed)],
        ['p50', lastHour.p50Ms === null ? '–' : durationText(lastHour.p50Ms)],
        ['p99', lastHour.p99Ms === null ? '–' : durationText(lastHour.p99Ms)],
      ]}
    />
  )
}

function CurrentRollout({ endpoint }: { endpoint: EndpointDetail }) {
  const { rollout } = endpoint
  if (rollout === null) return null
  return (
    <Section
      title={`Release of v${rollout.version}`}
      hint={rollout.reason}
      actions={
        <>
          <Anchor to={places.rollout(rollout.id)}>Evidence</Anchor>
          <RolloutActions rollout={rollout} />
        </>
      }
    >
      <div className="stack">
        <RolloutStepper rollout={rollout} />
        <RolloutTest rollout={rollout} />
      </div>
    </Section>
  )
}

/** The last release that was tested, unless it is the one under way, and the course of its test. */
function LastTest({ endpoint: { name, rollout } }: { endpoint: EndpointDetail }) {
  const rollouts = useRollouts(name)
  const tested = rollouts.data?.items.find(({ test }) => test !== null)
  if (tested === undefined) return null
  return (
    <>
      {tested.id === rollout?.id ? null : (
        <Section
          title={`Last release, of v${tested.version}`}
          hint={tested.reason}
          actions={<Anchor to={places.rollout(tested.id)}>Evidence</Anchor>}
        >
          <RolloutTest rollout={tested} />
        </Section>
      )}
      <TestCourse rollout={tested} />
    </>
  )
}

function GatewaySection({ endpoint }: { endpoint: EndpointDetail }) {
  return (
    <Section title="Gateways" hint="Processes that answer requests">
      {endpoint.gateways.length === 0 ? (
        <Empty
          icon="endpoints"
          title="No gateway answers"
          commands={['gyre serve --role gateway']}
        />
      ) : (
        <ul className="stack-tight">
          {endpoint.gateways.map((gateway) => (
            <li key={gateway.id} className="row">
              <Status state={gateway.live ? 'live' : 'lost'} plain>
                <code>{gateway.id.slice(-12)}</code>
              </Status>
              <span className="quiet">
                {gateway.models.map(({ version, state }) => `v${version} ${state}`).join(', ')}
              </span>
              <span className="quiet row-end">
                seen <Instant at={gateway.seenAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function LogFigures({ endpoint: { log } }: { endpoint: EndpointDetail }) {
  return (
    <Figures
      items={[
        ['Predictions', countText(log.rows)],
        ['Labels', countText(log.labels)],
        ['Labelled', log.rows === 0 ? '–' : percentText(log.labels / log.rows)],
        ['Dropped', countText(log.dropped)],
        ['Files', countText(log.files)],
      ]}
    />
  )
}
