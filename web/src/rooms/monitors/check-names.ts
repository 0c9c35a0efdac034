import type { MonitorCheck } from './monitor-reads.ts'

const kinds: Record<MonitorCheck['kind'], string> = {
  'input-drift': 'Input drift',
  'prediction-drift': 'Prediction drift',
  performance: 'Performance',
  calibration: 'Calibration',
  'label-rate': 'Labels arrived',
  staleness: 'Data age',
  'model-age': 'Model age',
  'missing-features': 'Missing features',
  latency: 'Latency',
  errors: 'Errors',
}

/** What a check looks at, in words. */
export function checkTitle({ kind }: MonitorCheck): string {
  return kinds[kind]
}

/** The column of a drift check as the server names it in its address. */
export function driftColumn({ kind, column }: MonitorCheck): string {
  return kind === 'prediction-drift' ? 'prediction' : (column ?? '')
}

export function isDrift({ kind }: MonitorCheck): boolean {
  return kind === 'input-drift' || kind === 'prediction-drift'
}
