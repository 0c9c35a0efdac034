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

/** Labelled rows of a window. */
export interface RealisedRows {
  /** Of all versions. */
  labelled: number
  labels: Uint8Array
  predictions: Float64Array
  /** The day of each row, numbered from 0. */
  days: Uint16Array
  dayCount: number
}

const dayMs = 86_400_000

/** Labels and predictions of one version's rows in a window. */
export async function readRealised(
  ctx: Context,
  session: FrameSession,
  span: WindowSpan,
  version: number | null,
): Promise<RealisedRows> {
  const { project, endpoint, start, end } = span
  const none: RealisedRows = {
    labelled: 0,
    labels: new Uint8Array(0),
    predictions: new Float64Array(0),
    days: new Uint16Array(0),
    dayCount: 0,
  }
  const query = { project, endpoint, since: start, until: end }
  if (!(await createRealisedView(ctx, session, query))) return none
  const [count] = await session.rows<{ n: number }>(
    "SELECT CAST(count(*) AS INTEGER) AS n FROM realised WHERE variant <> 'shadow'",
  )
  const labelled = count?.n ?? 0
  if (labelled === 0 || version === null) return { ...none, labelled }
  const found = await session.numericColumns(
    `SELECT label, prediction, (event_at - ${Math.trunc(start)}) // ${dayMs} AS day FROM realised
     WHERE version = ${Math.trunc(version)} AND variant <> 'shadow' AND label IN (0, 1)
       AND prediction BETWEEN 0 AND 1`,
  )
  return {
    labelled,
    labels: Uint8Array.from(found['label'] ?? []),
    predictions: found['prediction'] ?? new Float64Array(0),
    days: Uint16Array.from(found['day'] ?? []),
    dayCount: Math.ceil((end - start) / dayMs),
  }
}
