import { authorize, type Context } from '#domains/access/index'
import { readData } from '../store.ts'
import { listTimeoutMs, type Measured, selectNamed } from './measure-lists.ts'

export interface DatasetUsage {
  dataset: string
  /** Versions whose files are kept. */
  versions: number
  /** Versions whose files were given up. */
  expired: number
  /** All versions added up, as if each had its own copy. */
  versionBytes: number
  /** Content that its versions name, each once. */
  content: Measured
  /** Of that, what no other data set of the project names. */
  own: Measured
}

export interface ProjectUsage {
  datasets: DatasetUsage[]
  /** Content of all data sets, each once. */
  content: Measured
  /** What DVC remotes of the project name, each object once for each remote. */
  remotes: Measured
  /** Whatever was uploaded or pushed to the project. */
  uploads: Measured
}

/**
 * What the data sets of a project hold, what versions and data sets share counted once. What it
 * takes on disk is less still, since the store shares bytes of large files.
 */
export async function describeUsage(
  ctx: Context,
  { project }: { project: string },
): Promise<ProjectUsage> {
  authorize(ctx, 'viewer', project)
  const versions = await readData(ctx)
    .selectFrom('data_versions')
    .select(['dataset', 'state', 'digest', 'size_bytes'])
    .where('project', '=', project)
    .orderBy('dataset')
    .execute()
  const kept = versions.filter(({ state }) => state !== 'expired')
  const names = [...new Set(versions.map(({ dataset }) => dataset))]
  const lists = names.map((name) => [
    ...new Set(kept.filter(({ dataset }) => dataset === name).map(({ digest }) => digest)),
  ])
  const measured = await remembered(ctx, project, lists)
  return {
    content: measured.content,
    datasets: names.map((dataset, index) => {
      const all = versions.filter((version) => version.dataset === dataset)
      const own = all.filter(({ state }) => state !== 'expired')
      return {
        dataset,
        versions: own.length,
        expired: all.length - own.length,
        versionBytes: own.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
        ...(measured.datasets[index] ?? { content: nothing, own: nothing }),
      }
    }),
    remotes: await ofRemotes(ctx, project),
    uploads: await ofUploads(ctx, project),
  }
}

interface MeasuredLists {
  content: Measured
  datasets: { content: Measured; own: Measured }[]
}

const nothing: Measured = { blobs: 0, sizeBytes: 0 }
const mostProjects = 100

/** Lists never change: while they are the same, so is what they name. */
async function remembered(
  ctx: Context,
  project: string,
  lists: readonly (readonly string[])[],
): Promise<MeasuredLists> {
  const key = ctx.digest(JSON.stringify(lists))
  const known = ctx.memory(
    'data.usage',
    () => new Map<string, { key: string; measured: MeasuredLists }>(),
  )
  const found = known.get(project)
  if (found?.key === key) return found.measured
  const measured = await measure(ctx, lists)
  if (known.size >= mostProjects) known.clear()
  known.set(project, { key, measured })
  return measured
}

async function measure(
  ctx: Context,
  lists: readonly (readonly string[])[],
): Promise<MeasuredLists> {
  if (lists.every(({ length }) => length === 0)) {
    return { content: nothing, datasets: lists.map(() => ({ content: nothing, own: nothing })) }
  }
  return ctx.frames.session(async (session) => {
    const limit = { timeoutMs: listTimeoutMs }
    await session.run(
      'CREATE TEMP TABLE named (dataset INTEGER, sha256 VARCHAR, size_bytes BIGINT)',
    )
    for (const [index, digests] of lists.entries()) {
      if (digests.length === 0) continue
      const named = await selectNamed(ctx, session, digests)
      await session.run(`INSERT INTO named SELECT ${index}, * FROM (${named})`, limit)
    }
    const [whole] = await session.rows<Sums>(
      `SELECT count(*) AS blobs, sum(size_bytes)::DOUBLE AS bytes
         FROM (SELECT any_value(size_bytes) AS size_bytes FROM named GROUP BY sha256)`,
      limit,
    )
    const rows = await session.rows<Sums & { dataset: number; own: number; own_bytes: number }>(
      `SELECT dataset, count(*) AS blobs, sum(size_bytes)::DOUBLE AS bytes,
         count(*) FILTER (owners = 1) AS own, sum(size_bytes) FILTER (owners = 1)::DOUBLE AS own_bytes
       FROM (SELECT *, count(*) OVER (PARTITION BY sha256) AS owners FROM named) GROUP BY dataset`,
      limit,
    )
    const bySet = new Map(rows.map((row) => [row.dataset, row]))
    return {
      content: measuredOf(whole),
      datasets: lists.map((_, index) => {
        const row = bySet.get(index)
        const own = row === undefined ? undefined : { blobs: row.own, bytes: row.own_bytes }
        return { content: measuredOf(row), own: measuredOf(own) }
      }),
    }
  })
}

type Sums = { blobs: number; bytes: number | null }

function measuredOf(row: Sums | undefined): Measured {
  return { blobs: Number(row?.blobs ?? 0), sizeBytes: Number(row?.bytes ?? 0) }
}

async function ofRemotes(ctx: Context, project: string): Promise<Measured> {
  const row = await readData(ctx)
    .selectFrom('dvc_objects')
    .innerJoin('dvc_remotes', 'dvc_remotes.repo', 'dvc_objects.repo')
    .select(({ fn }) => [
      fn.countAll<number>().as('blobs'),
      fn.sum<number>('size_bytes').as('bytes'),
    ])
    .where('dvc_remotes.project', '=', project)
    .executeTakeFirst()
  return measuredOf(row)
}

async function ofUploads(ctx: Context, project: string): Promise<Measured> {
  const row = await readData(ctx)
    .selectFrom('data_blobs')
    .select(({ fn }) => [
      fn.countAll<number>().as('blobs'),
      fn.sum<number>('size_bytes').as('bytes'),
    ])
    .where('project', '=', project)
    .executeTakeFirst()
  return measuredOf(row)
}
