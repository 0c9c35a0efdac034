import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import type { Job } from '#ports/queue/queue'
import { asSystem, type Context } from '#domains/access/index'
import { commit, listRecords } from '#domains/journal/index'
import { type JobHandler, type JobLoop, startJobLoop } from './job-loop.ts'
import { lead } from './leadership.ts'
import { runSubscription } from './subscription.ts'

describe('workers', () => {
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context
  const loops: JobLoop[] = []
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-workers-'))
    opened = await openPlatform({ dataDirectory: directory })
    ctx = asSystem(opened.platform, 'test')
  })
  afterEach(async () => {
    for (const loop of loops.splice(0)) await loop.drain(0)
    await opened.close()
    await rm(directory, { recursive: true })
  })

  /** Writes a record and the job that follows from it. */
  async function enqueue(payload: number, key?: string): Promise<void> {
    await commit(ctx, async (change) => {
      change.record({ verb: 'project.noted', subject: subject('project', 'p'), project: 'p' })
      change.enqueue({
        kind: 'test.work',
        project: 'p',
        payload,
        ...(key === undefined ? {} : { key }),
      })
    })
  }

  function start(
    handler: JobHandler,
    options: Partial<Parameters<typeof startJobLoop>[1]> = {},
  ): JobLoop {
    const handlers = { 'test.work': handler }
    const loop = startJobLoop(opened.platform, { handlers, owner: 'w', concurrency: 2, ...options })
    loops.push(loop)
    return loop
  }

  async function until(done: (jobs: Job[]) => boolean): Promise<Job[]> {
    for (;;) {
      const jobs = await opened.platform.queue.list()
      if (done(jobs)) return jobs
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  it('does each job once, with its cause, and never more at once than it may', async () => {
    let running = 0
    let most = 0
    const causes: (number | undefined)[] = []
    start(async (jobCtx) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      causes.push(jobCtx.cause)
      running--
      return 'as it should'
    })
    for (let i = 0; i < 10; i++) await enqueue(i)
    const jobs = await until(
      (all) => all.length === 10 && all.every(({ state }) => state === 'done'),
    )
    assert.ok(jobs.every(({ reason, attempt }) => reason === 'as it should' && attempt === 1))
    assert.deepEqual(
      causes.toSorted((a, b) => a! - b!),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
    assert.ok(most <= 2)
  })

  it('has a job done again that failed for a passing reason', async () => {
    let tries = 0
    start(async () => {
      if (++tries < 2) throw new Error('a passing fault')
    })
    await enqueue(1)
    const [job] = await until(([first]) => first?.state === 'done')
    assert.equal(job?.attempt, 2)
  })

  it('fails a job for good, with a record that names its reason and cause', async () => {
    start(async () => {
      throw new GyreError({ code: 'invalid', public: 'It can never work.' })
    })
    await enqueue(1)
    const [job] = await until(([first]) => first?.state === 'failed')
    assert.equal(job?.reason, 'It can never work.')
    const { items } = await listRecords(ctx, 'p', { order: 'newest', limit: 1 })
    assert.equal(items[0]?.verb, 'job.failed')
    assert.equal(items[0]?.detail['reason'], 'It can never work.')
    assert.deepEqual(items[0]?.inputs, ['record:1'])
  })

  it('gives up after its attempts', async () => {
    start(
      async () => {
        throw new Error('always')
      },
      { attempts: 1 },
    )
    await enqueue(1)
    const [job] = await until(([first]) => first?.state === 'failed')
    assert.equal(job?.attempt, 1)
    assert.doesNotMatch(job?.reason ?? '', /always/)
  })

  it('keeps a long job by prolonging its lease', async () => {
    let starts = 0
    start(
      async () => {
        starts++
        await new Promise((resolve) => setTimeout(resolve, 500))
      },
      { leaseMs: 150, concurrency: 4 },
    )
    await enqueue(1)
    await until(([first]) => first?.state === 'done')
    assert.equal(starts, 1)
  })

  it('stops a job that was cancelled, and lets it commit nothing more', async () => {
    let refused: unknown
    start(
      async (jobCtx) => {
        const [job] = await opened.platform.queue.list()
        await opened.platform.queue.cancel(job!.id, 'no longer wanted')
        await new Promise((resolve) => jobCtx.signal?.addEventListener('abort', resolve))
        refused = await commit(jobCtx, async (change) => {
          change.record({ verb: 'project.noted', subject: subject('project', 'q'), project: 'q' })
        }).catch((thrown: unknown) => thrown)
        throw refused
      },
      { leaseMs: 150 },
    )
    await enqueue(1)
    await until(() => refused !== undefined)
    assert.equal((refused as GyreError).code, 'conflict')
    const { items } = await listRecords(ctx, 'q', { order: 'newest', limit: 10 })
    assert.equal(items.length, 0)
  })

  it('puts back what it cannot finish in time when it drains', async () => {
    const loop = start(async (jobCtx) => {
      await new Promise((_, reject) => {
        jobCtx.signal?.addEventListener('abort', () => reject(new Error('stopped')))
      })
    })
    await enqueue(1)
    await until(() => loop.running === 1)
    await loop.drain(20)
    const [job] = await opened.platform.queue.list()
    assert.equal(job?.state, 'queued')
    assert.equal(job?.reason, 'the server stopped')
  })

  it('hands a subscription every record once, over restarts', async () => {
    const seen: number[] = []
    for (let round = 0; round < 3; round++) {
      const stop = new AbortController()
      const first = seen.length
      const run = runSubscription(
        opened.platform,
        'test',
        async ({ seq }) => {
          seen.push(seq)
        },
        stop.signal,
      )
      for (let i = 0; i < 5; i++) await enqueue(i)
      while (seen.length < first + 5) await new Promise((resolve) => setTimeout(resolve, 5))
      stop.abort()
      await run
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 15 }, (_, i) => i + 1),
    )
  })

  it('tries a record again on which a subscription failed', async () => {
    const stop = new AbortController()
    const seen: number[] = []
    let fails = 2
    const run = runSubscription(
      opened.platform,
      'test',
      async ({ seq }) => {
        if (seq === 2 && fails-- > 0) throw new Error('a passing fault')
        seen.push(seq)
        if (seq === 3) stop.abort()
      },
      stop.signal,
    )
    for (let i = 0; i < 3; i++) await enqueue(i)
    await run
    assert.deepEqual(seen, [1, 2, 3])
  })

  it('has one leader at a time, and another when the first lets go', async () => {
    const leaders: string[] = []
    let leading = 0
    const stops = [new AbortController(), new AbortController()]
    const runs = stops.map((stop, i) =>
      lead(
        opened.platform,
        { name: 'test', owner: `process-${i}`, ttlMs: 100 },
        async (signal) => {
          assert.equal(++leading, 1)
          leaders.push(`process-${i}`)
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          leading--
        },
        stop.signal,
      ),
    )
    while (leaders.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    stops[Number(leaders[0]?.at(-1))]?.abort()
    while (leaders.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    for (const stop of stops) stop.abort()
    await Promise.all(runs)
    assert.deepEqual(leaders.toSorted(), ['process-0', 'process-1'])
  })
})
