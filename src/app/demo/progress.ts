import { readFile, rename, writeFile } from 'node:fs/promises'

/** How far the story was told: the next step to do. Steps may be done twice without harm. */
export interface Position {
  week: number
  step: number
  /** Time spent so far, over all sittings. */
  elapsedMs: number
  /** Requests for a prediction that were not answered with one. */
  failedRequests: number
  trafficShare: number
}

/** Reads where an earlier sitting stopped; the beginning when there was none. */
export async function readPosition(path: string, trafficShare: number): Promise<Position> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined
    ? { week: 1, step: 0, elapsedMs: 0, failedRequests: 0, trafficShare }
    : (JSON.parse(text) as Position)
}

/** Replaces the file in one piece, so that a kill leaves the old or the new position. */
export async function writePosition(path: string, position: Position): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(position))
  await rename(`${path}.new`, path)
}
