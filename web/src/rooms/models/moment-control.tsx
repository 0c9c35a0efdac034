import { Button, Slider, TextInput } from '@mantine/core'
import { absoluteText } from '../../parts/time-text.ts'

interface MomentControlProps {
  from: number
  to: number
  /** At which something moved, in their order. */
  moments: readonly number[]
  /** The moment that is looked at; null: now. */
  at: number | null
  onChange: (at: number | null) => void
}

/** Picks a moment: on the line, from move to move, or as a time. */
export function MomentControl({ from, to, moments, at, onChange }: MomentControlProps) {
  const shown = at ?? to
  const earlier = moments.findLast((moment) => moment < shown)
  const later = moments.find((moment) => moment > shown)
  return (
    <div className="stack-tight">
      <Slider
        min={from}
        max={to}
        step={Math.max(1, Math.round((to - from) / 1000))}
        value={shown}
        label={absoluteText}
        thumbLabel="Moment"
        onChange={(value) => onChange(value >= to ? null : value)}
      />
      <div className="row">
        <Button
          variant="default"
          size="compact-sm"
          disabled={earlier === undefined}
          onClick={() => onChange(earlier ?? null)}
        >
          Move before
        </Button>
        <Button
          variant="default"
          size="compact-sm"
          disabled={at === null}
          onClick={() => onChange(later ?? null)}
        >
          {later === undefined ? 'Now' : 'Next move'}
        </Button>
        <TextInput
          aria-label="As it was at"
          type="datetime-local"
          step={1}
          size="xs"
          value={localText(shown)}
          onChange={(event) => onChange(momentOf(event.currentTarget.value, to))}
        />
      </div>
    </div>
  )
}

/** As the field writes it, in the reader's time zone, to the second. */
function localText(at: number): string {
  const moment = new Date(at)
  return new Date(at - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

/** A second is over when its last millisecond is. */
function momentOf(text: string, to: number): number | null {
  const at = new Date(text).getTime() + 999
  return Number.isNaN(at) || at >= to ? null : at
}
