import type { IntervalPlotProps } from '../../parts/interval-plot.tsx'
import type { GateFinding } from './model-reads.ts'

type Plot = Pick<IntervalPlotProps, 'value' | 'low' | 'high' | 'threshold' | 'good' | 'domain'>
type Values = GateFinding['values']

const lowerIsBetter: readonly unknown[] = ['log_loss', 'brier']

/** How the numbers of a check stand against its threshold; nothing when they are no estimate. */
export function plotOfFinding({ check, values }: GateFinding): Plot | undefined {
  return plots[check]?.(values)
}

const plots: Readonly<Record<string, (values: Values) => Plot | undefined>> = {
  minimum: (values) => estimate(values, numberIn(values, 'limit'), 'above'),
  maximum: (values) => estimate(values, numberIn(values, 'limit'), 'below'),
  'better-than-baseline': (values) => difference(values, 0),
  'no-worse-than-champion': (values) => difference(values, numberIn(values, 'tolerance')),
  fairness: (values) => single(numberIn(values, 'value'), numberIn(values, 'maximum')),
  calibration: (values) => single(numberIn(values, 'error'), numberIn(values, 'maximum')),
  parity: (values) => single(numberIn(values, 'largestDifference'), numberIn(values, 'tolerance')),
}

/** A difference "model minus the other": which side is good depends on the metric. */
function difference(values: Values, tolerance: number | undefined): Plot | undefined {
  if (tolerance === undefined) return undefined
  return lowerIsBetter.includes(values['metric'])
    ? estimate(values, tolerance, 'below')
    : estimate(values, -tolerance, 'above')
}

function estimate(
  values: Values,
  threshold: number | undefined,
  good: 'above' | 'below',
): Plot | undefined {
  const value = numberIn(values, 'value')
  if (value === undefined) return undefined
  return { value, low: numberIn(values, 'low'), high: numberIn(values, 'high'), threshold, good }
}

function single(value: number | undefined, threshold: number | undefined): Plot | undefined {
  if (value === undefined) return undefined
  return { value, threshold, good: 'below', domain: [0, Math.max(value, threshold ?? 0) * 1.3] }
}

function numberIn(values: Values, name: string): number | undefined {
  const value = values[name]
  return typeof value === 'number' ? value : undefined
}
