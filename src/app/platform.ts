import { join } from 'node:path'
import { installationKeys } from '#adapters/aes-gcm/installation-key'
import { createSecrets } from '#adapters/aes-gcm/secrets'
import { openDataDirectory } from '#adapters/fs/data-directory'
import { freeLeftWork } from '#adapters/local-queue/free-left-work'
import { createSqlLeases } from '#adapters/local-queue/leases'
import { createSqlQueue } from '#adapters/local-queue/queue'
import { migrateTables } from '#adapters/sql/migrate'
import { createZstd } from '#adapters/zstd/compression'
import { createWebhookNotify, type WebhookOptions } from '#adapters/webhook/notify'
import type { Grant, Log, Platform } from '#domains/access/index'
import type { Tables } from '#ports/tables/tables'
import { createBlobNames } from './blob-names.ts'
import { type BlobPlaces, openBlobs } from './blobs.ts'
import { createMemory } from './memory.ts'
import { createIdMaker, createMd5, hmac, newSecret, sha256 } from './identifiers.ts'
import { lazyFrames, lazyModelRuntime } from './lazy-parts.ts'
import { deflateText, inflateText } from './compressed-text.ts'
import { createSilentLog } from './log.ts'
import { readWebhooks } from './webhook-options.ts'
import { createPasswords } from './passwords.ts'
import { createSignal } from './signals.ts'
import { claimTables } from './store-identity.ts'

export interface PlatformOptions {
  /** Created when it is not there. One server at a time may have it. */
  dataDirectory: string
  /** A PostgreSQL for the tables; without it they are in SQLite, in the data directory. */
  databaseUrl?: string | undefined
  /** This process is one of several that share the directory; default: it has it alone. */
  shared?: boolean
  /** Keys that secrets are sealed with, separated by commas; default: the data directory's own. */
  secretsKey?: string | undefined
  /** Whom webhooks may tell, and how often; default: public hosts over https. */
  webhooks?: WebhookOptions | undefined
  /** Where blobs lie, when not in the data directory. */
  blobPlaces?: BlobPlaces
  /** What every user may do beside what was granted to them; default: nothing. */
  userGrants?: readonly Grant[]
  log?: Log
}

export interface OpenedPlatform {
  platform: Platform
  /** No other process can be at work on these stores. */
  alone: boolean
  /** Ends running commands, closes stores and gives the data directory free. */
  close(): Promise<void>
}

/** Opens everything that a server stands on: stores brought up to date, parts loaded when needed. */
export async function openPlatform(options: PlatformOptions): Promise<OpenedPlatform> {
  const log = options.log ?? createSilentLog()
  const directory = await openDataDirectory(options.dataDirectory, {
    shared: options.shared ?? false,
  })
  const closers: (() => Promise<void>)[] = [() => directory.release()]
  try {
    const tables = await openTables(options.databaseUrl, directory.databasePath)
    closers.unshift(() => tables.close())
    await migrateTables(tables)
    if (options.databaseUrl !== undefined) await claimTables(tables, directory)
    const alone = isAlone(options)
    if (alone) await freeLeftWork(tables, Date.now())
    const { blobsPath, scratchPath } = directory
    const blobs = await openBlobs({ blobsPath, scratchPath, tables, places: options.blobPlaces })
    closers.unshift(() => blobs.close())
    const keys = await installationKeys(directory.path, options.secretsKey)
    const frames = lazyFrames(async () => {
      const { openDuckdbFrames } = await import('#adapters/duckdb/frames')
      return openDuckdbFrames({ scratchDirectory: join(directory.scratchPath, 'duckdb') })
    })
    closers.unshift(() => frames.close())
    const { createProcessExecutor } = await import('#adapters/process/executor')
    const executor = createProcessExecutor()
    const modelRuntime = lazyModelRuntime(async () => {
      const { createOnnxRuntime } = await import('#adapters/onnx/model-runtime')
      return createOnnxRuntime()
    })
    const clock = (): number => Date.now()
    const newId = createIdMaker(clock)
    const onFailure = (thrown: unknown): void =>
      log.error({ internal: String(thrown) }, 'A listener failed.')
    const records = createSignal<void>(onFailure)
    const pulses = createSignal<string>(onFailure)
    const platform: Platform = {
      tables,
      blobs,
      compression: createZstd(),
      blobStaging: blobs,
      blobUpkeep: blobs,
      blobNames: createBlobNames(tables, blobs),
      frames,
      queue: createSqlQueue(tables, { newId, clock }),
      leases: createSqlLeases(tables, { clock }),
      executor,
      modelRuntime,
      secrets: createSecrets(keys),
      notify: createWebhookNotify(options.webhooks ?? readWebhooks({})),
      clock,
      log,
      newId,
      newSecret,
      digest: sha256,
      hmac,
      passwords: createPasswords(),
      userGrants: options.userGrants ?? [],
      deflate: deflateText,
      inflate: inflateText,
      createMd5,
      memory: createMemory(),
      scratchDirectory: () => directory.scratch(),
      telemetryPath: (key) => directory.telemetryPath(key),
      onRecords: records.on,
      announceRecords: () => records.send(),
      pulse: pulses.send,
      onPulse: pulses.on,
    }
    return { platform, alone, close: () => closeAll(closers) }
  } catch (thrown) {
    await closeAll(closers)
    throw thrown
  }
}

/** Whether the lock on the directory is also one on the tables: whoever had work here has ended. */
function isAlone({ shared = false, databaseUrl }: PlatformOptions): boolean {
  return !shared && databaseUrl === undefined
}

async function openTables(url: string | undefined, path: string): Promise<Tables> {
  if (url !== undefined) {
    const { openPostgres } = await import('#adapters/sql/postgres')
    return openPostgres(url)
  }
  const { openSqlite } = await import('#adapters/sql/sqlite')
  return openSqlite(path)
}

/** Closes all, also after one that fails; the first failure is thrown at the end. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers) await close().catch((thrown: unknown) => failures.push(thrown))
  if (failures.length > 0) throw failures[0]
}
