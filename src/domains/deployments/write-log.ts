import { quoteName } from '#ports/frames/frames'
import type { InputColumn as FrameInput } from '#ports/frames/frames'
import { subject } from '#kernel/subjects'
import type { Platform } from '#domains/access/index'
import type { Segment } from './prediction-log.ts'
import { addTelemetryFile, telemetryKey } from './telemetry-files.ts'

/** Prefixes keep features and keys apart from the log's own columns. */
export const featurePrefix = 'feature_'
export const keyPrefix = 'key_'

/** Writes a segment as one Parquet file and makes it known. */
export async function writeSegment(platform: Platform, segment: Segment): Promise<void> {
  const id = platform.newId()
  const key = telemetryKey('predictions', segment.project, segment.endpoint, id)
  const path = await platform.telemetryPath(key)
  const bounds = await platform.frames.session(async (session) => {
    await session.createTable('log', columnsOf(segment))
    const kept = segment.features.map((_, i) => `f${i} AS ${featureName(segment, i)}`)
    const keys = segment.keyNames.map((name, i) => `k${i} AS ${quoteName(keyPrefix + name)}`)
    await session.exportParquet(
      `SELECT id, request_id, CAST(event_at AS BIGINT) AS event_at, CAST(received_at AS BIGINT) AS received_at,
         CAST(${segment.version} AS INTEGER) AS version, variant, stage, prediction, latency_ms,
         ${[...kept, ...keys].join(', ')} FROM log`,
      path,
    )
    const [row] = await session.rows<{
      min_at: number
      max_at: number
      min_id: string
      max_id: string
      min_received: number
      max_received: number
    }>(`SELECT min(event_at) AS min_at, max(event_at) AS max_at, min(id) AS min_id, max(id) AS max_id,
          min(received_at) AS min_received, max(received_at) AS max_received FROM log`)
    return row
  })
  if (bounds === undefined) return
  await addTelemetryFile(platform, {
    id,
    project: segment.project,
    endpoint: segment.endpoint,
    kind: 'predictions',
    key,
    rows: segment.count,
    unmatched: 0,
    min_at: bounds.min_at,
    max_at: bounds.max_at,
    min_id: bounds.min_id,
    max_id: bounds.max_id,
    min_received_at: bounds.min_received,
    max_received_at: bounds.max_received,
    created_at: platform.clock(),
  })
  platform.pulse(subject('endpoint', segment.endpoint))
}

function featureName(segment: Segment, i: number): string {
  return quoteName(featurePrefix + (segment.features[i] ?? i))
}

function columnsOf(segment: Segment): FrameInput[] {
  const { count } = segment
  const number = (name: string, values: Float64Array): FrameInput => ({
    name,
    type: 'number',
    values: values.subarray(0, count),
  })
  return [
    { name: 'id', type: 'string', values: segment.ids },
    { name: 'request_id', type: 'string', values: segment.requestIds },
    { name: 'stage', type: 'string', values: segment.stages },
    { name: 'variant', type: 'string', values: segment.roles },
    number('event_at', segment.at),
    number('received_at', segment.receivedAt),
    number('latency_ms', segment.latencyMs),
    number('prediction', segment.predictions),
    ...segment.values.map((values, i) => number(`f${i}`, values)),
    ...segment.keys.map((values, i) => ({ name: `k${i}`, type: 'string' as const, values })),
  ]
}
