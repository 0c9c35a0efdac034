import { CronPattern, Cron } from 'croner'
import { z } from 'zod'
import { invalid } from '#kernel/errors'
import { checkName } from '#kernel/names'

const run = z.string().min(1).max(128)
const schemas = {
  alarm: z.strictObject({
    on: z.literal('alarm'),
    monitor: z.string().min(1).max(128),
    every: z.int().min(1).default(1),
    run,
  }),
  data: z.strictObject({
    on: z.literal('data'),
    dataset: z.string().min(1).max(128),
    every: z.int().min(1).default(1),
    run,
  }),
  schedule: z.strictObject({
    on: z.literal('schedule'),
    cron: z.string().min(1).max(200),
    /** The data set whose event times are the clock. */
    dataset: z.string().min(1).max(128).optional(),
    run,
  }),
  manual: z.strictObject({ on: z.literal('manual'), run }),
} as const

export type TriggerKind = keyof typeof schemas
export type TriggerDeclaration = { [K in TriggerKind]: z.output<(typeof schemas)[K]> }[TriggerKind]

export interface Trigger {
  name: string
  declaration: TriggerDeclaration
  enabled: boolean
  createdAt: number
  updatedAt: number
  lastFiredAt: number | null
  lastExecution: string | null
  /** Of a schedule. */
  nextAt: number | null
}

/** Reads a trigger's declaration. Errors: `invalid` names the trigger and what is wrong. */
export function parseTrigger(value: unknown, where: string): TriggerDeclaration {
  const kind = (value as { on?: unknown } | null)?.on
  if (typeof kind !== 'string' || !(kind in schemas)) {
    throw invalid(
      `${where}: "on" is ${kind === undefined ? 'missing' : `not ${JSON.stringify(kind)}`}. ` +
        `A trigger fires on ${Object.keys(schemas).join(', ')}.`,
    )
  }
  const parsed = schemas[kind as TriggerKind].safeParse(value)
  if (!parsed.success) {
    const problem = parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')
    throw invalid(`${where}: ${problem}.`)
  }
  if (parsed.data.on === 'schedule') checkCron(parsed.data.cron, where)
  return parsed.data
}

function checkCron(cron: string, where: string): void {
  try {
    new CronPattern(cron, 'UTC')
  } catch (thrown) {
    throw invalid(
      `${where}: "${cron}" is not a cron expression (${(thrown as Error).message}). ` +
        'Write minute, hour, day, month, weekday: "0 3 * * 1".',
    )
  }
}

/** The first instant after `after` at which a cron expression is due, in UTC; null: never again. */
export function nextDue(cron: string, after: number): number | null {
  const next = new Cron(cron, { timezone: 'UTC', paused: true }).nextRun(new Date(after))
  return next === null ? null : next.getTime()
}

/** Reads the section `triggers:` of gyre.yaml. Errors: `invalid` names the trigger. */
export function parseTriggersDeclaration(
  section: unknown,
): { name: string; declaration: TriggerDeclaration }[] {
  if (section === undefined || section === null) return []
  if (typeof section !== 'object' || Array.isArray(section)) {
    throw invalid('triggers: must be a mapping from names to declarations.')
  }
  return Object.entries(section).map(([name, value]) => ({
    name: checkName('trigger', name),
    declaration: parseTrigger(value, `triggers.${name}`),
  }))
}
