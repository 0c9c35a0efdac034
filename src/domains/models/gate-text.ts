import type { Estimate, MetricName } from './evaluation.ts'

const titles: Readonly<Record<string, string>> = {
  auc: 'AUC',
  log_loss: 'log-loss',
  brier: 'Brier score',
} satisfies Record<MetricName, string>

/** A metric as people call it. */
export function metricTitle(metric: string): string {
  return titles[metric] ?? metric
}

/** A number with four significant places or decimals, whichever is shorter to read. */
export function formatNumber(value: number): string {
  if (value === 0) return '0'
  if (Math.abs(value) < 0.0001) return value.toExponential(1)
  return String(Number(value.toFixed(Math.abs(value) < 0.01 ? 5 : 4)))
}

/** `0.6412 (0.6301 to 0.6523)` */
export function formatEstimate({ value, low, high }: Estimate): string {
  return `${formatNumber(value)} (${formatNumber(low)} to ${formatNumber(high)})`
}

export function formatCount(value: number): string {
  return value.toLocaleString('en-US')
}
