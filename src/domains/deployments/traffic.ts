import { asGyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { PairMap } from '#kernel/pair-map'
import type { Platform } from '#domains/access/index'
import type { VariantRole } from './endpoint.ts'
import {
  countLatency,
  emptyMinute,
  type MinuteNumbers,
  type VariantNumbers,
  variantOf,
} from './service-meter.ts'
import type { DeploymentsTables, EndpointTrafficRow } from './store.ts'

const minuteMs = 60_000

interface Counted {
  project: string
  endpoint: string
  numbers: MinuteNumbers
}

/** What a version did since it was loaded. */
export interface Totals {
  requests: number
  predictions: number
  errors: number
  latencyMs: number
  lastAt: number
}

/** Counts what this gateway serves, by endpoint and minute. */
export class TrafficMeter {
  readonly #clock: () => number
  readonly #minutes = new PairMap<Counted>()
  readonly #changed = new Set<Counted>()
  readonly #totals = new PairMap<Map<number, Totals>>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  answered(project: string, endpoint: string, latencyMs: number): void {
    const { numbers } = this.#now(project, endpoint)
    numbers.requests++
    countLatency(numbers.latency, latencyMs)
  }

  scored(
    project: string,
    endpoint: string,
    part: { version: number; role: VariantRole; rows: number; missing: number; latencyMs: number },
  ): void {
    const { numbers } = this.#now(project, endpoint)
    if (part.role !== 'shadow') {
      numbers.predictions += part.rows
      numbers.missing += part.missing
    }
    const variant = variantOf(numbers.variants, part.version, part.role)
    variant.requests++
    variant.predictions += part.rows
    variant.missing += part.missing
    countLatency(variant.latency, part.latencyMs)
    const totals = this.totalsOf(project, endpoint, part.version)
    totals.requests++
    totals.predictions += part.rows
    totals.latencyMs += part.latencyMs
    totals.lastAt = this.#clock()
  }

  failed(
    project: string,
    endpoint: string,
    thrown: unknown,
    lanes: readonly { version: number; role: VariantRole }[],
  ): void {
    const { numbers } = this.#now(project, endpoint)
    const { code } = asGyreError(thrown)
    numbers.requests++
    if (code === 'overloaded') numbers.shed++
    else if (code === 'internal' || code === 'unavailable') {
      numbers.errors++
      for (const { version, role } of lanes) {
        const variant = variantOf(numbers.variants, version, role)
        variant.requests++
        variant.errors++
        this.totalsOf(project, endpoint, version).errors++
      }
    } else numbers.rejected++
  }

  /** What a version did since it was loaded here. */
  totalsOf(project: string, endpoint: string, version: number): Totals {
    const versions = this.#totals.get(project, endpoint) ?? new Map<number, Totals>()
    const known = versions.get(version)
    if (known !== undefined) return known
    const totals = { requests: 0, predictions: 0, errors: 0, latencyMs: 0, lastAt: 0 }
    this.#totals.set(project, endpoint, versions.set(version, totals))
    return totals
  }

  /** A version is no longer here. */
  forget(project: string, endpoint: string, version: number): void {
    const versions = this.#totals.get(project, endpoint)
    versions?.delete(version)
    if (versions?.size === 0) this.#totals.delete(project, endpoint)
  }

  dropped(project: string, endpoint: string, rows: number): void {
    this.#now(project, endpoint).numbers.dropped += rows
  }

  /** Writes what changed since the last time. */
  async save(platform: Platform, gateway: string): Promise<void> {
    const changed = [...this.#changed]
    if (changed.length === 0) return
    const rows = changed.map((counted) => trafficRow(counted, gateway))
    changed.forEach((counted) => this.#changed.delete(counted))
    try {
      await platform.tables.write<DeploymentsTables, void>(async (tx) => {
        for (const row of rows) {
          const { project, endpoint, minute, gateway: _gateway, ...numbers } = row
          await tx
            .insertInto('endpoint_traffic')
            .values(row)
            .onConflict((c) =>
              c.columns(['project', 'endpoint', 'minute', 'gateway']).doUpdateSet(numbers),
            )
            .execute()
        }
      })
    } catch (thrown) {
      changed.forEach((counted) => this.#changed.add(counted))
      throw thrown
    }
    this.#forgetOld()
  }

  #now(project: string, endpoint: string): Counted {
    const minute = Math.floor(this.#clock() / minuteMs) * minuteMs
    let counted = this.#minutes.get(project, endpoint)
    if (counted === undefined || counted.numbers.minute !== minute) {
      counted = { project, endpoint, numbers: emptyMinute(minute) }
      this.#minutes.set(project, endpoint, counted)
    }
    this.#changed.add(counted)
    return counted
  }

  #forgetOld(): void {
    const minute = Math.floor(this.#clock() / minuteMs) * minuteMs
    for (const { project, endpoint, numbers } of this.#minutes.values()) {
      if (numbers.minute < minute) this.#minutes.delete(project, endpoint)
    }
  }
}

function trafficRow(counted: Counted, gateway: string): EndpointTrafficRow {
  const { latency, variants, ...numbers } = counted.numbers
  return {
    project: counted.project,
    endpoint: counted.endpoint,
    gateway,
    ...numbers,
    latency: JSON.stringify(latency),
    variants: JSON.stringify(variants),
  }
}

export function minuteFromRow(row: EndpointTrafficRow): MinuteNumbers {
  const { project: _project, endpoint: _endpoint, gateway: _gateway, ...numbers } = row
  return {
    ...numbers,
    latency: parseStored<number[]>(row.latency),
    variants: parseStored<VariantNumbers[]>(row.variants),
  }
}
