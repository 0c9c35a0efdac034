import { authorize, type Context } from '#domains/access/index'
import {
  type DeploymentsTables,
  readDeployments,
  telemetryFileColumns,
  type TelemetryFileRow,
} from './store.ts'
import { telemetryKey, telemetryPaths, type TelemetryKind } from './telemetry-files.ts'

/** Files below this are small: many of them make every question slow. */
const smallRows = 50_000
/** So many small files are worth one that replaces them. */
const fewestFiles = 8
const mostFiles = 200

/** Files that were replaced, by key: to be removed once nobody reads them any more. */
export interface Compaction {
  replaced: string[]
  rows: number
}

/**
 * Puts small files of an endpoint's telemetry together. The new file is complete before it is known,
 * and takes the place of the others at once. Gives undefined when there is nothing to do.
 */
export async function compactTelemetry(
  ctx: Context,
  input: { project: string; endpoint: string; kind: TelemetryKind },
): Promise<Compaction | undefined> {
  authorize(ctx, 'editor', input.project)
  const files = await readDeployments(ctx)
    .selectFrom('telemetry_files')
    .select(telemetryFileColumns)
    .where('project', '=', input.project)
    .where('endpoint', '=', input.endpoint)
    .where('kind', '=', input.kind)
    .where('rows', '<', smallRows)
    .orderBy('id')
    .limit(mostFiles)
    .execute()
  // Labels of unknown predictions are looked for file by file.
  const small = files.filter((file) => file.unmatched === 0)
  if (small.length < fewestFiles) return undefined
  const id = ctx.newId()
  const key = telemetryKey(input.kind, input.project, input.endpoint, id)
  const path = await ctx.telemetryPath(key)
  const paths = await telemetryPaths(ctx, small)
  const found = await ctx.frames.session(async (session) => {
    const rows = await session.exportParquet(
      `FROM ${session.scan(paths)} ORDER BY event_at, id`,
      path,
    )
    const [ids] = await session.rows<{ min_id: string; max_id: string }>(
      `SELECT min(id) AS min_id, max(id) AS max_id FROM ${session.scan([path])}`,
    )
    return { rows, ...ids }
  })
  await replaceFiles(ctx, small, { ...merged(small), ...found, id, key, created_at: ctx.clock() })
  return { replaced: small.map((file) => file.key), rows: found.rows }
}

/** What holds of all files together, but for their ids. */
function merged(files: readonly TelemetryFileRow[]): TelemetryFileRow {
  return files.reduce((sum, file) => ({
    ...sum,
    min_at: least(sum.min_at, file.min_at),
    max_at: greatest(sum.max_at, file.max_at),
    min_received_at: Math.min(sum.min_received_at, file.min_received_at),
    max_received_at: Math.max(sum.max_received_at, file.max_received_at),
  }))
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

function greatest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

async function replaceFiles(
  ctx: Context,
  files: readonly TelemetryFileRow[],
  row: TelemetryFileRow,
): Promise<void> {
  await ctx.tables.write<DeploymentsTables, void>(async (tx) => {
    await tx
      .deleteFrom('telemetry_files')
      .where(
        'id',
        'in',
        files.map((file) => file.id),
      )
      .execute()
    await tx.insertInto('telemetry_files').values(row).execute()
  })
}

/** Endpoints with telemetry that may be worth putting together. */
export async function listFragmented(
  ctx: Context,
): Promise<{ project: string; endpoint: string; kind: TelemetryKind }[]> {
  const rows = await readDeployments(ctx)
    .selectFrom('telemetry_files')
    .select(['project', 'endpoint', 'kind'])
    .where('rows', '<', smallRows)
    .where('unmatched', '=', 0)
    .groupBy(['project', 'endpoint', 'kind'])
    .having((eb) => eb(eb.fn.countAll(), '>=', fewestFiles))
    .execute()
  return rows.map((row) => ({ ...row, kind: row.kind as TelemetryKind }))
}
