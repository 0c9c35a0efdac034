import type { Json } from '#kernel/json'
import type { Executor } from '#ports/executor/executor'
import type { Workspace } from '#domains/pipelines/index'
import { lockDirectory } from './directory-lock.ts'
import { gitState } from './git-state.ts'
import { openWorkspace } from './open-workspace.ts'
import { overrideParameters, restoreParameters } from './parameter-overrides.ts'

export interface PreparedDirectory {
  workspace: Workspace
  gitCommit: string | null
  /** Puts params.yaml back and lets the next execution in. */
  release(): Promise<void>
}

export interface DirectoryRequest {
  directory: string
  executor: Executor
  environment: Readonly<Record<string, string>>
  /** Values of params.yaml for this time, by dotted key. */
  parameters: Readonly<Record<string, Json>>
  /** Who asks, for those who have to wait: `execution 4f…`, `gyre repro`. */
  what: string
}

/**
 * Takes the directory of a pipeline for one execution, or says who has it. Errors: `invalid` for a
 * directory that is not there or parameters that cannot be set.
 */
export async function prepareDirectory(
  request: DirectoryRequest,
): Promise<PreparedDirectory | { heldBy: string }> {
  const { directory } = request
  const lock = await lockDirectory(directory, request.what)
  if ('heldBy' in lock) return lock
  try {
    // What an execution that was killed left behind.
    await restoreParameters(directory)
    const restore = await overrideParameters(directory, request.parameters)
    return {
      workspace: await openWorkspace(request),
      gitCommit: (await gitState(directory)).commit,
      async release() {
        await restore()
        lock.release()
      },
    }
  } catch (thrown) {
    lock.release()
    throw thrown
  }
}
