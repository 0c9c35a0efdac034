import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '#client/client'
import { readConfig, type ServerOptions } from './config.ts'
import { type RunningServer, startServer } from './server.ts'

export interface OpenedServer {
  server: RunningServer
  url: string
  directory: string
  /** A client with the token, or with the rights of this machine. */
  client(token?: string): Client
  close(): Promise<void>
}

/** A real server on a free port and a new directory, which also checks its own answers. */
export async function openServer(
  options: ServerOptions = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<OpenedServer> {
  const directory = await mkdtemp(join(tmpdir(), 'gyre-server-'))
  const config = readConfig({ data: directory, port: 0, ...options }, environment, directory)
  const server = await startServer({ config, checkResults: true })
  return {
    server,
    url: server.url,
    directory,
    client: (token) => createClient({ url: server.url, ...(token === undefined ? {} : { token }) }),
    async close() {
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
