import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '#client/client'
import type { FrameSession } from '#ports/frames/frames'
import { applyWorkspace } from './arrival.ts'
import { readPosition, writePosition } from './progress.ts'
import { type DemoReport, readReport } from './report.ts'
import { endpointName, project, type Stage } from './stage.ts'
import { stepsOf } from './story.ts'
import { weekCount } from './weeks.ts'
import { openWorkspace } from './workspace.ts'

export interface DemoOptions {
  client: Client
  /** Of the server, for people. */
  url: string
  session: FrameSession
  /** Holds the repository and how far the story was told. */
  directory: string
  /** The share of flights that ask for a prediction; an interrupted story keeps the one it began with. */
  trafficShare: number
  /** How many of the 26 weeks to tell. */
  weeks?: number
  signal: AbortSignal
  say(line: string): void
  /** Called after each step. */
  onProgress(progress: { week: number; weeks: number; share: number }): void
}

/**
 * Replays the first half of 2001 against a server, as an airline with this repository would have
 * lived it. Interrupted, it goes on where it stopped; told to its end, it only reports.
 */
export async function tellDemo(options: DemoOptions): Promise<DemoReport> {
  const { directory, signal } = options
  const weeks = Math.min(options.weeks ?? weekCount, weekCount)
  const workspace = join(directory, 'flights')
  const scratch = join(directory, 'scratch')
  await mkdir(scratch, { recursive: true })
  const positionFile = join(directory, 'position.json')
  const position = await readPosition(positionFile, options.trafficShare)
  const stage: Stage = { ...options, workspace, scratch, position, mayRepeat: true }
  await openWorkspace(workspace)
  await applyWorkspace(stage)
  let since = Date.now()
  while (position.week <= weeks) {
    const steps = stepsOf(position.week)
    const step = steps[position.step]
    signal.throwIfAborted()
    if (step !== undefined) await step(stage, position.week)
    stage.mayRepeat = false
    const ended = position.step + 1 >= steps.length
    position.week += ended ? 1 : 0
    position.step = ended ? 0 : position.step + 1
    position.elapsedMs += Date.now() - since
    since = Date.now()
    await writePosition(positionFile, position)
    const done = position.week - 1 + position.step / steps.length
    options.onProgress({ week: Math.min(position.week, weeks), weeks, share: done / weeks })
  }
  return readReport(
    options.client,
    { url: options.url, project, endpoint: endpointName },
    { ...position, weeks },
  )
}
