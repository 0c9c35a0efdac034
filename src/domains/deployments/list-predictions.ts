import { quoteName } from '#ports/frames/frames'
import type { Cell } from '#ports/frames/frames'
import { authorize, type Context } from '#domains/access/index'
import type { VariantRole } from './endpoint.ts'
import { findEndpoint } from './find-endpoint.ts'
import { createRealisedView } from './realised.ts'
import { readDeployments } from './store.ts'
import { telemetryFiles, telemetryPaths } from './telemetry-files.ts'
import { featurePrefix, keyPrefix } from './write-log.ts'

export interface PredictionQuery {
  project: string
  endpoint: string
  id?: string | undefined
  /** Event time, [since, until). */
  since?: number | undefined
  until?: number | undefined
  version?: number | undefined
  limit: number
}

export interface LoggedPrediction {
  id: string
  requestId: string
  at: number
  receivedAt: number
  version: number
  variant: VariantRole
  prediction: number | null
  latencyMs: number
  label: number | null
  features: Record<string, number | null>
  keys: Record<string, string | null>
}

/** Files that are looked through for the newest predictions: more than a page is made of. */
const newestFiles = 8

/**
 * Logged predictions with their labels, newest event first. `flush` brings those that this process
 * still holds into files first. Errors: `not_found`.
 */
export async function listPredictions(
  ctx: Context,
  query: PredictionQuery,
  flush: () => Promise<void>,
): Promise<{ items: LoggedPrediction[] }> {
  authorize(ctx, 'viewer', query.project)
  await findEndpoint(readDeployments(ctx), query.project, query.endpoint)
  await flush()
  const { project, endpoint, since, until } = query
  const all = await telemetryFiles(ctx, { project, endpoint, kind: 'predictions', since, until })
  const narrow = query.id !== undefined || query.version !== undefined
  const newestFirst = all.toSorted((a, b) => (b.max_at ?? 0) - (a.max_at ?? 0))
  const files = narrow ? newestFirst : newestFirst.slice(0, newestFiles)
  if (files.length === 0) return { items: [] }
  return ctx.frames.session(async (session) => {
    const scan = session.scan(await telemetryPaths(ctx, files))
    const labelled = await createRealisedView(ctx, session, { project, endpoint, since, until })
    const parameters: Cell[] = []
    const conditions: string[] = []
    const where = (text: (place: string) => string, value: Cell | undefined): void => {
      if (value === undefined) return
      parameters.push(value)
      conditions.push(text(`$${parameters.length}`))
    }
    where((place) => `p.id = ${place}`, query.id)
    where((place) => `p.event_at >= ${place}`, since)
    where((place) => `p.event_at < ${place}`, until)
    where((place) => `p.version = ${place}`, query.version)
    const described = await session.describe(`SELECT * FROM ${scan}`)
    const rows = await session.rows(
      `SELECT p.*, ${labelled ? 'r.label' : 'NULL::DOUBLE'} AS ${quoteName('label')}
       FROM ${scan} AS p ${labelled ? 'LEFT JOIN realised AS r USING (id)' : ''}
       ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
       ORDER BY p.event_at DESC, p.id LIMIT ${query.limit}`,
      { parameters },
    )
    const names = described.map((column) => column.name)
    return { items: rows.map((row) => predictionFromRow(row, names)) }
  })
}

function predictionFromRow(row: Record<string, Cell>, names: readonly string[]): LoggedPrediction {
  const version = Number(row['version'])
  return {
    id: String(row['id']),
    requestId: String(row['request_id']),
    at: Number(row['event_at']),
    receivedAt: Number(row['received_at']),
    version,
    variant: row['variant'] as VariantRole,
    prediction: row['prediction'] as number | null,
    latencyMs: Number(row['latency_ms']),
    label: row['label'] as number | null,
    features: membersOf(row, names, featurePrefix) as Record<string, number | null>,
    keys: membersOf(row, names, keyPrefix) as Record<string, string | null>,
  }
}

function membersOf(
  row: Record<string, Cell>,
  names: readonly string[],
  prefix: string,
): Record<string, Cell> {
  const own = names.filter((name) => name.startsWith(prefix))
  return Object.fromEntries(own.map((name) => [name.slice(prefix.length), row[name] ?? null]))
}
