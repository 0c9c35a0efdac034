import type { ReactNode } from 'react'
import { toneOf, type Tone } from './state-tones.ts'
import css from './status.module.css'

/** A shape of its own for each tone, so that nothing hangs on colour alone. */
export function StatusShape({ tone, size = 12 }: { tone: Tone; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 12 12"
      className={`${css['shape']} ${css[tone]}`}
      aria-hidden="true"
      focusable="false"
    >
      {shapes[tone]}
    </svg>
  )
}

const line = {
  fill: 'none',
  strokeWidth: 1.6,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const

const shapes: Record<Tone, ReactNode> = {
  good: (
    <>
      <circle cx="6" cy="6" r="5.6" fill="currentColor" />
      <path d="M3.6 6.2 5.3 7.9 8.5 4.3" {...line} className={css['cut']} />
    </>
  ),
  bad: (
    <>
      <path d="M6 .3 11.7 6 6 11.7.3 6Z" fill="currentColor" />
      <path d="M4.5 4.5l3 3M7.5 4.5l-3 3" {...line} className={css['cut']} />
    </>
  ),
  warn: (
    <>
      <path d="M6 .8 11.8 11.2H.2Z" fill="currentColor" />
      <path d="M6 4.6v3M6 9.4v.1" {...line} className={css['cut']} />
    </>
  ),
  moving: (
    <>
      <circle cx="6" cy="6" r="4.7" {...line} stroke="currentColor" opacity="0.28" />
      <path
        d="M6 1.3A4.7 4.7 0 0 1 10.7 6"
        {...line}
        stroke="currentColor"
        className={css['spin']}
      />
    </>
  ),
  waiting: (
    <>
      <circle cx="6" cy="6" r="4.9" {...line} strokeWidth={1.3} stroke="currentColor" />
      <path d="M6 3.5V6l1.7 1.1" {...line} strokeWidth={1.3} stroke="currentColor" />
    </>
  ),
  off: (
    <>
      <circle
        cx="6"
        cy="6"
        r="4.9"
        {...line}
        strokeWidth={1.3}
        stroke="currentColor"
        strokeDasharray="2.2 2.2"
      />
      <path d="M4 6h4" {...line} strokeWidth={1.3} stroke="currentColor" />
    </>
  ),
}

/** A state in words beside its shape. `tone` where the word alone does not say it. */
export function Status(props: {
  state: string
  tone?: Tone | undefined
  children?: ReactNode
  plain?: boolean
}) {
  const tone = props.tone ?? toneOf(props.state)
  return (
    <span className={`${css['status']} ${props.plain === true ? '' : css['pill']} ${css[tone]}`}>
      <StatusShape tone={tone} />
      <span>{props.children ?? stateText(props.state)}</span>
    </span>
  )
}

/** `rolled-back` as `rolled back`. */
export function stateText(state: string): string {
  return state.replaceAll(/[-_]/g, ' ')
}
