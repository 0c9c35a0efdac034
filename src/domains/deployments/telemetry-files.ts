import type { Platform } from '#domains/access/index'
import {
  type DeploymentsTables,
  readDeployments,
  telemetryFileColumns,
  type TelemetryFileRow,
} from './store.ts'

export type TelemetryKind = 'predictions' | 'labels'

export interface TelemetryQuery {
  project: string
  endpoint: string
  kind: TelemetryKind
  /** Event time, [since, until). Labels of unknown predictions have none and are always included. */
  since?: number | undefined
  until?: number | undefined
  /** Only files with rows received at or after. */
  receivedSince?: number | undefined
}

/** Index rows of the files that may hold what is asked for, oldest first. */
export async function telemetryFiles(
  platform: Platform,
  query: TelemetryQuery,
): Promise<TelemetryFileRow[]> {
  const { project, endpoint, kind, since, until, receivedSince } = query
  let select = readDeployments(platform)
    .selectFrom('telemetry_files')
    .select(telemetryFileColumns)
    .where('project', '=', project)
    .where('endpoint', '=', endpoint)
    .where('kind', '=', kind)
    .orderBy('id')
  if (since !== undefined) {
    select = select.where((eb) => eb.or([eb('max_at', '>=', since), eb('unmatched', '>', 0)]))
  }
  if (until !== undefined) {
    select = select.where((eb) => eb.or([eb('min_at', '<', until), eb('unmatched', '>', 0)]))
  }
  if (receivedSince !== undefined) select = select.where('max_received_at', '>=', receivedSince)
  return select.execute()
}

/** Their paths on this machine. */
export async function telemetryPaths(
  platform: Platform,
  files: readonly TelemetryFileRow[],
): Promise<string[]> {
  const paths: string[] = []
  for (const file of files) paths.push(await platform.telemetryPath(file.key))
  return paths
}

/** The key of a new file. Names of endpoints may hold what paths may not, so ids stand for them. */
export function telemetryKey(
  kind: TelemetryKind,
  project: string,
  endpoint: string,
  id: string,
): string {
  return `${kind}/${project}/${endpoint}/${id}.parquet`
}

/** Makes a written file known. Telemetry: no record is made. */
export async function addTelemetryFile(platform: Platform, row: TelemetryFileRow): Promise<void> {
  await platform.tables.write<DeploymentsTables, void>(async (tx) => {
    await tx.insertInto('telemetry_files').values(row).execute()
  })
}
