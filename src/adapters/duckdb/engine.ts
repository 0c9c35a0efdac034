import { mkdir } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { quoteText } from '#ports/frames/frames'

export type DuckdbApi = typeof import('@duckdb/node-api')

export interface DuckdbOptions {
  /** Where queries that outgrow the memory spill to; made when needed. Without it none may. */
  scratchDirectory: string | undefined
  /** DuckDB's notation, `2GB`. Default: half of the machine's memory, at most 4 GB. */
  memoryLimit?: string
  threads?: number
  /**
   * When given, SQL can read and write files under these directories (and the scratch directory)
   * only. Give it wherever a user may have a say in the SQL.
   */
  allowedDirectories?: readonly string[]
}

/**
 * One in-memory DuckDB for the server, loaded at the first query: it costs 60 ms and 40 MB. All
 * that can reach beyond files of this machine is off, and the configuration is locked.
 */
export class Engine {
  readonly #options: DuckdbOptions
  #started: Promise<{ api: DuckdbApi; instance: DuckDBInstance }> | undefined

  constructor(options: DuckdbOptions) {
    this.#options = options
  }

  async connect(): Promise<{ api: DuckdbApi; connection: DuckDBConnection }> {
    this.#started ??= this.#start()
    const { api, instance } = await this.#started
    return { api, connection: await instance.connect() }
  }

  /** Forgets an instance that refuses to go on; the next connection starts another. */
  discard(): void {
    this.#started = undefined
  }

  async close(): Promise<void> {
    const started = this.#started
    this.#started = undefined
    if (started !== undefined) (await started).instance.closeSync()
  }

  async #start(): Promise<{ api: DuckdbApi; instance: DuckDBInstance }> {
    try {
      const { scratchDirectory: scratch } = this.#options
      if (scratch !== undefined) await mkdir(scratch, { recursive: true })
      const api = await import('@duckdb/node-api')
      const instance = await api.DuckDBInstance.create(':memory:', {
        threads: String(this.#options.threads ?? availableParallelism()),
        memory_limit: this.#options.memoryLimit ?? defaultMemory(),
        temp_directory: scratch === undefined ? '' : join(scratch, `duckdb-${process.pid}`),
      })
      await lockDown(instance, this.#options)
      return { api, instance }
    } catch (thrown) {
      this.#started = undefined
      throw thrown
    }
  }
}

function defaultMemory(): string {
  return `${Math.floor(Math.min(totalmem() / 2, 4 * 2 ** 30) / 2 ** 20)}MB`
}

/** The order matters: the last line ends all changes. */
async function lockDown(
  instance: DuckDBInstance,
  { allowedDirectories, scratchDirectory }: DuckdbOptions,
): Promise<void> {
  const settings = ["SET GLOBAL TimeZone = 'UTC'", 'SET parquet_metadata_cache = true']
  if (allowedDirectories !== undefined) {
    const scratch = scratchDirectory === undefined ? [] : [scratchDirectory]
    const list = [...allowedDirectories, ...scratch].map((path) => quoteText(join(path, '/')))
    if (list.length > 0) settings.push(`SET allowed_directories = [${list.join(', ')}]`)
    settings.push('SET enable_external_access = false')
  }
  settings.push(
    'SET autoinstall_known_extensions = false',
    'SET autoload_known_extensions = false',
    'SET allow_community_extensions = false',
    'SET lock_configuration = true',
  )
  const connection = await instance.connect()
  for (const setting of settings) await connection.run(setting)
  connection.closeSync()
}
