import { z } from 'zod'
import { invalid } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { checkName } from '#kernel/names'
import { parseDuration } from '#kernel/time'
import type { MonitorSettings } from './monitor.ts'
import type { MonitorRow } from './store.ts'

export type SettingsChange = {
  [K in keyof MonitorSettings]?: MonitorSettings[K] | undefined
} & { endpoint: string }

const dayMs = 86_400_000
const hourMs = 3_600_000

export const defaultSettings: Omit<MonitorSettings, 'endpoint'> = {
  window: '7d',
  drift: { distance: 'jensen-shannon', minimumSize: 0.1 },
  performance: { metric: 'auc', maximumDrop: 0.02 },
  maximumCalibrationError: null,
  minimumLabelRate: null,
  maximumStaleness: null,
  maximumModelAge: null,
  maximumErrorRate: null,
  maximumLatencyMs: null,
  maximumMissingRate: null,
  falseAlarmRate: 0.05,
}

/** The settings in a row; what did not exist when they were stored is as by default. */
export function settingsOf({ settings }: Pick<MonitorRow, 'settings'>): MonitorSettings {
  return { ...defaultSettings, ...parseStored<MonitorSettings>(settings) }
}

/** Settings with some changed. Errors: `invalid` for a window that is no whole number of hours. */
export function changedSettings(
  settings: Omit<MonitorSettings, 'endpoint'>,
  change: SettingsChange,
): MonitorSettings {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  const next = { ...settings, ...Object.fromEntries(given) } as MonitorSettings
  windowMs(next.window)
  for (const age of [next.maximumStaleness, next.maximumModelAge]) {
    if (age !== null) parseDuration(age)
  }
  return next
}

/** The length of a window. Errors: `invalid`. */
export function windowMs(window: string): number {
  const length = parseDuration(window)
  if (length >= hourMs && length % hourMs === 0 && length <= 366 * dayMs) return length
  throw invalid(`A window of ${window} is not possible: it takes whole hours, at most 366 days.`)
}

export interface MonitorDeclaration {
  name: string
  settings: MonitorSettings
}

const share = z.number().gt(0).lt(1)
const declarationSchema = z.strictObject({
  endpoint: z.string().min(1),
  window: z.string().optional(),
  drift: z
    .strictObject({ distance: z.literal('jensen-shannon').optional(), minimum_size: share })
    .nullable()
    .optional(),
  performance: z
    .strictObject({
      metric: z.enum(['auc', 'log_loss', 'brier']).default('auc'),
      maximum_drop: z.number().min(0),
    })
    .nullable()
    .optional(),
  maximum_calibration_error: z.number().gt(0).optional(),
  minimum_label_rate: z.number().min(0).max(1).optional(),
  maximum_staleness: z.string().optional(),
  maximum_model_age: z.string().optional(),
  maximum_error_rate: z.number().min(0).max(1).optional(),
  maximum_latency_ms: z.number().gt(0).optional(),
  maximum_missing_rate: z.number().min(0).max(1).optional(),
  false_alarm_rate: z.number().gt(0).lt(0.5).optional(),
})

/** Reads the section `monitors:` of gyre.yaml. Errors: `invalid` names the monitor and what is wrong. */
export function parseMonitorsDeclaration(section: unknown): MonitorDeclaration[] {
  if (section === undefined || section === null) return []
  if (typeof section !== 'object' || Array.isArray(section)) {
    throw invalid('monitors: must be a mapping from monitor names to their declarations.')
  }
  return Object.entries(section).map(([name, value]) => {
    const parsed = declarationSchema.safeParse(value)
    if (!parsed.success) {
      const problem = parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')
      throw invalid(`monitors.${name}: ${problem}.`)
    }
    return { name: checkName('monitor', name), settings: settingsFrom(parsed.data) }
  })
}

function settingsFrom(declared: z.output<typeof declarationSchema>): MonitorSettings {
  const { drift, performance } = declared
  return changedSettings(defaultSettings, {
    endpoint: checkName('endpoint', declared.endpoint),
    window: declared.window,
    drift: drift && { distance: 'jensen-shannon', minimumSize: drift.minimum_size },
    performance: performance && {
      metric: performance.metric,
      maximumDrop: performance.maximum_drop,
    },
    maximumCalibrationError: declared.maximum_calibration_error,
    minimumLabelRate: declared.minimum_label_rate,
    maximumStaleness: declared.maximum_staleness,
    maximumModelAge: declared.maximum_model_age,
    maximumErrorRate: declared.maximum_error_rate,
    maximumLatencyMs: declared.maximum_latency_ms,
    maximumMissingRate: declared.maximum_missing_rate,
    falseAlarmRate: declared.false_alarm_rate,
  })
}
