import type { ReactNode } from 'react'
import { absoluteText } from '../../parts/time-text.ts'
import type { Lane, LaneSpan } from './pointer-lanes.ts'
import css from './pointer-timeline.module.css'

interface PointerTimelineProps {
  lanes: readonly Lane[]
  from: number
  to: number
  /** The moment that is looked at. */
  at: number
  /** Under the lines, as wide as they are. */
  children: ReactNode
}

/** What pointed where, from the first move on: a line for each alias, and for each version's stages. */
export function PointerTimeline({ lanes, from, to, at, children }: PointerTimelineProps) {
  const share = (moment: number): number =>
    Math.min(100, Math.max(0, ((moment - from) / Math.max(1, to - from)) * 100))
  return (
    <div className={css['timeline']} role="group" aria-label="What pointed where over time">
      <ol className={css['lanes']}>
        {lanes.map((lane) => (
          <li key={lane.name} className={css['lane']}>
            <span className={css['name']}>{lane.name}</span>
            <span className={css['track']}>
              {lane.spans.map((span) => (
                <Span key={span.from} span={span} at={at} share={share} />
              ))}
              <i className={css['now']} style={{ left: `${share(at)}%` }} />
            </span>
          </li>
        ))}
      </ol>
      <p className={`${css['ends']} ${css['beside-names']}`}>
        <span>{absoluteText(from)}</span>
        <span>now</span>
      </p>
      <div className={css['beside-names']}>{children}</div>
    </div>
  )
}

interface SpanProps {
  span: LaneSpan
  at: number
  share: (moment: number) => number
}

function Span({ span, at, share }: SpanProps) {
  const { from, to, text, override } = span
  const left = share(from)
  const width = (to === null ? 100 : share(to)) - left
  const until = to === null ? 'now' : absoluteText(to)
  return (
    <span
      className={css['span']}
      style={{ left: `${left}%`, width: `max(3px, ${width}%)` }}
      data-holds={from <= at && (to === null || at < to)}
      data-override={override}
      title={`${text}: ${absoluteText(from)} to ${until}${override ? ', against the gate' : ''}`}
    >
      {width > 6 ? text : ''}
    </span>
  )
}
