import type { Command } from 'commander'
import { waitForRest } from '#app/wait-for-rest'
import { GyreError } from '#kernel/errors'
import { parseDuration } from '#kernel/time'
import { serverAction, serverCommand } from './command.ts'

export function registerWait(program: Command): void {
  serverCommand(program, 'wait', 'Wait until the loop has nothing left to do: for scripts')
    .option('--timeout <duration>', 'give up after so long: 90s, 10m', '1h')
    .action(
      serverAction(async ({ client, project, out, signal }, options: { timeout: string }) => {
        const late = AbortSignal.timeout(parseDuration(options.timeout))
        let doing: readonly string[] = []
        try {
          await waitForRest(client, {
            project,
            signal: AbortSignal.any([signal, late]),
            onWait: (waitsFor) => {
              if (waitsFor[0] !== doing[0]) out.progress(waitsFor[0] ?? '')
              doing = waitsFor
            },
          })
        } catch (thrown) {
          if (late.aborted && !signal.aborted) throw stillBusy(options.timeout, doing)
          throw thrown
        }
        out.result({ resting: true }, () => out.line('The loop has nothing left to do.'))
      }),
    )
}

function stillBusy(timeout: string, doing: readonly string[]): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: `The loop was not at rest after ${timeout}: ${doing.slice(0, 3).join(' ')}`,
  })
}
