import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Client } from '#client/client'
import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { type FrameSession, quoteName } from '#ports/frames/frames'
import { parseTarget, type Table, targetSql } from './target.ts'

export interface SplitRequest {
  /** CSV, Parquet or JSON. */
  path: string
  target: string
  /** The share of rows that is kept back. */
  holdout: number
  /** Keeps back the rows that are last by this column; else rows drawn by their content. */
  by?: string | undefined
  seed: number
  trainingOut: string
  holdoutOut: string
  /** The data set of which the file is a part, for lineage. */
  dataset?: { client: Client; project: string; name: string } | undefined
}

export interface SplitReport {
  training: number
  holdout: number
  /** Rows without a target, which are left out. */
  dropped: number
  /** `data:flights@12`, when the file is that version. */
  inputs: string[]
}

/**
 * Divides a table into rows to learn from and rows to judge by, always the same way. Each file gets
 * its lineage beside it. Errors: `invalid` for a file, target or column that is not usable.
 */
export async function splitRows(
  session: FrameSession,
  request: SplitRequest,
): Promise<SplitReport> {
  if (!(request.holdout > 0 && request.holdout < 1)) {
    throw invalid(`--holdout is a share between 0 and 1, not ${request.holdout}.`)
  }
  const table = await openTable(session, request.path)
  const target = parseTarget(request.target)
  const others = table.columns.map(({ name }) => name).filter((name) => name !== target.name)
  const chosen = [
    ...others.map(quoteName),
    `${targetSql(target, table)} AS ${quoteName(target.name)}`,
  ]
  await session.run(`CREATE TEMP VIEW labelled AS SELECT ${chosen.join(', ')} FROM ${table.scan}`)
  const known = `${quoteName(target.name)} IS NOT NULL`
  await session.run(
    `CREATE TEMP TABLE divided AS SELECT *, ${positionSql(table, request)} AS gyre_position FROM labelled WHERE ${known}`,
  )
  const kept = `SELECT * EXCLUDE (gyre_position) FROM divided WHERE gyre_position`
  const inputs = await inputsOf(request)
  const last = 1 - request.holdout
  const training = await write(session, `${kept} < ${last}`, request.trainingOut, inputs)
  const holdout = await write(session, `${kept} >= ${last}`, request.holdoutOut, inputs)
  const [counted] = await session.rows<{ dropped: number }>(
    `SELECT count(*) AS dropped FROM labelled WHERE NOT (${known})`,
  )
  return { training, holdout, dropped: counted?.dropped ?? 0, inputs }
}

/** Opens a table. Errors: `invalid` for a file that is not there, empty or not readable. */
export async function openTable(session: FrameSession, path: string): Promise<Table> {
  const info = await stat(path).catch(() => undefined)
  if (info?.isFile() !== true) throw invalid(`There is no file ${path}.`)
  if (info.size === 0) throw invalid(`The file ${path} is empty.`)
  const scan = session.scan([path])
  return { path, scan, columns: await session.describe(`SELECT * FROM ${scan}`) }
}

/** Where a row stands between 0 and 1: by time, or by what it holds. */
function positionSql({ path, columns }: Table, { by, seed }: SplitRequest): string {
  if (by !== undefined) {
    if (!columns.some(({ name }) => name === by)) {
      throw invalid(
        `${path} has no column "${by}" to divide by. It has: ${columns.map(({ name }) => name).join(', ')}.`,
      )
    }
    return `percent_rank() OVER (ORDER BY ${quoteName(by)})`
  }
  // 13 hexadecimal digits are 52 bits, which a double holds exactly.
  const text = `md5('${seed}' || CAST(labelled AS VARCHAR))`
  return `(('0x' || substr(${text}, 1, 13))::BIGINT) / 4503599627370496.0`
}

async function write(
  session: FrameSession,
  sql: string,
  path: string,
  inputs: readonly string[],
): Promise<number> {
  await mkdir(dirname(path), { recursive: true })
  const partial = join(dirname(path), `.${basename(path)}.partial`)
  const rows = await session.exportParquet(sql, partial)
  if (rows === 0) {
    await rm(partial, { force: true })
    throw invalid(`No row is left for ${path}. Give more rows, or another --holdout.`)
  }
  await rename(partial, path)
  const lineage = { inputs, sha256: await digestOf(path) }
  await writeFile(`${path}.json`, `${JSON.stringify(lineage, null, 2)}\n`)
  return rows
}

/** The newest version of the data set, if this file is in it. */
async function inputsOf({ dataset, path }: SplitRequest): Promise<string[]> {
  if (dataset === undefined) return []
  const { client, project, name } = dataset
  const { latestVersion } = await client.data.getDataset({ params: { project, dataset: name } })
  if (latestVersion === null) return []
  const version = String(latestVersion)
  const { items } = await client.data.listFiles({
    params: { project, dataset: name, version },
    query: { limit: 1000 },
  })
  const sha256 = await digestOf(path)
  const isPart = items.some((file) => file.sha256 === sha256)
  return isPart ? [subject('data', name, version)] : []
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
