import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { GyreError } from '#kernel/errors'
import type { ServerConfig } from './config.ts'

export interface Listening {
  /** The address under which this machine reaches it. */
  url: string
  /** Takes no more connections and returns when the answers under way are sent. */
  stop(): Promise<void>
}

const sweepMs = 25
/** Whoever takes longer for a request is cut off. */
const longestDrainMs = 20_000

/** Opens the port. Throws `conflict` when that is not possible, saying what to do. */
export async function listen(
  app: FastifyInstance,
  { host, port }: Pick<ServerConfig, 'host' | 'port'>,
): Promise<Listening> {
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  try {
    await app.listen({ host, port })
  } catch (thrown) {
    await app.close()
    throw listenError(thrown, host, port)
  }
  const [address] = app.addresses()
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const name = reachable.includes(':') ? `[${reachable}]` : reachable
  const url = `http://${name}:${typeof address === 'object' ? address.port : port}`
  return { url, stop: () => stopListening(app, sockets) }
}

async function stopListening(app: FastifyInstance, sockets: ReadonlySet<Socket>): Promise<void> {
  const until = Date.now() + longestDrainMs
  // Connections that become idle from now on, and those that clients opened and never used, would
  // be kept open for as long as the protocol allows.
  const sweep = setInterval(() => {
    app.server.closeIdleConnections()
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    if (Date.now() > until) for (const socket of sockets) socket.destroy()
  }, sweepMs)
  try {
    await app.close()
  } finally {
    clearInterval(sweep)
  }
}

function listenError(thrown: unknown, host: string, port: number): unknown {
  const { code } = thrown as NodeJS.ErrnoException
  const texts: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use, perhaps by another Gyre. Stop that program, or choose another port with --port.`,
    EACCES: `Port ${port} may not be used by this user. Choose one from 1024 on with --port.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Choose another with --host.`,
    ENOTFOUND: `The name ${host} is not known here. Choose an address of this machine with --host.`,
  }
  const text = texts[code ?? '']
  if (text === undefined) return thrown
  return new GyreError({ code: 'conflict', public: text, cause: thrown })
}
