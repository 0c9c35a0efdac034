import { Button } from '@mantine/core'
import { Fragment } from 'react'
import { Anchor } from '../../parts/anchor.tsx'
import { Bones } from '../../parts/bones.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { durationText } from '../../parts/number-text.ts'
import { placeOfSubject, places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status, stateText } from '../../parts/status.tsx'
import { subjectText } from '../../parts/subject-link.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import css from './last-turns.module.css'
import { type Turn, useTurns } from './loop-reads.ts'

const fewTurns = 4

/** How the loop last closed: from each cause to what was decided. */
export function LastTurns() {
  const turns = useTurns()
  const [all, setAll] = useUrlText('turns')
  return (
    <Section
      title="Last closed turns"
      hint="From the cause to the decision, each step linked"
      flush
      actions={
        (turns.data?.items.length ?? 0) <= fewTurns ? null : (
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => setAll(all === '' ? 'all' : '')}
          >
            {all === '' ? 'Show more' : 'Show fewer'}
          </Button>
        )
      }
    >
      <Loaded query={turns} bones={<Bones rows={4} height={76} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              icon="loop"
              title="The loop has not closed yet"
              commands={['gyre demo', 'gyre init', 'gyre apply']}
            >
              A turn closes when a trigger led to a run, a gate and a release, or to a refusal.
              Watch the demo, or declare your own loop in <code>gyre.yaml</code>.
            </Empty>
          ) : (
            <ul>
              {items.slice(0, all === '' ? fewTurns : undefined).map((turn) => (
                <TurnLine key={turn.seq} turn={turn} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  )
}

function TurnLine({ turn }: { turn: Turn }) {
  const first = turn.steps[0]?.at ?? turn.at
  return (
    <li className={css['turn']}>
      <div className={css['head']}>
        <Status state={turn.outcome} />
        <Anchor to={places.why(turn.subject)} className={css['sentence']} title={turn.sentence}>
          <span className="clamp">{turn.sentence}</span>
        </Anchor>
        <span className={css['times']}>
          <span title="From the first cause to the decision">{durationText(turn.at - first)}</span>
          <Instant at={turn.at} />
        </span>
      </div>
      <ol className={css['steps']}>
        {turn.steps.map((step, index) => (
          <Fragment key={step.seq}>
            {index === 0 ? null : <Gap ms={step.at - (turn.steps[index - 1]?.at ?? step.at)} />}
            <li>
              <Anchor
                to={placeOfSubject(step.subject)}
                className={css['step']}
                title={step.sentence}
              >
                <b>{stateText(step.verb.replace('.', ' '))}</b>
                <span>{subjectText(step.subject)}</span>
              </Anchor>
            </li>
          </Fragment>
        ))}
      </ol>
    </li>
  )
}

function Gap({ ms }: { ms: number }) {
  return (
    <li className={css['gap']} aria-hidden="true">
      <span>{ms < 50 ? '' : durationText(ms)}</span>
    </li>
  )
}
