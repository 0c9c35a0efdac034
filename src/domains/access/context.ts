import type { Grant, Principal } from '#kernel/principals'
import type { Millis } from '#kernel/time'
import type { Blobs } from '#ports/blobs/blobs'
import type { Compression } from '#ports/compression/compression'
import type { BlobNames } from '#ports/blobs/blob-names'
import type { BlobStaging } from '#ports/blobs/staging'
import type { BlobUpkeep } from '#ports/blobs/upkeep'
import type { Executor } from '#ports/executor/executor'
import type { Frames } from '#ports/frames/frames'
import type { Leases } from '#ports/lease/lease'
import type { ModelRuntime } from '#ports/model-runtime/model-runtime'
import type { Notify } from '#ports/notify/notify'
import type { HeldJob, Queue } from '#ports/queue/queue'
import type { Secrets } from '#ports/secrets/secrets'
import type { Tables } from '#ports/tables/tables'

/** Where the platform tells of itself: structured fields, then a text. Never holds a secret. */
export interface Log {
  debug: LogLine
  info: LogLine
  warn: LogLine
  error: LogLine
}

export interface LogLine {
  (message: string): void
  (fields: object, message: string): void
}

/** Passwords of people: kept salted, and slow to guess. */
export interface Passwords {
  /** A text that holds the method, its cost, the salt and the derived key. */
  hash(password: string): Promise<string>
  /** Whether a password is the one of a hash; false for a hash that cannot be read. */
  verify(password: string, hash: string): Promise<boolean>
}

export interface Md5 {
  update(bytes: Uint8Array): Md5
  /** Lower-case hexadecimal; ends it. */
  hex(): string
}

/** What the server has, the same for every request. Built by `app`, never a global. */
export interface Platform {
  tables: Tables
  blobs: Blobs
  compression: Compression
  blobStaging: BlobStaging
  blobUpkeep: BlobUpkeep
  blobNames: BlobNames
  frames: Frames
  queue: Queue
  leases: Leases
  executor: Executor
  modelRuntime: ModelRuntime
  secrets: Secrets
  notify: Notify
  /** Now, in milliseconds. */
  clock(): Millis
  log: Log
  /** A new id: 32 lower-case hexadecimal characters, ordered by time of creation. */
  newId(): string
  /** A secret of 256 random bits, base64url. */
  newSecret(): string
  /** HMAC-SHA256, base64. */
  hmac(key: string, content: string): string
  /** Lower-case hexadecimal sha256. */
  digest(content: string | Uint8Array): string
  passwords: Passwords
  /** What every user may do beside what was granted to them. */
  userGrants: readonly Grant[]
  /** A text as raw DEFLATE (RFC 1951) of its UTF-8, and back; for what is kept in tables. */
  deflate(text: string): Uint8Array
  inflate(bytes: Uint8Array): string
  /** The md5 of bytes as they come: what DVC and S3 name content by, never proof against malice. */
  createMd5(): Md5
  /**
   * What this process remembers under a topic, made when it is first asked for. It is gone with the
   * process and knows nothing of what other processes write, so whoever reads it must be able to tell.
   */
  memory<T>(topic: string, make: () => T): T
  /** A directory on this machine for what can be lost: scratch files, caches. */
  scratchDirectory(): Promise<{ path: string; remove(): Promise<void> }>
  /** Telemetry files by key (`predictions/<endpoint>/<file>.parquet`): appended, never changed. */
  telemetryPath(key: string): Promise<string>
  /** Told after every commit that wrote records, so that subscriptions here need not poll. */
  onRecords(listener: () => void): () => void
  announceRecords(): void
  /**
   * Hints that telemetry of a subject changed (`run:…`, `endpoint:…`): not durable, may be dropped,
   * carries nothing. Those who show it read again.
   */
  pulse(topic: string): void
  onPulse(listener: (topic: string) => void): () => void
}

/** What a verb is handed: the platform, who asks, and what made it happen. */
export interface Context extends Platform {
  principal: Principal
  /** The journal record that caused this work, if any; linked as an input of what it records. */
  cause?: number
  /** The job under whose lease this runs; every commit is fenced by it. */
  job?: HeldJob
  signal?: AbortSignal
}

/** The same platform and cause, acting as the platform itself with the right to do anything. */
export function asSystem(platform: Platform, name: string): Context {
  return {
    ...platform,
    principal: {
      kind: 'system',
      name: `system:${name}`,
      grants: [{ project: '*', role: 'admin' }],
    },
  }
}
