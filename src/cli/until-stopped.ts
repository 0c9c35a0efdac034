import type { Invocation } from './command.ts'

/** What runs until it is told to stop. */
interface Running {
  url: string
  adminToken?: string | undefined
  close(): Promise<void>
}

/** Says where the server is; under `--json` as one line, so that programs can wait for it. */
export function announce({ out, terminal }: Invocation, server: Running): void {
  const { url, adminToken } = server
  if (out.json) {
    terminal.out.write(
      `${JSON.stringify({ url, ...(adminToken === undefined ? {} : { adminToken }) })}\n`,
    )
    return
  }
  out.line(`Gyre is ready at ${url}`)
  if (adminToken === undefined) return
  out.line(`Admin token, shown only now: ${adminToken}`)
  out.line(`Use it as GYRE_TOKEN, or sign in on the page.`)
}

/** Returns when the server was told to stop and has finished. A second signal ends it at once. */
export async function untilStopped(server: Pick<Running, 'close'>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const name of ['SIGTERM', 'SIGINT'] as const) {
        process.removeAllListeners(name)
        process.once(name, () => process.exit(signal === 'SIGINT' ? 130 : 143))
      }
      server.close().then(resolve, reject)
    }
    process.once('SIGTERM', stop)
    process.removeAllListeners('SIGINT')
    process.once('SIGINT', stop)
  })
}
