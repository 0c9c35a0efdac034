import { checkName } from '#kernel/names'
import { subject } from '#kernel/subjects'
import { startAddis } from '#science/error-control'
import { authorize, type Context } from '#domains/access/index'
import { endpointModel } from '#domains/deployments/index'
import { commit } from '#domains/journal/index'
import { describeMonitor } from './read-monitors.ts'
import type { Monitor } from './monitor.ts'
import { changedSettings, defaultSettings, type SettingsChange, settingsOf } from './settings.ts'
import { monitorColumns, type MonitorRow, type MonitorsTables } from './store.ts'

export interface MonitorChange {
  project: string
  monitor: string
  settings: SettingsChange
}

/**
 * Creates a monitor or changes its settings; declaring the same again changes nothing and records
 * nothing. Another false-alarm rate, endpoint or window begins the error control anew, with the first
 * whole window after those that were evaluated. Errors: `invalid`, `not_found` for its endpoint.
 */
export async function declareMonitor(ctx: Context, input: MonitorChange): Promise<Monitor> {
  authorize(ctx, 'editor', input.project)
  const name = checkName('monitor', input.monitor)
  await endpointModel(ctx, { project: input.project, endpoint: input.settings.endpoint })
  const row = await commit(ctx, async (change) => {
    const db = change.sql<MonitorsTables>()
    const known = await db
      .selectFrom('monitors')
      .select(monitorColumns)
      .where('project', '=', input.project)
      .where('name', '=', name)
      .executeTakeFirst()
    const next = changedRow(ctx, input, name, known)
    if (known !== undefined && known.settings === next.settings) return known
    const { project: _project, name: _name, created_at: _createdAt, ...values } = next
    await db
      .insertInto('monitors')
      .values(next)
      .onConflict((c) => c.columns(['project', 'name']).doUpdateSet(values))
      .execute()
    change.record({
      verb: known === undefined ? 'monitor.created' : 'monitor.declared',
      subject: subject('monitor', name),
      project: input.project,
      inputs: [subject('endpoint', next.endpoint)],
      detail: { settings: JSON.parse(next.settings) },
    })
    return next
  })
  return describeMonitor(ctx, row)
}

function changedRow(
  ctx: Context,
  { project, settings: change }: MonitorChange,
  name: string,
  known: MonitorRow | undefined,
): MonitorRow {
  const now = ctx.clock()
  const before = known === undefined ? undefined : settingsOf(known)
  const settings = changedSettings(before ?? defaultSettings, change)
  const anew =
    known === undefined ||
    before?.falseAlarmRate !== settings.falseAlarmRate ||
    before.endpoint !== settings.endpoint ||
    before.window !== settings.window
  return {
    project,
    name,
    endpoint: settings.endpoint,
    settings: JSON.stringify(settings),
    control: anew ? JSON.stringify(startAddis(settings.falseAlarmRate)) : known.control,
    evaluated_until: known?.evaluated_until ?? null,
    created_at: known?.created_at ?? now,
    updated_at: now,
  }
}
