import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { preparePython } from '../../../compat/python-environment.ts'
import { parseS3Address, type S3Address } from './address.ts'
import { Bucket } from './bucket.ts'

const programs = await preparePython({
  name: 'moto',
  requirements: ['moto[server,s3]==5.*'],
  module: 'moto.server',
  variable: 'GYRE_TEST_MOTO',
})

export const skipS3: false | string = programs === undefined && 'no Python with moto'

export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

export interface S3Server {
  endpoint: string
  /** A place in the bucket that nobody else uses. */
  place(): S3Address
  placeText(): string
  close(): Promise<void>
}

/** A real server that speaks S3, with one bucket. */
export async function startS3Server(): Promise<S3Server> {
  const port = await freePort()
  const child = spawn(
    join(programs ?? '', 'moto_server'),
    ['-H', '127.0.0.1', '-p', String(port)],
    {
      stdio: 'ignore',
    },
  )
  const endpoint = `http://127.0.0.1:${port}`
  await untilUp(child, endpoint)
  let count = 0
  const placeText = () =>
    `s3://bucket/place${++count}?endpoint=${encodeURIComponent(endpoint)}&region=us-east-1`
  const place = (): S3Address => {
    const address = parseS3Address(placeText())
    if (address === undefined) throw new Error('not an address')
    return address
  }
  await new Bucket(place(), credentials).send('', { method: 'PUT' })
  return {
    endpoint,
    place,
    placeText,
    async close() {
      child.kill()
      await once(child, 'close')
    },
  }
}

async function untilUp(child: ChildProcess, endpoint: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error('The S3 server ended.')
    const answer = await fetch(endpoint).catch(() => undefined)
    if (answer !== undefined) return
    await sleep(100)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  server.close()
  await once(server, 'close')
  return port
}
