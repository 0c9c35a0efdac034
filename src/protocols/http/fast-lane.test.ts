import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fastCheck from 'fast-check'
import { type FastLane, openFastLane } from './fast-lane.ts'
import type { LaneAnswer } from './lane-answer.ts'

interface Opened {
  server: Server
  lane: FastLane
  port: number
  /** Routes of what the lane answered. */
  answered: string[]
}

/** Tells who answered, and what it was sent: the lane at `/now` and `/later`, else the server. */
async function openServer(): Promise<Opened> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const text = `server ${request.method} ${request.url} ${body}`
      response.setHeader('content-length', Buffer.byteLength(text)).end(text)
    })
  })
  const answered: string[] = []
  let ids = 0
  const told = (path: string, body: Buffer): LaneAnswer => ({
    status: 200,
    contentType: 'text/plain',
    headers: { 'x-lane': 'yes' },
    body: `lane ${path} ${body.toString()}`,
  })
  const lane = openFastLane(server, {
    newId: () => `id-${ids++}`,
    headers: { 'x-fixed': 'always' },
    onAnswered: ({ method, route, status }) => answered.push(`${method} ${route} ${status}`),
    routeOf({ path }) {
      if (path === '/now') return { pattern: '/now', answer: (body) => told(path, body) }
      if (path !== '/later') return undefined
      return { pattern: '/later', answer: (body) => sleep(2).then(() => told(path, body)) }
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, lane, answered, port: (server.address() as AddressInfo).port }
}

let opened: Opened
before(async () => {
  opened = await openServer()
})
after(() => {
  opened.server.close()
  opened.lane.drain()
  opened.server.closeAllConnections()
})

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  return socket
}

interface Answer {
  status: number
  head: string
  body: string
}

/** The next `count` answers on a connection, or as many as come before it ends. */
async function answers(socket: Socket, count: number): Promise<Answer[]> {
  const found: Answer[] = []
  let bytes = Buffer.alloc(0)
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Buffer])
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) break
      const head = bytes.toString('latin1', 0, end)
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (bytes.length < end + 4 + length) break
      const body = bytes.toString('utf8', end + 4, end + 4 + length)
      found.push({ status: Number(head.slice(9, 12)), head, body })
      bytes = bytes.subarray(end + 4 + length)
    }
    if (found.length >= count) break
  }
  return found
}

function post(path: string, body: string, headers = ''): string {
  const length = Buffer.byteLength(body)
  return `POST ${path} HTTP/1.1\r\nHost: here\r\n${headers}Content-Length: ${length}\r\n\r\n${body}`
}

/** Sends to a new connection and gives the first answer. */
async function ask(text: string): Promise<Answer> {
  const socket = await open(opened.port)
  socket.write(text)
  const [answer] = await answers(socket, 1)
  socket.destroy()
  assert.ok(answer !== undefined, 'no answer')
  return answer
}

test('a plain request of a route is answered by the lane, as a whole and in UTF-8', async () => {
  const { head, body, status } = await ask(post('/now', 'grüße ✓'))
  assert.equal(status, 200)
  assert.equal(body, 'lane /now grüße ✓')
  const lines = head.split('\r\n')
  for (const line of ['x-fixed: always', 'x-lane: yes', 'content-type: text/plain']) {
    assert.ok(lines.includes(line), line)
  }
  assert.match(head, /\r\nx-request-id: id-\d+\r\n/)
  assert.match(head, /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/)
  assert.match(head, /\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65$/)
  assert.equal(opened.answered.at(-1), 'POST /now 200')
})

const elsewhere: [why: string, text: string, says: string | RegExp][] = [
  ['another path', post('/other', 'x'), 'server POST /other x'],
  ['a query', post('/now?a=1', 'x'), 'server POST /now?a=1 x'],
  ['a doubled slash', post('//now', 'x'), 'server POST //now x'],
  ['an encoded path', post('/%6eow', 'x'), 'server POST /%6eow x'],
  ['another method', 'GET /now HTTP/1.1\r\nHost: here\r\n\r\n', 'server GET /now '],
  [
    'HTTP/1.0',
    'POST /now HTTP/1.0\r\nHost: here\r\nContent-Length: 1\r\n\r\nx',
    'server POST /now x',
  ],
  [
    'chunks',
    'POST /now HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    'server POST /now x',
  ],
  ['the last of a connection', post('/now', 'x', 'Connection: close\r\n'), 'server POST /now x'],
  ['an encoding', post('/now', 'x', 'Content-Encoding: gzip\r\n'), 'server POST /now x'],
  ['a header twice', post('/now', 'x', 'A: 1\r\na: 2\r\n'), 'server POST /now x'],
  ['a header of other letters', post('/now', 'x', 'A: \u00e4\r\n'), 'server POST /now x'],
  ['a large body', post('/now', 'x'.repeat(300_000)), /^server POST \/now x{300000}$/],
  ['no host', 'POST /now HTTP/1.1\r\nContent-Length: 1\r\n\r\nx', ''],
  ['two lengths', post('/now', 'x', 'Content-Length: 1\r\n'), ''],
  ['a length that is none', post('/now', 'x').replace('Length: 1', 'Length: +1'), ''],
  ['a name with a space', post('/now', 'x', 'A : 1\r\n'), ''],
  ['a folded header', post('/now', 'x', 'A: 1\r\n 2\r\n'), ''],
  ['a bare line feed', post('/now', 'x', 'A: 1\nB: 2\r\n'), ''],
  ['lengths and chunks', post('/now', 'x', 'Transfer-Encoding: chunked\r\n'), ''],
  ['no HTTP', 'hello there\r\n\r\n', ''],
]
for (const [why, text, says] of elsewhere) {
  test(`${why} is left to the server, which says what it always says`, async () => {
    const before = opened.answered.length
    const { body, status } = await ask(text)
    if (says === '') assert.equal(status, 400)
    else if (typeof says === 'string') assert.equal(body, says)
    else assert.match(body, says)
    assert.equal(opened.answered.length, before)
  })
}

test('a connection goes to the server with all that it sent, and stays there', async () => {
  const socket = await open(opened.port)
  const texts = [post('/now', '1'), post('/other', '2'), post('/now', '3'), post('/now', '4')]
  socket.write(texts.join(''))
  const bodies = (await answers(socket, 4)).map(({ body }) => body)
  assert.deepEqual(bodies, [
    'lane /now 1',
    'server POST /other 2',
    'server POST /now 3',
    'server POST /now 4',
  ])
  socket.write(post('/now', '5'))
  assert.equal((await answers(socket, 1))[0]?.body, 'server POST /now 5')
  socket.destroy()
})

test('however a stream of requests is cut, each gets its own answer in its order', async () => {
  const request = fastCheck.tuple(
    fastCheck.constantFrom('/now', '/later', '/now', '/later', '/other'),
    fastCheck.string({ unit: 'grapheme', maxLength: 20 }),
    fastCheck.constantFrom('', 'A: b\r\n', 'X-Long: yes\r\n'),
  )
  await fastCheck.assert(
    fastCheck.asyncProperty(
      fastCheck.array(request, { minLength: 1, maxLength: 12 }),
      fastCheck.array(fastCheck.nat(400), { maxLength: 6 }),
      async (requests, cuts) => {
        const bytes = Buffer.from(requests.map(([path, ...rest]) => post(path, ...rest)).join(''))
        const socket = await open(opened.port)
        socket.setNoDelay(true)
        let at = 0
        for (const cut of cuts) {
          socket.write(bytes.subarray(at, at + cut))
          at += cut
          await sleep(1)
        }
        socket.write(bytes.subarray(at))
        const got = await answers(socket, requests.length)
        socket.destroy()
        assert.equal(got.length, requests.length)
        requests.forEach(([path, body], i) => {
          const [who, ...words] = got[i]!.body.split(' ')
          assert.ok(who === 'lane' || words.shift() === 'POST')
          assert.equal(words.join(' '), `${path} ${body}`)
        })
      },
    ),
    { numRuns: 60 },
  )
})

test('who asks without reading is made to wait, and gets every answer', async () => {
  const accepted = once(opened.server, 'connection') as Promise<[Socket]>
  const socket = await open(opened.port)
  const [served] = await accepted
  socket.pause()
  const body = 'y'.repeat(50_000)
  const count = 1000
  for (let i = 0; i < count; i++) socket.write(post('/now', body))
  while (!served.isPaused()) await sleep(5)
  await sleep(20)
  assert.ok(served.writableLength < 1_000_000, `${served.writableLength} bytes wait`)
  const got = await answers(socket, count)
  assert.equal(got.length, count)
  // Where a chunk ends within a head, the rest is the server's.
  assert.ok(got.every((answer) => answer.body.endsWith(` /now ${body}`)))
  socket.destroy()
})

test('a caller that goes away harms nobody', async () => {
  for (const path of ['/now', '/later']) {
    const socket = await open(opened.port)
    socket.write(post(path, 'x') + post(path, 'y').slice(0, -1))
    socket.resetAndDestroy()
  }
  await sleep(20)
  assert.equal((await ask(post('/now', 'x'))).body, 'lane /now x')
})

test('a caller that ends its side still gets what it asked for', async () => {
  for (const path of ['/now', '/later']) {
    const socket = await open(opened.port)
    socket.end(post(path, 'x'))
    assert.equal((await answers(socket, 1))[0]?.body, `lane ${path} x`)
    await once(socket, 'close')
  }
})

test('draining ends what is idle at once, and the rest with its answer', async () => {
  const own = await openServer()
  const [idle, unused, busy, half] = await Promise.all([0, 1, 2, 3].map(() => open(own.port)))
  idle!.write(post('/now', 'x'))
  await answers(idle!, 1)
  half!.write(post('/now', 'xy').slice(0, -1))
  busy!.write(post('/later', 'x'))
  await sleep(1)
  own.server.close()
  own.lane.drain()
  for (const socket of [idle!, unused!]) {
    socket.resume()
    if (!socket.closed) await once(socket, 'close')
  }
  half!.write('y')
  for (const [socket, body] of [
    [busy!, 'lane /later x'],
    [half!, 'lane /now xy'],
  ] as const) {
    const [answer] = await answers(socket, 1)
    assert.equal(answer?.body, body)
    assert.match(answer.head, /\r\nConnection: close$/)
    socket.destroy()
  }
  if (own.server.listening) await once(own.server, 'close')
})
