import type { FastifyInstance } from 'fastify'
import { GyreError } from '#kernel/errors'
import type { ServerConfig } from './config.ts'

/** Opens the port; gives the address under which this machine reaches it. */
export async function listen(
  app: FastifyInstance,
  { host, port }: Pick<ServerConfig, 'host' | 'port'>,
): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (thrown) {
    await app.close()
    throw listenError(thrown, host, port)
  }
  const [address] = app.addresses()
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const name = reachable.includes(':') ? `[${reachable}]` : reachable
  return `http://${name}:${typeof address === 'object' ? address.port : port}`
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
