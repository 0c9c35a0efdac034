import type { FrameSession } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'
import {
  createRealisedView,
  featurePrefix,
  telemetryFiles,
  telemetryPaths,
} from '#domains/deployments/index'
import type { ModelProfile } from '#domains/models/index'
import { type BucketColumn, countBuckets, type DayCounts } from './bucket-sql.ts'
import { predictionColumn } from './monitor.ts'
import { windowStart } from './windows.ts'

export interface WindowSpan {
  project: string
  endpoint: string
  /** Event time, [start, end). */
  start: number
  end: number
}

/** What was served within a window. */
export interface ServedRows {
  rows: number
  versions: { version: number; rows: number }[]
  /** When the requests came. */
  receivedFrom: number
  receivedTo: number
  lastEvent: number
}

/** What was served within a window, by version; shadows are not. */
export async function readServed(
  ctx: Context,
  session: FrameSession,
  span: WindowSpan,
): Promise<{ served: ServedRows; from: string | null }> {
  const files = await telemetryFiles(ctx, {
    project: span.project,
    endpoint: span.endpoint,
    kind: 'predictions',
    since: span.start,
    until: span.end,
  })
  const none = { rows: 0, versions: [], receivedFrom: 0, receivedTo: 0, lastEvent: span.start }
  if (files.length === 0) return { served: none, from: null }
  const from = session.scan(await telemetryPaths(ctx, files))
  const found = await session.rows<{
    version: number
    n: number
    received_from: number
    received_to: number
    last_event: number
  }>(
    `SELECT version, CAST(count(*) AS INTEGER) AS n, min(received_at) AS received_from,
       max(received_at) AS received_to, max(event_at) AS last_event
     FROM ${from} WHERE ${within(span)} GROUP BY version ORDER BY n DESC, version DESC`,
  )
  if (found.length === 0) return { served: none, from }
  const served = {
    rows: found.reduce((sum, row) => sum + row.n, 0),
    versions: found.map(({ version, n }) => ({ version, rows: n })),
    receivedFrom: Math.min(...found.map((row) => row.received_from)),
    receivedTo: Math.max(...found.map((row) => row.received_to)),
    lastEvent: Math.max(...found.map((row) => row.last_event)),
  }
  return { served, from }
}

/** Begin of the first window from `span.end` on that has predictions; undefined: there is none. */
export async function nextServedWindow(
  ctx: Context,
  session: FrameSession,
  { project, endpoint, start, end }: WindowSpan,
): Promise<number | undefined> {
  const kind = 'predictions'
  const files = await telemetryFiles(ctx, { project, endpoint, kind, since: end })
  if (files.length === 0) return undefined
  const from = session.scan(await telemetryPaths(ctx, files))
  const [found] = await session.rows<{ at: number | null }>(
    `SELECT min(event_at) AS at FROM ${from} WHERE event_at >= ${Math.trunc(end)} AND variant <> 'shadow'`,
  )
  const at = found?.at ?? null
  return at === null ? undefined : windowStart(at, end - start)
}

function within({ start, end }: WindowSpan): string {
  return `event_at >= ${Math.trunc(start)} AND event_at < ${Math.trunc(end)} AND variant <> 'shadow'`
}

/** Histograms of what one version saw and answered, by day, over the buckets of its profile. */
export async function readHistograms(
  session: FrameSession,
  from: string,
  span: WindowSpan,
  version: number,
  profile: ModelProfile,
): Promise<DayCounts[]> {
  const present = new Set((await session.describe(`SELECT * FROM ${from}`)).map(({ name }) => name))
  const columns: BucketColumn[] = [
    {
      name: predictionColumn,
      source: 'prediction',
      edges: profile.predictions.edges,
      rounded: false,
    },
    ...profile.features.map(({ name, edges }) => ({
      name: `${featurePrefix}${name}`,
      source: `${featurePrefix}${name}`,
      edges,
      rounded: true,
    })),
  ].filter(({ source }) => present.has(source))
  return countBuckets(
    session,
    from,
    `${within(span)} AND version = ${Math.trunc(version)}`,
    columns,
  )
}

/** Labelled rows of one version in a window. */
export interface RealisedRows {
  labels: Uint8Array
  predictions: Float64Array
  /** The day of each row, numbered from 0. */
  days: Uint16Array
  dayCount: number
}

const dayMs = 86_400_000

/** The labels of a window's predictions, of all versions. */
export interface GatheredLabels {
  labelled: number
  /** When the last of them was known; of event time, as whoever sent it said. */
  knownAt: number | null
}

/**
 * Gathers the labelled predictions of a window for `readRealised`, since sorting out repeated labels
 * is most of the work.
 */
export async function gatherLabelled(
  ctx: Context,
  session: FrameSession,
  { project, endpoint, start, end }: WindowSpan,
): Promise<GatheredLabels> {
  const query = { project, endpoint, since: start, until: end }
  if (!(await createRealisedView(ctx, session, query))) return { labelled: 0, knownAt: null }
  await session.run(
    `CREATE OR REPLACE TEMP TABLE labelled AS
     SELECT version, label, labelled_at, prediction, (event_at - ${Math.trunc(start)}) // ${dayMs} AS day
     FROM realised WHERE variant <> 'shadow'`,
  )
  const [found] = await session.rows<{ labelled: number; known_at: number | null }>(
    'SELECT CAST(count(*) AS INTEGER) AS labelled, max(labelled_at) AS known_at FROM labelled',
  )
  return { labelled: found?.labelled ?? 0, knownAt: found?.known_at ?? null }
}

/** Labels and predictions of one version, after `gatherLabelled` found some. */
export async function readRealised(
  session: FrameSession,
  { start, end }: WindowSpan,
  version: number,
): Promise<RealisedRows> {
  const found = await session.numericColumns(
    `SELECT label, prediction, day FROM labelled
     WHERE version = ${Math.trunc(version)} AND label IN (0, 1) AND prediction BETWEEN 0 AND 1`,
  )
  return {
    labels: Uint8Array.from(found['label'] ?? []),
    predictions: found['prediction'] ?? new Float64Array(0),
    days: Uint16Array.from(found['day'] ?? []),
    dayCount: Math.ceil((end - start) / dayMs),
  }
}
