import { rename, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import { type FrameSession, quoteText } from '#ports/frames/frames'

const dayMs = 86_400_000
export const weekMs = 7 * dayMs
const firstMonday = Date.UTC(2001, 0, 1)

/** The weeks of the first half of 2001, as the flights departed. */
export const weekCount = 26

/** Where a week begins, milliseconds; `week` counts from 1. */
export function weekStart(week: number): number {
  return firstMonday + (week - 1) * weekMs
}

/** `2001-w07.parquet`. */
export function weekFile(week: number): string {
  return `2001-w${String(week).padStart(2, '0')}.parquet`
}

/** The flights, as the package `vega-datasets` ships them; it exports its code only. */
export function flightsFile(): string {
  const code = createRequire(import.meta.url).resolve('vega-datasets')
  const name = `${sep}vega-datasets${sep}`
  return join(code.slice(0, code.lastIndexOf(name) + name.length), 'data', 'flights-3m.parquet')
}

/**
 * The SQL of a week's flights in their order of departure, with the moment at which their delays
 * were known: the Monday after.
 */
function weekQuery(source: string, week: number): string {
  const from = new Date(weekStart(week)).toISOString()
  const to = new Date(weekStart(week + 1)).toISOString()
  return `SELECT date, delay, distance, origin, destination, TIMESTAMP ${quoteText(to.slice(0, 19))} AS known_at
    FROM ${source}
    WHERE date >= TIMESTAMP ${quoteText(from.slice(0, 19))} AND date < TIMESTAMP ${quoteText(to.slice(0, 19))}
    ORDER BY date, origin, destination, distance, delay`
}

/** The file of a week's flights in `directory`; made once, and whole when it has its name. */
export async function weekOnDisk(
  session: FrameSession,
  week: number,
  directory: string,
): Promise<string> {
  const path = join(directory, weekFile(week))
  const known = await stat(path).catch(() => undefined)
  if (known !== undefined) return path
  await session.exportParquet(weekQuery(session.scan([flightsFile()]), week), `${path}.part`)
  await rename(`${path}.part`, path)
  return path
}

/**
 * Writes a copy of a week's file that was damaged on its way: distances in feet instead of miles,
 * every fifth origin cut to two letters, a tenth of the delays missing.
 */
export async function writeDamagedWeek(
  session: FrameSession,
  weekPath: string,
  path: string,
): Promise<number> {
  return session.exportParquet(
    `SELECT date,
       CASE WHEN row_number() OVER () % 10 = 0 THEN NULL ELSE delay END AS delay,
       distance * 5280 AS distance,
       CASE WHEN row_number() OVER () % 5 = 0 THEN left(origin, 2) ELSE origin END AS origin,
       destination, known_at
     FROM ${session.scan([weekPath])}`,
    path,
  )
}

/** What an airline would send of a week's flights, column by column, in order of departure. */
export interface WeekTraffic {
  ids: string[]
  date: number[]
  distance: number[]
  origin: string[]
  destination: string[]
  /** 1 = more than 15 minutes late; learnt only after the week. */
  late: number[]
}

/** The flights of a week's file that ask for a prediction: a share, chosen by position. */
export async function readTraffic(
  session: FrameSession,
  week: number,
  weekPath: string,
  share: number,
): Promise<WeekTraffic> {
  const every = Math.max(1, Math.round(1 / share))
  const columns = await session.columns(
    `SELECT * FROM (
       SELECT row_number() OVER () AS position, * FROM ${session.scan([weekPath])}
     ) WHERE position % ${every} = 0`,
  )
  const column = <T>(name: string): T[] => columns[name] as unknown as T[]
  return {
    ids: column<number>('position').map((position) => `2001-w${week}-${position}`),
    date: column('date'),
    distance: column('distance'),
    origin: column('origin'),
    destination: column('destination'),
    late: column<number>('delay').map((delay) => (delay > 15 ? 1 : 0)),
  }
}
