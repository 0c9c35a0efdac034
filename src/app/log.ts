import { pino } from 'pino'
import type { Log } from '#domains/access/index'

/** A log of JSON lines on standard error. Only ever name harmless fields: secrets never come here. */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 2, sync: true }),
  )
}

/** A log that says nothing. */
export function createSilentLog(): Log {
  return { debug() {}, info() {}, warn() {}, error() {} }
}
