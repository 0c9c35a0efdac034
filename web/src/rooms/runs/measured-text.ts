import { metricText } from '../../parts/number-text.ts'

/** A metric's value as the wire has it: NaN and infinities travel as texts. */
export function measuredText(value: number | string): string {
  return metricText(Number(value))
}

/** The same for a chart: what cannot be drawn is a gap. */
export function drawnValue(value: number | string): number | null {
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}
