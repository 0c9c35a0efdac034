import { readFile } from 'node:fs/promises'
import type { Client } from '#client/client'
import { parseSubject, subject } from '#kernel/subjects'
import type { DataFile } from './training-data.ts'

/** What a data file was made from. */
export interface DataLineage {
  /** `data:flights@12`, `view:…`, `service:late_flights@…` */
  inputs: string[]
  /** `service:late_flights@…`; null: the columns come from no feature service. */
  featureService: string | null
}

const nothing: DataLineage = { inputs: [], featureService: null }

/**
 * What a file was made from: told by the description that `gyre features join` writes beside it, if
 * that is about this very content, else by the server, which knows the training sets that it made.
 */
export async function findLineage(
  file: DataFile,
  server: { client: Client; project: string } | undefined,
): Promise<DataLineage> {
  const beside = [`${file.path}.json`, file.path.replace(/\.parquet$/, '.json')]
  for (const path of beside.filter((candidate) => candidate !== file.path)) {
    const described = lineageIn(await readJson(path), file)
    if (described !== undefined) return described
  }
  return server === undefined ? nothing : askServer(server, file)
}

async function askServer(
  { client, project }: { client: Client; project: string },
  file: DataFile,
): Promise<DataLineage> {
  try {
    const { items } = await client.features.listTrainingSets({
      params: { project },
      query: { limit: 500 },
    })
    const made = items.find((set) => set.sha256 === file.sha256)
    return lineageIn(made, file) ?? nothing
  } catch {
    // Lineage that cannot be asked for is not known; training does not fail for it.
    return nothing
  }
}

function lineageIn(value: unknown, file: DataFile): DataLineage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { inputs, sha256, service, serviceVersion } = value as Record<string, unknown>
  if (!Array.isArray(inputs) || (sha256 !== undefined && sha256 !== file.sha256)) return undefined
  const subjects = inputs.filter((item): item is string => isSubject(item))
  const named =
    typeof service === 'string' && typeof serviceVersion === 'string'
      ? subject('service', service, serviceVersion)
      : undefined
  const featureService = named ?? subjects.find((text) => text.startsWith('service:')) ?? null
  return { inputs: subjects, featureService }
}

function isSubject(item: unknown): boolean {
  if (typeof item !== 'string') return false
  try {
    parseSubject(item)
    return true
  } catch {
    return false
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch {
    // Absent, or about something else.
    return undefined
  }
}
