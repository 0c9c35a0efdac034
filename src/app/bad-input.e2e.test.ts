import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { freshSchema, postgresUrl } from '#adapters/sql/fresh-schema.contract'
import { rooms } from '#client/rooms'
import { journalHead, readRecordsAfter } from '#domains/journal/index'
import { type ApiSpec, bytes, type EndpointSpec } from '#protocols/api/endpoint'
import type { Random } from '#science/random'
import type { z } from 'zod'
import { pick } from './faults/activity.contract.ts'
import { badTexts, badValues, jsonText } from './faults/bad-values.contract.ts'
import { furnish } from './faults/furnished-store.contract.ts'
import {
  type Known,
  membersOf,
  placesIn,
  plausibleValue,
  replacedAt,
  without,
} from './faults/plausible-value.contract.ts'
import {
  ask,
  type Asked,
  checkShape,
  jsonRequest,
  sendHalf,
} from './faults/raw-request.contract.ts'
import { faultRandom } from './faults/seed.contract.ts'
import { type OpenedServer, openServer } from './opened-server.contract.ts'

const operations = Object.entries(rooms).flatMap(([room, api]) =>
  Object.entries(api as ApiSpec).map(([name, spec]) => ({ name: `${room}.${name}`, spec })),
)
/** Of all bad values, so many are tried at each place; which ones is the seed's choice. */
const valuesPerPlace = 5
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

describe('bad input, on SQLite', () =>
  badInput(async () => ({ options: {}, drop: async () => {} })))

describe(
  'bad input, on PostgreSQL',
  { skip: postgresUrl === undefined && 'GYRE_TEST_POSTGRES_URL is not set.' },
  () => {
    badInput(async () => {
      const { url, drop } = await freshSchema()
      return { options: { databaseUrl: url }, drop }
    })
  },
)

interface Storage {
  options: { databaseUrl?: string }
  drop(): Promise<void>
}

function badInput(openStorage: () => Promise<Storage>): void {
  let opened: OpenedServer
  let known: Known
  let random: Random
  let closeFirst: () => Promise<void>
  let directory: string
  const agent = new Agent({ keepAlive: true })
  before(async () => {
    random = faultRandom((message) => console.log(message))
    const { options, drop } = await openStorage()
    const whole = await openServer(options)
    known = await furnish(whole.client(), join(whole.directory, 'repository'))
    await whole.server.close()
    // Without the roles that go on by themselves, only requests write records.
    opened = await openServer({ ...options, data: whole.directory, role: ['api', 'gateway'] })
    closeFirst = async () => {
      await whole.close()
      await drop()
    }
    directory = whole.directory
  })
  after(async () => {
    agent.destroy()
    await opened.close()
    await closeFirst()
  })

  /** Whatever is asked: no failure of ours, the one error shape, and no record of what was refused. */
  async function check(asked: Asked): Promise<number> {
    const seq = await journalHead(opened.server.platform)
    const answer = await ask(opened.url, agent, asked)
    const what = `${asked.method} ${asked.path.slice(0, 300)} ${String(asked.body ?? '').slice(0, 500)}`
    if (answer.status < 400) return answer.status
    assert.ok(answer.status < 500, `${what}\n${answer.status} ${answer.text}`)
    checkShape(answer, what)
    // What a gate or an expectation refuses is kept, as refused.
    for (const { verb } of await readRecordsAfter(opened.server.platform, seq, 10)) {
      assert.ok(answer.status === 422 && verb.endsWith('.refused'), `${what}\nleft ${verb}`)
    }
    return answer.status
  }

  function address(spec: EndpointSpec, params: Known = known): string {
    const filled = spec.path.replaceAll(/:([A-Za-z][A-Za-z0-9]*)/g, (_, name: string) =>
      encodeURIComponent(String(params[name] ?? 'unknown').toWellFormed()),
    )
    return `/api/v1${filled}`
  }

  for (const { name, spec } of operations) {
    const json = spec.body !== undefined && spec.body !== bytes
    it(`${name} withstands its address`, async () => {
      const { method } = spec
      for (const param of [...spec.path.matchAll(/:([A-Za-z]\w*)/g)].map(
        (match) => match[1] ?? '',
      )) {
        for (const text of [...badTexts, 'unknown-thing', '0'.repeat(32), '-1', '99999999']) {
          await check({ method, path: address(spec, { ...known, [param]: text }) })
        }
      }
      const members = spec.query === undefined ? [] : membersOf(spec.query as z.ZodType)
      for (const member of [...members, 'unknown']) {
        for (const text of badTexts) {
          const query = `${member}=${encodeURIComponent(text.toWellFormed())}`
          const status = await check({ method, path: `${address(spec)}?${query}` })
          if (member === 'unknown') assert.ok(status >= 400)
        }
        await check({ method, path: `${address(spec)}?${member}=1&${member}=2` })
      }
    })

    if (!json) continue
    it(`${name} withstands what its body holds`, async () => {
      const plausible = plausibleValue(spec.body as z.ZodType, known)
      const path = address(spec)
      const send = (body: unknown): Promise<number> =>
        check({ ...jsonRequest(jsonText(body)), method: spec.method, path })
      for (const place of placesIn(plausible)) {
        const values = Array.from({ length: valuesPerPlace }, () => pick(random, badValues))
        for (const value of ['a\u0000b', null, ...values]) {
          await send(replacedAt(plausible, place, value))
        }
        if (place.length > 0) await send(without(plausible, place))
      }
      assert.ok((await send({ ...(plausible as object), unknown: 1 })) >= 400)
    })

    it(`${name} withstands what is no such body`, async () => {
      const path = address(spec)
      const { method } = spec
      const refused = [
        '{"a":',
        '{"a":NaN}',
        '[]',
        '"text"',
        '7',
        '['.repeat(100_000),
        '{"a":'.repeat(100_000),
        `{"a":"${'x'.repeat(10_000_000)}"}`,
        `[${'0,'.repeat(5_000_000)}0]`,
      ]
      for (const body of refused) {
        const status = await check({ ...jsonRequest(body), method, path })
        assert.ok(status >= 400, body.slice(0, 100))
      }
      const notUtf8 = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)
      assert.ok((await check({ ...jsonRequest(notUtf8), method, path })) >= 400)
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
      ]) {
        const headers = { 'content-type': type }
        assert.ok((await check({ method, path, headers, body: '{}' })) >= 400, type)
      }
    })
  }

  it('answers methods that an address does not have', async () => {
    const paths = new Map<string, Set<string>>()
    for (const { spec } of operations) {
      paths.set(spec.path, (paths.get(spec.path) ?? new Set()).add(spec.method))
    }
    for (const [path, has] of paths) {
      for (const method of methods.filter((each) => !has.has(each))) {
        const status = await check({ method, path: address({ path } as EndpointSpec) })
        assert.ok(status >= 400, `${method} ${path}: ${status}`)
      }
    }
  })

  it('keeps nothing of an upload that breaks off, or is something else than it says', async () => {
    const sha256 = 'ab'.repeat(32)
    const uploads = operations.filter(({ spec }) => spec.body === bytes)
    for (const { spec } of uploads) {
      const members = spec.query === undefined ? [] : membersOf(spec.query as z.ZodType)
      const given = { sha256, path: 'a.bin' }
      const query = `?${new URLSearchParams(Object.entries(given).filter(([name]) => members.includes(name)))}`
      const path = `${address(spec, { ...known, sha256 })}${query}`
      const seq = await journalHead(opened.server.platform)
      await sendHalf(opened.url, `${spec.method} ${path}`, 3_000_000)
      const status = await check({ method: spec.method, path, body: new Uint8Array(2_000_000) })
      assert.ok(status >= 400, `${spec.path}: ${status}`)
      assert.equal(await journalHead(opened.server.platform), seq)
    }
    const { missing } = await opened.client().data.missingBlobs({
      params: { project: 'default' },
      body: { items: [sha256] },
    })
    assert.deepEqual(missing, [sha256])
    // That a caller hung up is heard a moment later.
    while ((await readdir(join(directory, 'blobs', 'incoming'))).length > 0) await sleep(10)
  })

  it('has a journal that verifies after all of it', async () => {
    const report = await opened.client().journal.verify()
    assert.equal(report.intact, true, JSON.stringify(report))
  })
}
