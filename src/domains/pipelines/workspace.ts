import type { ExitReport } from '#ports/executor/executor'
import type { PathState } from './lock-file.ts'
import type { ReadText, Stage } from './stage.ts'

/** What deciding about a stage reads. Paths are from the directory of dvc.yaml. */
export interface StageReader {
  readText: ReadText
  /** undefined: nothing is there. Cheap when nothing changed since it was last asked. */
  stateOf(path: string): Promise<PathState | undefined>
  isCached(state: PathState): Promise<boolean>
}

/**
 * The directory of a pipeline, as reproducing it sees it. Paths are from the directory of dvc.yaml.
 * Implemented over files, DVC's cache and the executor by `app/workspace`.
 */
export interface Workspace extends StageReader {
  /** Makes a path what the cache has. */
  checkOut(path: string, state: PathState): Promise<void>
  /** Removes what is at a path and makes the directory above it. */
  clear(path: string): Promise<void>
  makeDirectory(path: string): Promise<void>
  /** Copies an output to the cache and has Git ignore it; undefined: it is not there. */
  store(path: string, options: { cache: boolean }): Promise<PathState | undefined>
  writeText(path: string, text: string): Promise<void>
  /** Runs one line of a stage's command. */
  run(
    stage: Stage,
    line: string,
    onOutput: (line: string, stream: 'out' | 'err') => void,
    signal: AbortSignal | undefined,
  ): Promise<ExitReport>
}
