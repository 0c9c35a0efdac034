import { type Step, Stepper } from '../../parts/stepper.tsx'
import { percentText } from '../../parts/number-text.ts'
import { clockText } from '../../parts/time-text.ts'
import type { Rollout } from './endpoint-reads.ts'

/** The stages of a release with the time at which each was reached. */
export function RolloutStepper({ rollout }: { rollout: Rollout }) {
  return <Stepper label={`Stages of the release of v${rollout.version}`} steps={stepsOf(rollout)} />
}

const early = [
  ['preparing', 'Prepare'],
  ['loading', 'Load'],
  ['warming', 'Warm'],
  ['checking-parity', 'Parity'],
] as const

const ends: Readonly<Record<string, string>> = {
  'rolled-back': 'Rolled back',
  failed: 'Failed',
  aborted: 'Aborted',
}

function stepsOf(rollout: Rollout): Step[] {
  const stages = [
    ...early.map(([state, label]) => ({
      label,
      reached: reachedAt(rollout, state, null),
      state,
      step: null,
    })),
    ...rollout.steps.map((share, step) => ({
      label: `Canary ${percentText(share, 0)}`,
      reached: reachedAt(rollout, 'canary', step),
      state: 'canary',
      step,
    })),
  ]
  const ended = rollout.endedAt !== null
  const current = stages.findLastIndex(({ reached }) => reached !== undefined)
  const steps = stages.map(({ label, reached }, index): Step => {
    const isCurrent = !ended && index === current
    const tone = isCurrent
      ? 'moving'
      : reached !== undefined || index < current
        ? 'good'
        : ended
          ? 'off'
          : 'waiting'
    return {
      label,
      tone,
      current: isCurrent,
      note: reached === undefined ? '' : clockText(reached),
    }
  })
  return [...steps, lastStep(rollout)]
}

function lastStep(rollout: Rollout): Step {
  const { state, endedAt } = rollout
  if (endedAt === null) return { label: 'Promote', tone: 'waiting', note: '' }
  const note = clockText(endedAt)
  if (state === 'promoted') return { label: 'Promoted', tone: 'good', note, current: true }
  const tone = state === 'aborted' ? 'off' : 'bad'
  return { label: ends[state] ?? state, tone, note, current: true }
}

function reachedAt(rollout: Rollout, state: string, step: number | null): number | undefined {
  return rollout.transitions.find(
    (each) => each.to === state && (step === null || each.step === step),
  )?.at
}
