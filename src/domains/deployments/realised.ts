import type { FrameSession } from '#ports/frames/frames'
import type { Platform } from '#domains/access/index'
import { telemetryFiles, telemetryPaths } from './telemetry-files.ts'

export interface RealisedQuery {
  project: string
  endpoint: string
  /** Event time, [since, until). */
  since?: number | undefined
  until?: number | undefined
  /** Only labels received at or after. */
  receivedSince?: number | undefined
}

/**
 * Makes the temporary view `realised` of labelled predictions: id, label, labelled_at (when it was known),
 * received_at, event_at, version, variant, stage, prediction, predicted_at; one row per id, the last
 * label received. False: there are none.
 */
export async function createRealisedView(
  platform: Platform,
  session: FrameSession,
  query: RealisedQuery,
): Promise<boolean> {
  const labels = await telemetryFiles(platform, { ...query, kind: 'labels' })
  if (labels.length === 0) return false
  const scan = session.scan(await telemetryPaths(platform, labels))
  const members =
    'id, label, labelled_at, received_at, event_at, version, variant, stage, prediction, predicted_at'
  const parts = [`SELECT ${members} FROM ${scan} WHERE version IS NOT NULL`]
  if (labels.some((file) => file.unmatched > 0)) {
    const late = await lateMatches(platform, session, query, scan)
    if (late !== undefined) parts.push(late)
  }
  const all = parts.join(' UNION ALL ')
  // Sorting out repeated labels costs as much as all the rest, and one file has none.
  const latest =
    labels.length === 1 && parts.length === 1
      ? all
      : `SELECT ${members} FROM (${all}) QUALIFY row_number() OVER (PARTITION BY id ORDER BY received_at DESC) = 1`
  const bounds = [
    query.since === undefined ? undefined : `event_at >= ${Math.trunc(query.since)}`,
    query.until === undefined ? undefined : `event_at < ${Math.trunc(query.until)}`,
  ].filter((bound) => bound !== undefined)
  const where = bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`
  await session.run(`CREATE OR REPLACE TEMP VIEW realised AS SELECT * FROM (${latest})${where}`)
  return true
}

/** Labels that came before their predictions were in a file. */
async function lateMatches(
  platform: Platform,
  session: FrameSession,
  { project, endpoint, since, until }: RealisedQuery,
  labels: string,
): Promise<string | undefined> {
  const kind = 'predictions'
  const files = await telemetryFiles(platform, { project, endpoint, kind, since, until })
  if (files.length === 0) return undefined
  const predictions = session.scan(await telemetryPaths(platform, files))
  return `SELECT l.id, l.label, l.labelled_at, l.received_at, p.event_at, p.version, p.variant, p.stage, p.prediction,
      p.received_at AS predicted_at
    FROM ${labels} AS l JOIN ${predictions} AS p USING (id)
    WHERE l.version IS NULL AND p.variant <> 'shadow'`
}
