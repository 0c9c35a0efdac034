import { parseStored } from '#kernel/json'
import { parseSubject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { getVersion as getDataVersion } from '#domains/data/index'
import { getLoggedModel, getRun, type LoggedModel, type Run } from '#domains/runs/index'
import { type Measured, measuredOf, unlessOutOfReach } from './measured.ts'
import type { VersionFile } from './model.ts'
import type { ModelVersionRow } from './store.ts'

/** A data version that a version was made from. */
export interface DataInput {
  dataset: string
  version: string
  /** null: not known. */
  rows: number | null
  /** Of its files; null: not known. */
  digest: string | null
}

/** What made a version, as far as this server knows. */
export interface VersionMaking {
  run: Run | null
  loggedModel: LoggedModel | null
  measured: Measured | null
  /** Of the run, and of the logged model. */
  parameters: Readonly<Record<string, string>>
  data: DataInput[]
  /** Library by its version; empty: not known. */
  packages: Readonly<Record<string, string>>
}

/**
 * Reads what is known of how a version was made. What is gone by now, or what who asks may not see,
 * is left out.
 */
export async function readMaking(ctx: Context, row: ModelVersionRow): Promise<VersionMaking> {
  const { project, run_id, logged_model } = row
  const run = run_id === null ? null : await unlessOutOfReach(getRun(ctx, { project, run: run_id }))
  const loggedModel =
    logged_model === null
      ? null
      : await unlessOutOfReach(getLoggedModel(ctx, { project, model: logged_model }))
  return {
    run,
    loggedModel,
    measured: measuredOf(run, loggedModel),
    parameters: { ...run?.parameters, ...loggedModel?.params },
    data: await dataInputs(ctx, project, parseStored<string[]>(row.inputs)),
    packages: run?.environment.packages ?? (await requiredPackages(ctx, row)),
  }
}

async function dataInputs(
  ctx: Context,
  project: string,
  inputs: readonly string[],
): Promise<DataInput[]> {
  const found: DataInput[] = []
  for (const input of inputs) {
    const { kind, name: dataset, version } = parseSubject(input)
    if (kind !== 'data' || version === undefined) continue
    const known = /^\d{1,12}$/.test(version)
      ? await unlessOutOfReach(getDataVersion(ctx, { project, dataset, version }))
      : null
    found.push({ dataset, version, rows: known?.rows ?? null, digest: known?.digest ?? null })
  }
  return found
}

/** Whether a data version of another server is the same here. */
export async function dataIsHere(
  ctx: Context,
  project: string,
  { dataset, version, digest }: DataInput,
): Promise<boolean> {
  if (digest === null || !/^\d{1,12}$/.test(version)) return false
  const known = await unlessOutOfReach(getDataVersion(ctx, { project, dataset, version }))
  return known?.digest === digest
}

const longestRequirements = 1024 * 1024

/** The libraries that `requirements.txt` beside the model pins. */
async function requiredPackages(
  ctx: Context,
  row: ModelVersionRow,
): Promise<Record<string, string>> {
  const files = parseStored<VersionFile[]>(row.files)
  const file = files.find(({ path }) => path === 'requirements.txt')
  if (file === undefined || file.sizeBytes > longestRequirements) return {}
  const text = new TextDecoder().decode(await ctx.blobs.readAll(file.sha256))
  const pins = text.matchAll(/^\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;,#]+)/gm)
  return Object.fromEntries([...pins].map(([, name = '', version = '']) => [name, version]))
}
