import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { invalid } from '#kernel/errors'
import { type FrameColumn, type FrameSession, quoteName } from '#ports/frames/frames'

/** A Parquet file of rows to learn or judge from. */
export interface DataFile {
  path: string
  sha256: string
  rows: number
  columns: FrameColumn[]
}

/** Columns for a learner. */
export interface TrainingColumns {
  names: readonly string[]
  columns: Float32Array[]
  labels: Uint8Array
  positives: number
}

/** Opens a file. Errors: `invalid` when it is not there, no Parquet, or has no rows. */
export async function openDataFile(session: FrameSession, path: string): Promise<DataFile> {
  const info = await stat(path).catch(() => undefined)
  if (info?.isFile() !== true) throw invalid(`There is no file ${path}.`)
  if (info.size === 0) throw invalid(`The file ${path} is empty.`)
  const from = `SELECT * FROM ${session.scan([path])}`
  const columns = await session.describe(from)
  const [counted] = await session.rows<{ rows: number }>(
    `SELECT count(*) AS rows FROM ${session.scan([path])}`,
  )
  const rows = counted?.rows ?? 0
  if (rows === 0) throw invalid(`${path} has no rows, so there is nothing to learn from.`)
  return { path, sha256: await sha256OfFile(path), rows, columns }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

/** Refuses columns that the file lacks, naming those that it has. */
export function checkColumns(file: DataFile, wanted: readonly string[]): void {
  const known = file.columns.map((column) => column.name)
  const missing = wanted.filter((name) => !known.includes(name))
  if (missing.length === 0) return
  throw invalid(
    `${file.path} has no column ${missing.map((name) => `"${name}"`).join(', ')}. It has ${known.join(', ')}.`,
  )
}

/**
 * The features as float32, missing values as NaN, and the label. Errors: `invalid` for unknown or
 * text columns, a label that is missing somewhere or is not 0 or 1, labels of one class only.
 */
export async function readTrainingColumns(
  session: FrameSession,
  file: DataFile,
  features: readonly string[],
  target: string,
): Promise<TrainingColumns> {
  if (features.length === 0) throw invalid('Name at least one feature with --features.')
  if (features.includes(target)) {
    throw invalid(`"${target}" is the target; as a feature it would give the answer away.`)
  }
  checkColumns(file, [...features, target])
  const columns = await readFeatures(session, file, features)
  const labels = await readLabels(session, file, target)
  const positives = labels.reduce((sum, label) => sum + label, 0)
  if (positives === 0 || positives === labels.length) {
    throw invalid(
      `Every row of ${file.path} has ${target} = ${positives === 0 ? 0 : 1}. Learning needs rows of both kinds: take more data.`,
    )
  }
  return { names: features, columns, labels, positives }
}

/** Feature columns as float32, in order. Errors: `invalid` for unknown, text or infinite columns. */
export async function readFeatures(
  session: FrameSession,
  file: DataFile,
  features: readonly string[],
): Promise<Float32Array[]> {
  checkColumns(file, features)
  const texts = file.columns.filter(
    ({ name, type }) => features.includes(name) && (type === 'string' || type === 'other'),
  )
  if (texts.length > 0) {
    throw invalid(
      `${texts.map(({ name, nativeType }) => `"${name}" (${nativeType})`).join(', ')} of ${file.path} is not numeric. ` +
        'Make a number of it in a feature expression, or leave it out.',
    )
  }
  const list = features.map((name) => quoteName(name)).join(', ')
  const read = await session.numericColumns(`SELECT ${list} FROM ${session.scan([file.path])}`)
  return features.map((name) => Float32Array.from(read[name] ?? []))
}

async function readLabels(
  session: FrameSession,
  file: DataFile,
  target: string,
): Promise<Uint8Array> {
  const type = file.columns.find((column) => column.name === target)?.type
  if (type === 'string' || type === 'timestamp' || type === 'other') {
    throw invalid(`The target "${target}" of ${file.path} must be 0 or 1, or true or false.`)
  }
  const read = await session.numericColumns(
    `SELECT ${quoteName(target)} FROM ${session.scan([file.path])}`,
  )
  const values = read[target] ?? new Float64Array()
  const bad = values.findIndex((value) => value !== 0 && value !== 1)
  if (bad >= 0) {
    const value = values[bad]
    throw invalid(
      `The target "${target}" is ${Number.isNaN(value) ? 'missing' : value} in row ${bad} of ${file.path}; ` +
        'it must be 0 or 1 everywhere. Leave such rows out.',
    )
  }
  return Uint8Array.from(values)
}

/** The one timestamp column of a file; undefined: none, or more than one. */
export function timeColumn(file: DataFile): string | undefined {
  const times = file.columns.filter((column) => column.type === 'timestamp')
  return times.length === 1 ? times[0]?.name : undefined
}

/** Row-major float32 [rows, features], as models take it. */
export function rowMajor(columns: readonly Float32Array[], rows: number): Float32Array {
  const width = columns.length
  const matrix = new Float32Array(rows * width)
  columns.forEach((column, feature) => {
    for (let row = 0; row < rows; row++) matrix[row * width + feature] = column[row] ?? Number.NaN
  })
  return matrix
}
