import type { Client } from '#client/client'
import type { FrameSession } from '#ports/frames/frames'
import { waitForRest } from '../wait-for-rest.ts'
import type { Position } from './progress.ts'
import type { WeekTraffic } from './weeks.ts'

export const project = 'flights'
export const endpointName = 'late-flights'

/** All that the story is told with: what any user of the platform has. */
export interface Stage {
  client: Client
  url: string
  session: FrameSession
  /** The user's repository. */
  workspace: string
  /** Beside it, for files that have not arrived. */
  scratch: string
  signal: AbortSignal
  say(line: string): void
  position: Position
  /** Whether this step may have been done before, by a sitting that was killed in it. */
  mayRepeat: boolean
  /** The week's requests, read once for predictions and labels. */
  traffic?: { week: number; rows: WeekTraffic }
}

/** Lets the loop do all that follows from what it knows, as it would within the hours that are skipped. */
export async function settle({ client, signal }: Stage): Promise<void> {
  await waitForRest(client, { project, signal })
}

/** Something that happens in a week; done twice, it has the same effect. */
export type Step = (stage: Stage, week: number) => Promise<void>
