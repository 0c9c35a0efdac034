import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import type { Notify } from './notify.ts'

type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => void

async function withReceiver(
  answer: Answering,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => answer(request, response, Buffer.concat(parts).toString()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?a=1`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** What all notices promise. `open` allows private addresses, `guarded` does not; both wait 1 s. */
export function runNotifyContract(
  name: string,
  make: () => { open: Notify; guarded: Notify },
): void {
  describe(`notices by ${name}`, () => {
    test('a notice arrives as it is, and any status is an answer', async () => {
      const { open } = make()
      for (const status of [200, 302, 404, 503]) {
        await withReceiver(
          (request, response, body) => {
            assert.equal(request.method, 'POST')
            assert.equal(request.url, '/hook?a=1')
            assert.equal(request.headers['x-some'], 'thing')
            response.writeHead(status, { 'retry-after': '7', location: '/other' })
            response.end(body.toUpperCase())
          },
          async (url) => {
            const headers = { 'x-some': 'thing', 'content-type': 'application/json' }
            const answer = await open.send({ url, headers, body: '{"é":1}' })
            assert.deepEqual(answer, { status, body: '{"É":1}', retryAfterMs: 7000 })
          },
        )
      }
    })

    test('a receiver without end or without answer does not hold it up', async () => {
      const { open } = make()
      await withReceiver(
        (_request, response) => {
          const timer = setInterval(() => response.write('x'.repeat(10_000)), 1)
          response.on('close', () => clearInterval(timer))
        },
        async (url) => {
          const answer = await open.send({ url, headers: {}, body: '' })
          assert.ok(answer.body.length <= 20_000)
        },
      )
      await withReceiver(
        () => {},
        async (url) => {
          await assert.rejects(open.send({ url, headers: {}, body: '' }), { code: 'unavailable' })
        },
      )
      const nobody = { url: 'http://127.0.0.1:1/', headers: {}, body: '' }
      await assert.rejects(open.send(nobody), { code: 'unavailable' })
    })

    test('an address that is not public is not told, however it is written', async () => {
      const { guarded } = make()
      let told = 0
      await withReceiver(
        (_request, response) => {
          told++
          response.end()
        },
        async (url) => {
          const { port } = new URL(url)
          const hosts = [
            '127.0.0.1',
            'localhost',
            '2130706433',
            '0x7f.1',
            '[::ffff:127.0.0.1]',
            '127.1',
          ]
          for (const host of hosts) {
            const notice = { url: `http://${host}:${port}/`, headers: {}, body: '' }
            await assert.rejects(guarded.send(notice), { code: 'refused' }, host)
            assert.throws(() => guarded.check(notice.url), { code: 'invalid' }, host)
          }
        },
      )
      assert.equal(told, 0)
      const others = [
        '10.1.2.3',
        '169.254.169.254',
        '192.168.1.1',
        '[::1]',
        '[fe80::1]',
        '[fd00::1]',
        '[64:ff9b::7f00:1]',
        '[2002:7f00:1::]',
      ]
      for (const host of others) {
        assert.throws(() => guarded.check(`http://${host}/`), { code: 'invalid' }, host)
      }
      for (const host of ['8.8.8.8', 'example.com', '[2606:4700::1111]']) {
        guarded.check(`http://${host}/`)
      }
    })

    test('an address that is none is refused', () => {
      const { guarded } = make()
      for (const url of [
        '',
        '  ',
        'nothing',
        'ftp://example.com',
        'http://[invalid',
        'file:///etc/passwd',
      ]) {
        assert.throws(() => guarded.check(url), { code: 'invalid' }, url)
      }
    })
  })
}
