import { invalid } from '#kernel/errors'
import { parseInstant } from '#kernel/time'
import { subject } from '#kernel/subjects'
import type { FrameSession } from '#ports/frames/frames'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { findEndpoint } from './find-endpoint.ts'
import { type DeploymentsTables, readDeployments, type TelemetryFileRow } from './store.ts'
import { telemetryFiles, telemetryKey, telemetryPaths } from './telemetry-files.ts'

export interface NewLabels {
  project: string
  endpoint: string
  ids: readonly string[]
  /** One per id. */
  labels: readonly (number | boolean)[]
  /** When they became known; default now. */
  at?: number | string | readonly (number | string)[] | undefined
}

export interface LabelsAnswer {
  accepted: number
  matched: number
  /** Ids of no logged prediction. */
  unknown: number
  unknownIds: string[]
}

/** Work that follows from labels is done once for all that come within this time. */
const gatherMs = 200
const shownIds = 20

/**
 * Takes what came true of predictions, by their ids. Durable when it returns. Labels are kept with
 * the prediction that they belong to; those of unknown ids are kept too, and matched when the
 * prediction turns up. Of several labels of one id the last counts. `flush` brings the predictions
 * that this process still holds into files first. Errors: `invalid`, `not_found`.
 */
export async function postLabels(
  ctx: Context,
  input: NewLabels,
  flush: () => Promise<void>,
): Promise<LabelsAnswer> {
  authorize(ctx, 'editor', input.project)
  await findEndpoint(readDeployments(ctx), input.project, input.endpoint)
  const now = ctx.clock()
  const columns = readLabels(input, now)
  await flush()
  const id = ctx.newId()
  const key = telemetryKey('labels', input.project, input.endpoint, id)
  const path = await ctx.telemetryPath(key)
  const joined = await ctx.frames.session(async (session) => {
    await session.createTable('given', [
      { name: 'id', type: 'string', values: input.ids },
      { name: 'label', type: 'number', values: columns.labels },
      { name: 'labelled_at', type: 'number', values: columns.at },
      { name: 'place', type: 'number', values: columns.place },
    ])
    await joinPredictions(ctx, session, input, now)
    const numbers = await describeJoined(session)
    await session.exportParquet('SELECT * FROM joined', path)
    return numbers
  })
  const { unknownIds, ...bounds } = joined
  const row: TelemetryFileRow = {
    id,
    project: input.project,
    endpoint: input.endpoint,
    kind: 'labels',
    key,
    ...bounds,
    min_received_at: now,
    max_received_at: now,
    created_at: now,
  }
  await keepLabels(ctx, row)
  ctx.pulse(subject('endpoint', input.endpoint))
  const { rows: accepted, unmatched } = bounds
  return { accepted, matched: accepted - unmatched, unknown: unmatched, unknownIds }
}

function readLabels(
  { ids, labels, at }: NewLabels,
  now: number,
): { labels: Float64Array; at: Float64Array; place: Float64Array } {
  if (labels.length !== ids.length) {
    throw invalid(`"labels" has ${labels.length} values for ${ids.length} ids.`)
  }
  if (Array.isArray(at) && at.length !== ids.length) {
    throw invalid(`"at" has ${at.length} times for ${ids.length} ids.`)
  }
  const times = at as readonly (number | string)[] | number | string | undefined
  const instant = (row: number): number => {
    const value = typeof times === 'object' ? times[row] : times
    return value === undefined ? now : typeof value === 'string' ? parseInstant(value) : value
  }
  const values = Float64Array.from(labels, Number)
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw invalid(`The label of ${JSON.stringify(ids[bad])} is not a number.`)
  return {
    labels: values,
    at: Float64Array.from(ids, (_, row) => instant(row)),
    place: Float64Array.from(ids.keys()),
  }
}

/** Makes `joined`: each label once, with the last prediction of its id that was answered. */
async function joinPredictions(
  ctx: Context,
  session: FrameSession,
  { project, endpoint }: NewLabels,
  now: number,
): Promise<void> {
  await session.run(
    `CREATE TEMP TABLE labels AS SELECT id, label, CAST(labelled_at AS BIGINT) AS labelled_at
     FROM given QUALIFY row_number() OVER (PARTITION BY id ORDER BY place DESC) = 1`,
  )
  const [range] = await session.rows<{ low: string; high: string }>(
    'SELECT min(id) AS low, max(id) AS high FROM labels',
  )
  const all = await telemetryFiles(ctx, { project, endpoint, kind: 'predictions' })
  const files = all.filter((file) => overlaps(file, range?.low ?? '', range?.high ?? ''))
  const predictions =
    files.length === 0
      ? `SELECT NULL::VARCHAR AS id, NULL::BIGINT AS event_at, NULL::BIGINT AS received_at, NULL::INTEGER AS version,
           NULL::VARCHAR AS variant, NULL::VARCHAR AS stage, NULL::DOUBLE AS prediction LIMIT 0`
      : `SELECT p.id, p.event_at, p.received_at, p.version, p.variant, p.stage, p.prediction
         FROM ${session.scan(await telemetryPaths(ctx, files))} AS p
         WHERE p.variant <> 'shadow' AND p.id IN (SELECT id FROM labels)`
  await session.run(
    `CREATE TEMP TABLE joined AS
     SELECT l.id, l.label, l.labelled_at, CAST(${now} AS BIGINT) AS received_at, p.event_at,
       p.received_at AS predicted_at, p.version, p.variant, p.stage, p.prediction
     FROM labels AS l LEFT JOIN (${predictions}) AS p USING (id)
     QUALIFY row_number() OVER (PARTITION BY l.id ORDER BY p.received_at DESC NULLS LAST) = 1`,
  )
}

/** Compared as the engine compares texts: by their UTF-8 bytes. */
function overlaps(file: TelemetryFileRow, low: string, high: string): boolean {
  const encoder = new TextEncoder()
  const compare = (a: string, b: string): number => {
    const left = encoder.encode(a)
    const right = encoder.encode(b)
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      const difference = (left[i] ?? 0) - (right[i] ?? 0)
      if (difference !== 0) return difference
    }
    return left.length - right.length
  }
  return compare(file.min_id, high) <= 0 && compare(file.max_id, low) >= 0
}

type Described = Pick<
  TelemetryFileRow,
  'rows' | 'unmatched' | 'min_at' | 'max_at' | 'min_id' | 'max_id'
> & { unknownIds: string[] }

async function describeJoined(session: FrameSession): Promise<Described> {
  const [numbers] = await session.rows<{
    rows: number
    unmatched: number
    min_at: number | null
    max_at: number | null
    min_id: string
    max_id: string
  }>(
    `SELECT CAST(count(*) AS INTEGER) AS rows, CAST(count(*) - count(version) AS INTEGER) AS unmatched,
       min(event_at) AS min_at, max(event_at) AS max_at, min(id) AS min_id, max(id) AS max_id FROM joined`,
  )
  if (numbers === undefined) throw invalid('There is no label.')
  if (numbers.unmatched === 0) return { ...numbers, unknownIds: [] }
  const unknown = await session.rows<{ id: string }>(
    `SELECT id FROM joined WHERE version IS NULL ORDER BY id LIMIT ${shownIds}`,
  )
  return { ...numbers, unknownIds: unknown.map(({ id }) => id) }
}

/** Labels are telemetry: no record of them, but work that looks at what they say. */
async function keepLabels(ctx: Context, row: TelemetryFileRow): Promise<void> {
  const runAt = await commit(ctx, async (change) => {
    await change.sql<DeploymentsTables>().insertInto('telemetry_files').values(row).execute()
    const slot = Math.floor(ctx.clock() / gatherMs)
    const at = (slot + 1) * gatherMs
    enqueueJudging(change, row, String(slot), at)
    return at
  })
  // A job of that time may have run before these labels were there.
  if (ctx.clock() < runAt) return
  await commit(ctx, async (change) => enqueueJudging(change, row, row.id, ctx.clock()))
}

function enqueueJudging(
  change: Change,
  { project, endpoint }: TelemetryFileRow,
  key: string,
  runAt: number,
): void {
  change.enqueue({
    kind: 'labels.judge',
    project,
    payload: { project, endpoint },
    key: `${project}/${endpoint} ${key}`,
    runAt,
  })
}
