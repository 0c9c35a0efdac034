import type { Platform } from '#domains/access/index'
import type { RunnerOptions } from '#workers/runner'
import { prepareDirectory } from './prepare-directory.ts'

/** Stages of one execution that run at once. */
const parallelStages = 2

/** What the runner's jobs need of this machine; stages find the server at `url`. */
export function createRunnerOptions(
  platform: Platform,
  server: { url: string; token?: string | undefined },
): RunnerOptions {
  return {
    takeDirectory: (_ctx, request) => prepareDirectory({ ...request, executor: platform.executor }),
    environment: {
      GYRE_URL: server.url,
      ...(server.token === undefined ? {} : { GYRE_TOKEN: server.token }),
    },
    parallel: parallelStages,
  }
}
