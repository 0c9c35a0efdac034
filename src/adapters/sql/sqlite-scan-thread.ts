import { parentPort, workerData } from 'node:worker_threads'
import { GyreError } from '#kernel/errors'
import type { ScanAnswer, ScanOrder } from './sqlite-scan.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { fromSqliteError } from './sqlite-errors.ts'

/** A connection that only reads, in a thread of its own: what it waits for holds up nobody else. */
const { path } = workerData as { path: string }
const connection = new SqliteConnection(path, true)
parentPort?.postMessage({ columns: [], values: [] } satisfies ScanAnswer)

parentPort?.on('message', (order: ScanOrder) => {
  if (order.sql === null) {
    connection.close()
    parentPort?.close()
    return
  }
  const { sql, parameters } = order
  parentPort?.postMessage(answer(sql, parameters))
})

function answer(sql: string, parameters: readonly unknown[]): ScanAnswer {
  try {
    const { rows } = connection.run<Record<string, unknown>>(sql, parameters)
    const columns = Object.keys(rows[0] ?? {})
    // By column, since names of columns would be copied with every row.
    return { columns, values: columns.map((column) => rows.map((row) => row[column])) }
  } catch (thrown) {
    const failure = fromSqliteError(thrown, sql)
    if (!(failure instanceof GyreError)) return { problem: String(failure) }
    const { code, public: text, internal, retryable } = failure
    return { code, text, internal, retryable }
  }
}
