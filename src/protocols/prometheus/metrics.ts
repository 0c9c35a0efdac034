import type { Registers, RegisterFacts } from './registers.ts'
import { prefix } from './prefix.ts'

/** A family of samples as a room gives it; the room needs to know nothing of Prometheus. */
export interface MetricFamily {
  /** Without the prefix `gyre_`; unit last: `prediction_latency_seconds`. */
  name: string
  help: string
  kind: 'gauge' | 'counter'
  samples: readonly { labels: Readonly<Record<string, string>>; value: number }[]
}

export type MetricSource = () => Promise<readonly MetricFamily[]> | readonly MetricFamily[]

export interface AnsweredRequest {
  method: string
  /** The pattern, never the address itself: there must be few. */
  route: string
  status: number
  seconds: number
}

export interface Metrics {
  observeRequest(answered: AnsweredRequest): void
  /** Registers what a room can tell; asked at every scrape. */
  addSource(source: MetricSource): void
  /** The exposition text. A source that fails is left out and counted. */
  expose(): Promise<{ contentType: string; text: string }>
}

/**
 * The metrics of one server: a registry of its own, so that two fit in one process. The library comes
 * with the first answer, not with the start, which would wait for it.
 */
export function createMetrics(facts: RegisterFacts): Metrics {
  const sources: MetricSource[] = []
  const early: AnsweredRequest[] = []
  let registers: Registers | undefined
  let loading: Promise<Registers> | undefined
  const load = async (): Promise<Registers> => {
    const { createRegisters } = await import('./registers.ts')
    registers = createRegisters(facts)
    for (const answered of early.splice(0)) registers.observeRequest(answered)
    return registers
  }
  return {
    observeRequest(answered) {
      if (registers !== undefined) return registers.observeRequest(answered)
      early.push(answered)
      loading ??= load()
      // A scrape awaits the same promise and tells of its failure.
      loading.catch(() => undefined)
    },
    addSource: (source) => void sources.push(source),
    async expose() {
      loading ??= load()
      const { countFailure, contentType, text } = await loading
      const families: MetricFamily[] = []
      for (const source of sources) {
        try {
          families.push(...(await source()))
        } catch {
          countFailure()
        }
      }
      return { contentType, text: (await text()) + families.map(familyText).join('') }
    },
  }
}

/** One family in the text format 0.0.4. */
export function familyText({ name, help, kind, samples }: MetricFamily): string {
  if (samples.length === 0) return ''
  const full = prefix + name
  const lines = samples.map(
    ({ labels, value }) => `${full}${labelText(labels)} ${valueText(value)}`,
  )
  return [`# HELP ${full} ${escapeHelp(help)}`, `# TYPE ${full} ${kind}`, ...lines, ''].join('\n')
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function valueText(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

function escapeLabel(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', String.raw`\n`)
}
