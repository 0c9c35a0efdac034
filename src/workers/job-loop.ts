import { asGyreError, type GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import type { HeldJob } from '#ports/queue/queue'
import { asSystem, type Context, type Platform } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { createWakeUp } from './wake-up.ts'

/**
 * Does one job. `ctx` acts for the platform, carries the job's cause, is fenced by its lease and
 * aborts when that is lost. What it returns is kept as how the job ended. Throwing an error that is
 * retryable (or unknown) has the job done again; any other fails it.
 */
export type JobHandler = (ctx: Context, job: HeldJob) => Promise<string | void>

export interface JobLoopOptions {
  handlers: Readonly<Record<string, JobHandler>>
  /** Names this worker in leases: unique among all processes. */
  owner: string
  /** How many jobs run at once. */
  concurrency: number
  /** How long a dead worker's job waits for another. */
  leaseMs?: number
  /** How often a job is tried. */
  attempts?: number
}

export interface JobLoop {
  /** Jobs that run now. */
  readonly running: number
  /**
   * Takes no more jobs and waits for those that run. After `graceMs` it tells them to stop and puts
   * them back, so that another worker does them.
   */
  drain(graceMs: number): Promise<void>
}

/** How long jobs of other processes, and those that become due, may go unnoticed. */
const pollMs = 300
const defaultLeaseMs = 30_000
const defaultAttempts = 5

/** Starts a worker that claims jobs of the kinds it has handlers for, until it is drained. */
export function startJobLoop(platform: Platform, options: JobLoopOptions): JobLoop {
  const loop = new RunningLoop(platform, options)
  void loop.run()
  return loop
}

class RunningLoop implements JobLoop {
  readonly #platform: Platform
  readonly #options: JobLoopOptions
  readonly #leaseMs: number
  readonly #kinds: string[]
  readonly #stopClaiming = new AbortController()
  readonly #stopWork = new AbortController()
  readonly #jobs = new Set<Promise<void>>()
  #claiming: Promise<void> | undefined

  constructor(platform: Platform, options: JobLoopOptions) {
    this.#platform = platform
    this.#options = options
    this.#leaseMs = options.leaseMs ?? defaultLeaseMs
    this.#kinds = Object.keys(options.handlers)
  }

  get running(): number {
    return this.#jobs.size
  }

  run(): Promise<void> {
    this.#claiming ??= this.#claim()
    return this.#claiming
  }

  async drain(graceMs: number): Promise<void> {
    this.#stopClaiming.abort()
    await this.#claiming
    const timer = setTimeout(() => this.#stopWork.abort(), graceMs)
    await Promise.all(this.#jobs)
    clearTimeout(timer)
  }

  async #claim(): Promise<void> {
    const { signal } = this.#stopClaiming
    const { queue, log } = this.#platform
    const wake = createWakeUp(this.#platform, signal)
    while (!signal.aborted) {
      if (this.#jobs.size >= this.#options.concurrency) {
        await Promise.race(this.#jobs)
        continue
      }
      try {
        const job = await queue.claim(this.#kinds, this.#options.owner, this.#leaseMs)
        if (job === undefined) await wake.wait(await this.#untilDue())
        else this.#start(job)
      } catch (thrown) {
        log.error({ internal: asGyreError(thrown).internal }, 'Jobs cannot be claimed.')
        await wake.wait(pollMs * 10)
      }
    }
    wake.stop()
  }

  /** Jobs that become due here need not wait for the next look. */
  async #untilDue(): Promise<number> {
    const { queue, clock } = this.#platform
    const at = await queue.nextDue(this.#kinds)
    return at === undefined ? pollMs : Math.max(1, Math.min(pollMs, at - clock()))
  }

  #start(job: HeldJob): void {
    const work = this.#do(job)
      .catch((thrown: unknown) => {
        // Its lease runs out by itself, and then it is claimed again.
        const { internal, public: text } = asGyreError(thrown)
        this.#platform.log.error({ job: job.id, kind: job.kind, internal }, text)
      })
      .finally(() => this.#jobs.delete(work))
    this.#jobs.add(work)
  }

  async #do(job: HeldJob): Promise<void> {
    const lost = new AbortController()
    const beat = setInterval(() => void this.#extend(job, lost), this.#leaseMs / 3)
    const signal = AbortSignal.any([lost.signal, this.#stopWork.signal])
    const ctx: Context = {
      ...asSystem(this.#platform, job.kind),
      job,
      signal,
      ...(job.cause === null ? {} : { cause: job.cause }),
    }
    try {
      const handler = this.#options.handlers[job.kind]
      const reason = await handler?.(ctx, job)
      await this.#platform.queue.complete(job, reason ?? undefined)
    } catch (thrown) {
      if (!lost.signal.aborted) await this.#end(ctx, job, asGyreError(thrown))
    } finally {
      clearInterval(beat)
      // What waits for this job's end need not poll.
      this.#platform.pulse(subject('job', job.id))
    }
  }

  async #extend(job: HeldJob, lost: AbortController): Promise<void> {
    try {
      if (!(await this.#platform.queue.extend(job, this.#leaseMs))) lost.abort()
    } catch (thrown) {
      const { internal } = asGyreError(thrown)
      this.#platform.log.warn({ job: job.id, internal }, 'The lease of a job was not prolonged.')
    }
  }

  async #end(ctx: Context, job: HeldJob, error: GyreError): Promise<void> {
    const { queue, log } = this.#platform
    const { id, kind, attempt } = job
    if (this.#stopWork.signal.aborted) {
      await queue.retry(job, 'the server stopped', 0)
      return
    }
    log.error({ job: id, kind, attempt, internal: error.internal }, error.public)
    const again = error.retryable || error.code === 'internal'
    if (again && attempt < (this.#options.attempts ?? defaultAttempts)) {
      await queue.retry(job, error.public, Math.min(500 * 4 ** (attempt - 1), 60_000))
      return
    }
    const { signal: _stopped, ...unhurried } = ctx
    await recordFailure(unhurried, job, error)
    await queue.fail(job, error.public)
  }
}

async function recordFailure(ctx: Context, job: HeldJob, error: GyreError): Promise<void> {
  await commit(ctx, async (change) => {
    change.record({
      verb: 'job.failed',
      subject: subject('job', job.id),
      project: job.project,
      detail: { kind: job.kind, attempts: job.attempt, reason: error.public },
    })
  })
}
