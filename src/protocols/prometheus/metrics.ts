import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

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

const prefix = 'gyre_'

/** The metrics of one server: a registry of its own, so that two fit in one process. */
export function createMetrics(facts: { version: string; roles: readonly string[] }): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: `${prefix}build_info`,
    help: 'What runs here; always 1.',
    labelNames: ['version', 'roles'],
    registers,
  }).set({ version: facts.version, roles: facts.roles.join(' ') }, 1)
  const requests = new Histogram({
    name: `${prefix}http_request_duration_seconds`,
    help: 'Time from the arrival of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const failures = new Counter({
    name: `${prefix}metric_source_failures_total`,
    help: 'Sources of metrics that failed during a scrape.',
    registers,
  })
  const sources: MetricSource[] = []
  return {
    observeRequest: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    addSource: (source) => void sources.push(source),
    async expose() {
      const families: MetricFamily[] = []
      for (const source of sources) {
        try {
          families.push(...(await source()))
        } catch {
          failures.inc()
        }
      }
      const text = (await registry.metrics()) + families.map(familyText).join('')
      return { contentType: registry.contentType, text }
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
