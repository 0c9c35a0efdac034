import { StatusShape } from './status.tsx'
import type { Tone } from './state-tones.ts'
import css from './stepper.module.css'

export interface Step {
  label: string
  tone: Tone
  /** What stands under the name: a share, a time, a reason. */
  note?: string
  current?: boolean
}

/** Steps in their order, with what happened at each. */
export function Stepper({ label, steps }: { label: string; steps: readonly Step[] }) {
  return (
    <ol className={css['steps']} aria-label={label}>
      {steps.map((step) => (
        <li
          key={step.label}
          className={css['step']}
          data-passed={step.tone === 'good'}
          aria-current={step.current === true ? 'step' : undefined}
        >
          <span className={css['mark']}>
            <StatusShape tone={step.tone} size={16} />
          </span>
          <span className={css['label']}>{step.label}</span>
          <span className={css['note']}>{step.note}</span>
        </li>
      ))}
    </ol>
  )
}
