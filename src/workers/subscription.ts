import { asGyreError } from '#kernel/errors'
import { asSystem, type Platform } from '#domains/access/index'
import {
  type JournalRecord,
  moveCursor,
  readCursor,
  readRecordsAfter,
  recordSkipped,
} from '#domains/journal/index'
import { createWakeUp, pause } from './wake-up.ts'

export type RecordHandler = (record: JournalRecord) => Promise<void>

const batchSize = 200
/** How long records of other processes may go unnoticed. */
const pollMs = 500
/** After some records, how long to let more of them come: a stream of them must not cost a write each. */
const gatherMs = 50
const attempts = 6

/**
 * Hands every record to `handler`, in order, until `signal` aborts. The cursor of `name` is durable:
 * a restart goes on where it stopped and may hand over the last batch again, so the handler must be
 * idempotent. A record on which it keeps failing is skipped, with a record of that, since nothing
 * else would move any more. The caller sees to it that only one process runs it.
 */
export async function runSubscription(
  platform: Platform,
  name: string,
  handler: RecordHandler,
  signal: AbortSignal,
): Promise<void> {
  const wake = createWakeUp(platform, signal)
  try {
    let cursor = await readCursor(platform, name)
    while (!signal.aborted) {
      const records = await readRecordsAfter(platform, cursor, batchSize)
      for (const record of records) {
        if (!(await handled(platform, name, handler, record, signal))) break
        cursor = record.seq
      }
      if (records.length > 0) await moveCursor(platform, name, cursor)
      if (records.length === batchSize) continue
      if (records.length > 0) await pause(gatherMs, signal)
      await wake.wait(pollMs)
    }
  } finally {
    wake.stop()
  }
}

/** False when the signal aborted before the record was dealt with. */
async function handled(
  platform: Platform,
  name: string,
  handler: RecordHandler,
  record: JournalRecord,
  signal: AbortSignal,
): Promise<boolean> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await handler(record)
      return true
    } catch (thrown) {
      const error = asGyreError(thrown)
      const { seq, verb } = record
      platform.log.error(
        { subscription: name, seq, verb, attempt, internal: error.internal },
        error.public,
      )
      if (attempt === attempts) {
        await recordSkipped(asSystem(platform, name), name, record, error)
        return true
      }
      await pause(50 * 4 ** attempt, signal)
    }
  }
  return false
}
