import { invalid, notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { parseInstant } from '#kernel/time'
import { authorize, type Context } from '#domains/access/index'
import { findMonitor, windowFromRow } from './find-monitor.ts'
import type { ColumnComparison, ColumnHistograms, Monitor, MonitorWindow } from './monitor.ts'
import { findNextWindow, incompleteReason } from './next-window.ts'
import { settingsOf } from './settings.ts'
import { monitorColumns, type MonitorRow, readMonitors, windowColumns } from './store.ts'
import { gatherLabelled, readServed } from './window-data.ts'

export interface MonitorQuery {
  project: string
  monitor: string
}

/** Monitors of a project by name. */
export async function listMonitors(
  ctx: Context,
  input: { project: string },
): Promise<{ items: Monitor[] }> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readMonitors(ctx)
    .selectFrom('monitors')
    .select(monitorColumns)
    .where('project', '=', input.project)
    .orderBy('name')
    .execute()
  const items: Monitor[] = []
  for (const row of rows) items.push(await describeMonitor(ctx, row))
  return { items }
}

/** A monitor. Errors: `not_found`. */
export async function getMonitor(ctx: Context, input: MonitorQuery): Promise<Monitor> {
  authorize(ctx, 'viewer', input.project)
  return describeMonitor(ctx, await findMonitor(readMonitors(ctx), input.project, input.monitor))
}

/** Evaluated windows, newest first. Errors: `not_found`, `invalid` for a foreign page token. */
export async function listWindows(
  ctx: Context,
  input: MonitorQuery & { limit: number; pageToken?: string | undefined },
): Promise<{ items: MonitorWindow[]; nextPageToken?: string }> {
  authorize(ctx, 'viewer', input.project)
  const db = readMonitors(ctx)
  await findMonitor(db, input.project, input.monitor)
  if (input.pageToken !== undefined && !/^-?\d{1,16}$/.test(input.pageToken)) {
    throw invalid('The page token is not one that was given. Ask for the first page again.')
  }
  let select = db
    .selectFrom('monitor_windows')
    .select(windowColumns)
    .where('project', '=', input.project)
    .where('monitor', '=', input.monitor)
    .orderBy('window_start', 'desc')
    .limit(input.limit + 1)
  if (input.pageToken !== undefined) {
    select = select.where('window_start', '<', Number(input.pageToken))
  }
  const rows = await select.execute()
  const items = rows.slice(0, input.limit).map(windowFromRow)
  const last = items.at(-1)
  return rows.length > input.limit && last !== undefined
    ? { items, nextPageToken: String(last.start) }
    : { items }
}

/** One window; `start` in ms or ISO 8601. Errors: `not_found`, `invalid`. */
export async function getWindow(
  ctx: Context,
  input: MonitorQuery & { start: string },
): Promise<MonitorWindow> {
  authorize(ctx, 'viewer', input.project)
  return windowFromRow(await findWindow(ctx, input))
}

/** Both distributions of a column in a window. Errors: `not_found` names the columns there are. */
export async function compareColumn(
  ctx: Context,
  input: MonitorQuery & { start: string; column: string },
): Promise<ColumnComparison> {
  authorize(ctx, 'viewer', input.project)
  const row = await findWindow(ctx, input)
  const histograms = parseStored<Record<string, ColumnHistograms>>(row.histograms)
  const found = Object.hasOwn(histograms, input.column) ? histograms[input.column] : undefined
  if (found === undefined) {
    const names = Object.keys(histograms).join(', ')
    throw notFound('column of this window', input.column, names === '' ? '' : `It has ${names}.`)
  }
  const { checks } = windowFromRow(row)
  const check = checks.find(
    ({ kind, column }) => kind.endsWith('-drift') && column === input.column,
  )
  return {
    column: input.column,
    start: row.window_start,
    end: row.window_end,
    version: row.reference ?? 0,
    ...found,
    check: check ?? null,
  }
}

async function findWindow(
  ctx: Context,
  { project, monitor, start }: MonitorQuery & { start: string },
) {
  const at = /^-?\d{1,16}$/.test(start) ? Number(start) : parseInstant(start)
  const db = readMonitors(ctx)
  await findMonitor(db, project, monitor)
  const row = await db
    .selectFrom('monitor_windows')
    .select([...windowColumns, 'histograms'])
    .where('project', '=', project)
    .where('monitor', '=', monitor)
    .where('window_start', '=', at)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound('evaluated window', start, 'See them with: gyre monitors report')
}

export async function describeMonitor(ctx: Context, row: MonitorRow): Promise<Monitor> {
  const db = readMonitors(ctx)
  const last = await db
    .selectFrom('monitor_windows')
    .select(windowColumns)
    .where('project', '=', row.project)
    .where('monitor', '=', row.name)
    .orderBy('window_start', 'desc')
    .limit(1)
    .executeTakeFirst()
  const counts = await db
    .selectFrom('monitor_windows')
    .select((eb) => [
      eb.fn.countAll<number>().as('windows'),
      eb.fn.count<number>(eb.case().when('alarms', '>', 0).then(1).end()).as('alarming'),
    ])
    .where('project', '=', row.project)
    .where('monitor', '=', row.name)
    .executeTakeFirst()
  return {
    name: row.name,
    settings: settingsOf(row),
    lastWindow: last === undefined ? null : windowFromRow(last),
    windows: Number(counts?.windows ?? 0),
    alarms: Number(counts?.alarming ?? 0),
    waiting: await describeWaiting(ctx, row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

async function describeWaiting(ctx: Context, row: MonitorRow): Promise<Monitor['waiting']> {
  const next = await findNextWindow(ctx, row, row.evaluated_until)
  if (next === undefined) return null
  const { project, endpoint } = row
  const span = { project, endpoint, start: next.start, end: next.end }
  const numbers = await ctx.frames.session(async (session) => {
    const { served } = await readServed(ctx, session, span)
    return { rows: served.rows, ...(await gatherLabelled(ctx, session, span)) }
  })
  if (numbers.rows === 0) return null
  const reason = incompleteReason(ctx.clock(), next, numbers, undefined)
  const { start, end } = next
  return { start, end, text: reason ?? 'It is complete and will be evaluated.' }
}
