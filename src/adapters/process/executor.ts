import type { Executor } from '#ports/executor/executor'
import { execute } from './execution.ts'
import { argumentsOf, environmentOf } from './program.ts'

/**
 * Runs commands as processes of this machine. A command's group ends with it and with the server;
 * only a descendant that makes its own session (a daemon) escapes.
 */
export function createProcessExecutor(): Executor {
  return {
    async start(command, onOutput) {
      const environment = environmentOf(command)
      const argv = await argumentsOf(command, environment)
      const { workingDirectory, timeoutMs } = command
      return execute({ argv, workingDirectory, environment, timeoutMs, onOutput })
    },
  }
}
