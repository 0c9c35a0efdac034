import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { AnsweredRequest } from './metrics.ts'
import { prefix } from './prefix.ts'

export interface RegisterFacts {
  version: string
  roles: readonly string[]
}

/** What is counted as it happens, as opposed to what rooms tell when they are asked. */
export interface Registers {
  observeRequest(answered: AnsweredRequest): void
  /** Counts a source of metrics that could not tell. */
  countFailure(): void
  contentType: string
  text(): Promise<string>
}

export function createRegisters(facts: RegisterFacts): Registers {
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
  return {
    observeRequest: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    countFailure: () => failures.inc(),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}
