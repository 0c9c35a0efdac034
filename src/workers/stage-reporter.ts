import type { StageReport } from '#domains/pipelines/index'

/** A message about one stage: its state, its new output, or both. */
export interface StageMessage extends Partial<Omit<StageReport, 'stage'>> {
  stage: string
  log?: { offset: number; text: string }
}

const flushMs = 150

/**
 * Sends what stages do in order, their output gathered for a moment, so that a chatty command costs
 * a few messages a second. What fails to be sent is told once and then dropped.
 */
export class StageReporter {
  readonly #send: (message: StageMessage) => Promise<void>
  readonly #onFailure: (thrown: unknown) => void
  readonly #pending = new Map<string, string>()
  readonly #sent = new Map<string, number>()
  #chain: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #failed = false

  constructor(
    send: (message: StageMessage) => Promise<void>,
    onFailure: (thrown: unknown) => void,
  ) {
    this.#send = send
    this.#onFailure = onFailure
  }

  report(update: StageReport): void {
    this.#flush()
    this.#post({ ...update })
  }

  output(stage: string, line: string): void {
    this.#pending.set(stage, `${this.#pending.get(stage) ?? ''}${line}\n`)
    this.#timer ??= setTimeout(() => this.#flush(), flushMs)
  }

  /** Resolves when all that was told has been sent. */
  async finish(): Promise<void> {
    this.#flush()
    await this.#chain
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [stage, text] of this.#pending) {
      const offset = this.#sent.get(stage) ?? 0
      this.#sent.set(stage, offset + text.length)
      for (let start = 0; start < text.length; start += 500_000) {
        const part = text.slice(start, start + 500_000)
        this.#post({ stage, log: { offset: offset + start, text: part } })
      }
    }
    this.#pending.clear()
  }

  #post(message: StageMessage): void {
    this.#chain = this.#chain.then(async () => {
      if (this.#failed) return
      try {
        await this.#send(message)
      } catch (thrown) {
        this.#failed = true
        this.#onFailure(thrown)
      }
    })
  }
}
