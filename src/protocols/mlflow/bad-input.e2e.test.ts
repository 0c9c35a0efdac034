import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { freshSchema, postgresUrl } from '#adapters/sql/fresh-schema.contract'
import { createRun } from '#domains/runs/index'
import { asSystem } from '#domains/access/index'
import type { Random } from '#science/random'
import { pick } from '../../app/faults/activity.contract.ts'
import { badTexts, badValues, jsonText } from '../../app/faults/bad-values.contract.ts'
import { placesIn, replacedAt, without } from '../../app/faults/plausible-value.contract.ts'
import { type Answer, ask, jsonRequest } from '../../app/faults/raw-request.contract.ts'
import { faultRandom } from '../../app/faults/seed.contract.ts'
import { type OpenedServer, openServer } from '../../app/opened-server.contract.ts'
import { areas } from './areas.ts'
import type { Field, Shape } from './fields.ts'
import type { Route } from './route.ts'

/** Of all bad values, so many are tried at each place; which ones is the seed's choice. */
const valuesPerPlace = 8
/** Addresses have room for 16 KiB. */
const longest = 5000

describe('every field of every operation, on SQLite', () =>
  badInput(async () => ({ options: {}, drop: async () => {} })))

describe(
  'every field of every operation, on PostgreSQL',
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
  let drop: () => Promise<void>
  let random: Random
  let run: string
  const agent = new Agent({ keepAlive: true })

  before(async () => {
    random = faultRandom((message) => console.log(message))
    const storage = await openStorage()
    drop = storage.drop
    opened = await openServer(storage.options)
    const ctx = asSystem(opened.server.platform, 'test')
    run = (await createRun(ctx, { project: 'default', experiment: 'Default' })).id
  })
  after(async () => {
    agent.destroy()
    await opened.close()
    await drop()
  })

  for (const route of areas.flat()) {
    it(`${route.method} ${route.major}.0/${route.path}`, async () => {
      const whole = plausible(route.shape)
      await check(route, whole)
      for (const place of placesIn(whole)) {
        if (place.length > 0) await check(route, without(whole, place))
        for (let i = 0; i < valuesPerPlace; i++) {
          await check(route, replacedAt(whole, place, pick(random, badValues)))
        }
      }
      for (const text of badTexts.filter((bad) => bad.isWellFormed())) {
        await check(route, whole, encodeURIComponent(text.slice(0, longest)))
      }
    })
  }

  /** A refusal says so as MLflow does; nothing is the server's fault. */
  async function check(route: Route, value: unknown, part = 'unheard-of'): Promise<void> {
    const path = route.path.replaceAll(/:\w+/g, part)
    const address = `/ajax-api/${route.major}.0/mlflow/${path}`
    const inAddress = route.method === 'GET'
    const text = inAddress ? queryOf(value) : jsonText(value)
    const answer = await ask(opened.url, agent, {
      method: route.method,
      path: inAddress ? `${address}?${text}` : address,
      ...(inAddress ? {} : withLength(jsonRequest(text))),
    })
    checkAnswer(answer, `${route.method} ${path} ${text.slice(0, 2000)}`)
  }

  function plausible(shape: Shape): Record<string, unknown> {
    const known: Readonly<Record<string, unknown>> = { run_id: run, experiment_id: '0' }
    return Object.fromEntries(
      Object.entries(shape).map(([name, field]) => [name, known[name] ?? valueOf(field)]),
    )
  }

  function valueOf({ parts, inQuery }: Field<unknown>): unknown {
    if (inQuery === 'list') return [valueOf(parts as Field<unknown>)]
    if (parts !== undefined) return plausible(parts as Shape)
    return inQuery === 'boolean' ? false : '1'
  }
}

/** Node sends the body of a DELETE without saying how long it is. */
function withLength({ headers, body }: ReturnType<typeof jsonRequest>) {
  const length = String(Buffer.byteLength(body ?? ''))
  return { headers: { ...headers, 'content-length': length }, body: body ?? '' }
}

function checkAnswer({ status, text }: Answer, what: string): void {
  assert.ok(status < 500, `${status} for ${what}: ${text}`)
  if (status < 400) return
  const body = JSON.parse(text) as Record<string, unknown>
  const {
    error_code: code,
    message: _message,
    sqlstate: _state,
    error_class: _class,
    ...others
  } = body
  assert.deepEqual([typeof code, others], ['string', {}], what)
  assert.equal(typeof body['message'], 'string', what)
}

/** Texts of an address: repeated for a list, JSON for what has parts. */
function queryOf(value: unknown): string {
  const query = new URLSearchParams()
  if (typeof value !== 'object' || value === null) return ''
  for (const [name, member] of Object.entries(value)) {
    for (const item of Array.isArray(member) ? member : [member]) {
      if (item === undefined) continue
      const text = typeof item === 'string' ? item : jsonText(item)
      query.append(name, text.toWellFormed().slice(0, longest))
    }
  }
  return query.toString()
}
