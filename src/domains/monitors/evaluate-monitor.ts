import { parseInstant } from '#kernel/time'
import { canonicalJson, type JsonObject, parseStored } from '#kernel/json'
import { type Subject, subject } from '#kernel/subjects'
import { type AddisState, startAddis } from '#science/error-control'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { measureWindow, type WindowFindings } from './evaluate-window.ts'
import { findMonitor, windowFromRow } from './find-monitor.ts'
import { alarmsOf, type JudgedWindow, judgeWindow, type WindowAlarm } from './judge-window.ts'
import type { MonitorWindow } from './monitor.ts'
import { findNextWindow, incompleteReason, type NextWindow } from './next-window.ts'
import { settingsOf } from './settings.ts'
import {
  monitorColumns,
  type MonitorRow,
  type MonitorsTables,
  type MonitorWindowRow,
  readMonitors,
} from './store.ts'
import { gatherLabelled, nextServedWindow, readServed, type ServedRows } from './window-data.ts'

export interface MonitorEvaluation {
  project: string
  monitor: string
  /** Windows that end until this event time are taken for complete. */
  until?: number | string | undefined
}

/**
 * Evaluates every window that is complete, oldest first. A window is evaluated once: of several that
 * try at the same time one wins. Gives the windows that this call evaluated. Errors: `not_found`.
 */
export async function evaluateMonitor(
  ctx: Context,
  input: MonitorEvaluation,
): Promise<{ windows: MonitorWindow[] }> {
  authorize(ctx, 'editor', input.project)
  const until = typeof input.until === 'string' ? parseInstant(input.until) : input.until
  const windows: MonitorWindow[] = []
  let skippedTo = -Infinity
  for (;;) {
    ctx.signal?.throwIfAborted()
    const row = await findMonitor(readMonitors(ctx), input.project, input.monitor)
    const from = Math.max(skippedTo, row.evaluated_until ?? -Infinity)
    const next = await findNextWindow(ctx, row, Number.isFinite(from) ? from : null)
    if (next === undefined) break
    const step = await evaluateNext(ctx, row, next, until)
    if (step.outcome === 'incomplete') break
    if (step.outcome === 'empty') {
      if (step.resumeAt === undefined) break
      skippedTo = step.resumeAt
    }
    if (step.outcome === 'evaluated') windows.push(step.window)
  }
  if (windows.length > 0) ctx.pulse(subject('monitor', input.monitor))
  return { windows }
}

/** Evaluates all monitors of an endpoint; for what happens to the endpoint. */
export async function evaluateMonitorsOf(
  ctx: Context,
  input: { project: string; endpoint: string },
): Promise<number> {
  authorize(ctx, 'editor', input.project)
  const rows = await readMonitors(ctx)
    .selectFrom('monitors')
    .select('name')
    .where('project', '=', input.project)
    .where('endpoint', '=', input.endpoint)
    .orderBy('name')
    .execute()
  let count = 0
  for (const { name } of rows) {
    const { windows } = await evaluateMonitor(ctx, { project: input.project, monitor: name })
    count += windows.length
  }
  return count
}

/** Endpoints that have a monitor, for those who look at them from time to time. */
export async function listMonitoredEndpoints(
  ctx: Context,
): Promise<{ project: string; endpoint: string }[]> {
  return readMonitors(ctx)
    .selectFrom('monitors')
    .select(['project', 'endpoint'])
    .distinct()
    .orderBy('project')
    .orderBy('endpoint')
    .execute()
}

type Step =
  | { outcome: 'evaluated'; window: MonitorWindow }
  /** Nothing was served in it; where the next window that has something begins. */
  | { outcome: 'empty'; resumeAt: number | undefined }
  | { outcome: 'incomplete' }
  /** Somebody else was faster, or the settings changed: to be looked at anew. */
  | { outcome: 'taken' }

async function evaluateNext(
  ctx: Context,
  row: MonitorRow,
  next: NextWindow,
  until: number | undefined,
): Promise<Step> {
  const began = ctx.clock()
  const { project, endpoint } = row
  const span = { project, endpoint, start: next.start, end: next.end }
  const measured = await ctx.frames.session(async (session) => {
    const { served, from } = await readServed(ctx, session, span)
    if (served.rows === 0 || from === null) {
      const resumeAt = await nextServedWindow(ctx, session, span)
      return { outcome: 'empty', resumeAt } as const
    }
    const labels = await gatherLabelled(ctx, session, span)
    const numbers = { rows: served.rows, ...labels }
    const reason = incompleteReason(ctx.clock(), next, numbers, until)
    if (reason !== undefined) return { outcome: 'incomplete' } as const
    const { labelled } = labels
    const findings = await measureWindow(ctx, session, row, span, served, labelled, from)
    return { outcome: 'measured', served, labelled, findings } as const
  })
  if (measured.outcome !== 'measured') return measured
  const { served, labelled, findings } = measured
  const judged = judgeWindow(findings.checks, controlOf(row))
  const tookMs = ctx.clock() - began
  const window = await keepWindow(ctx, row, { next, served, findings, judged, labelled, tookMs })
  return window === undefined ? { outcome: 'taken' } : { outcome: 'evaluated', window }
}

/** What version 0.1.0 kept follows another procedure, and cannot be gone on with. */
function controlOf({ control, settings }: MonitorRow): AddisState {
  const kept = parseStored<Partial<AddisState>>(control)
  if (kept.method === 'addis') return kept as AddisState
  return startAddis(settingsOf({ settings }).falseAlarmRate)
}

interface Evaluated {
  next: NextWindow
  served: ServedRows
  findings: WindowFindings
  judged: JudgedWindow
  labelled: number
  tookMs: number
}

/** Keeps a window unless another evaluation was faster. */
async function keepWindow(
  ctx: Context,
  row: MonitorRow,
  evaluated: Evaluated,
): Promise<MonitorWindow | undefined> {
  const alarms = alarmsOf(evaluated.judged.checks)
  const window = rowOf(ctx, row, evaluated, alarms)
  return commit(ctx, async (change) => {
    const db = change.sql<MonitorsTables>()
    const now = await db
      .selectFrom('monitors')
      .select(monitorColumns)
      .where('project', '=', row.project)
      .where('name', '=', row.name)
      .executeTakeFirst()
    // The settings or the error control moved on meanwhile: what was computed is void.
    const same = now?.evaluated_until === row.evaluated_until && now.control === row.control
    if (!same || now.settings !== row.settings) return undefined
    await db.insertInto('monitor_windows').values(window).execute()
    await db
      .updateTable('monitors')
      .set({
        control: JSON.stringify(evaluated.judged.control),
        evaluated_until: window.window_end,
      })
      .where('project', '=', row.project)
      .where('name', '=', row.name)
      .execute()
    change.record({
      verb: 'window.evaluated',
      subject: subject('monitor', row.name),
      project: row.project,
      inputs: [subject('endpoint', row.endpoint), ...(evaluated.findings.inputs as Subject[])],
      detail: detailOf(window, evaluated, alarms),
    })
    return windowFromRow(window)
  })
}

function rowOf(
  ctx: Context,
  row: MonitorRow,
  { next, served, findings, judged, labelled, tookMs }: Evaluated,
  alarms: readonly WindowAlarm[],
): MonitorWindowRow {
  return {
    project: row.project,
    monitor: row.name,
    window_start: next.start,
    window_end: next.end,
    rows: served.rows,
    labelled,
    versions: JSON.stringify(served.versions),
    reference: findings.reference,
    level: judged.level,
    alarms: alarms.length,
    checks: canonicalJson(judged.checks.map(withoutInfinities)),
    histograms: JSON.stringify(findings.histograms),
    evaluated_at: ctx.clock(),
    took_ms: tookMs,
  }
}

/** Bounds may be infinite where there is too little to tell; JSON has no word for that. */
function withoutInfinities<T extends { low: number | null; high: number | null }>(check: T): T {
  const finite = (value: number | null): number | null =>
    value !== null && Number.isFinite(value) ? value : null
  return { ...check, low: finite(check.low), high: finite(check.high) }
}

function detailOf(
  window: MonitorWindowRow,
  { judged, findings }: Evaluated,
  alarms: readonly WindowAlarm[],
): JsonObject {
  const sizes = judged.checks
    .filter((check) => check.verdict !== 'not-watched')
    .map(({ kind, column, size, threshold, p, level, verdict }) => ({
      kind,
      column,
      size,
      threshold,
      p,
      level,
      verdict,
    }))
  return {
    start: window.window_start,
    end: window.window_end,
    rows: window.rows,
    labelled: window.labelled,
    reference: findings.reference,
    level: judged.level,
    alarms: alarms.map((alarm) => ({ ...alarm })),
    checks: sizes,
  }
}
