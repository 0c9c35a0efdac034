/** A value of a cell: timestamps are milliseconds since the epoch, 64-bit integers beyond 2^53 throw. */
export type Cell = null | boolean | number | string
export type FrameRow = Record<string, Cell>

export type ColumnType = 'boolean' | 'integer' | 'number' | 'string' | 'timestamp' | 'other'

export interface FrameColumn {
  name: string
  type: ColumnType
  /** The engine's own name of the type, e.g. `BIGINT`. */
  nativeType: string
}

/** A numeric or boolean column, nulls as NaN. Timestamps come as milliseconds. */
export type NumericColumn = Float64Array

export interface QueryOptions {
  /** Positional parameters for `$1`, `$2`, … */
  parameters?: readonly Cell[]
  signal?: AbortSignal
  /** Interrupts the query and throws `unavailable` when it takes longer. */
  timeoutMs?: number
}

/**
 * Columnar queries in SQL (DuckDB's dialect) over Parquet, CSV and JSON files.
 *
 * - Never brings a table into JavaScript objects: `rows` is for results that are small by nature,
 *   `columns` for training data, `exportParquet` for everything else.
 * - Files are named through `scan`, which quotes paths and unions schemas by name; SQL text never
 *   holds a value or a path that a client chose.
 * - Work inside `session` shares temporary tables and views (`CREATE TEMP …`); they vanish with it.
 *   Its queries run one after the other; use several sessions for queries side by side.
 * - Dates, too, are timestamps. What has no kind of its own comes as text, nested values as JSON.
 * - Errors: `invalid` for a bad query, an unreadable file (named), a wrong type; `unavailable` for
 *   no memory, no disk, an interrupt. The process never dies of a query.
 */
export interface Frames {
  session<T>(work: (session: FrameSession) => Promise<T>): Promise<T>
  /**
   * A session for SQL that a user wrote, in an engine of its own: it sees the tables that are made
   * in it and nothing else. No file, no network, no setting; nothing spills to disk.
   */
  sandbox<T>(limits: SandboxLimits, work: (session: SandboxSession) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface FrameSession {
  /** A FROM-clause item that reads these files, chosen by `format` or by the first file's name. */
  scan(paths: readonly string[], format?: 'parquet' | 'csv' | 'json'): string
  run(sql: string, options?: QueryOptions): Promise<void>
  rows<R extends FrameRow = FrameRow>(sql: string, options?: QueryOptions): Promise<R[]>
  describe(sql: string, options?: QueryOptions): Promise<FrameColumn[]>
  /** Numeric columns of a result, by name, all of the same length; a string column is `invalid`. */
  numericColumns(sql: string, options?: QueryOptions): Promise<Record<string, NumericColumn>>
  /** All columns of a result, by name; strings and nulls allowed. */
  columns(sql: string, options?: QueryOptions): Promise<Record<string, Cell[]>>
  /** Writes a result as one Parquet file (zstd) and returns its row count. */
  exportParquet(sql: string, path: string, options?: QueryOptions): Promise<number>
  /** Creates a temporary table from columns of equal length; NaN becomes null. */
  createTable(name: string, columns: readonly InputColumn[]): Promise<void>
}

export interface SandboxLimits {
  memoryBytes: number
  threads: number
}

export interface SandboxSession extends FrameSession {
  /** Errors: `invalid` unless the text is exactly one SELECT. */
  checkSelect(sql: string): Promise<void>
}

export interface InputColumn {
  name: string
  type: Exclude<ColumnType, 'other'>
  values: ArrayLike<Cell>
}

/** Quotes an identifier for the frames' SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Quotes a text for the frames' SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
