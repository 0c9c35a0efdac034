import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { type LoggedRun, readLogged } from './logged-run.ts'
import { findRun } from './read-run.ts'
import { searchRunRows, type RunSearch } from './search-runs.ts'
import { readOfRuns, readRuns, type RunRow, type RunsReader } from './store.ts'

/** A run with all that clients logged to it but its points. Errors: `not_found`. */
export async function getLoggedRun(
  ctx: Context,
  input: { project: string; run: string },
): Promise<LoggedRun> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  return readLoggedRow(db, await findRun(db, reach, input.run))
}

export async function readLoggedRow(db: RunsReader, row: RunRow): Promise<LoggedRun> {
  const [run] = await readLogged(db, [row])
  return run as LoggedRun
}

/** As `searchRuns`, with everything that was logged to each run. */
export async function searchLoggedRuns(
  ctx: Context,
  input: RunSearch,
): Promise<{ items: LoggedRun[]; nextPageToken?: string }> {
  const { rows, nextPageToken } = await searchRunRows(ctx, input)
  const items = await readLogged(readOfRuns(ctx, rows.length), rows)
  return nextPageToken === undefined ? { items } : { items, nextPageToken }
}
