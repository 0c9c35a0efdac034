import { parseStored } from '#kernel/json'
import type { Platform } from '#domains/access/index'
import { findDefinition } from './apply-features.ts'
import { type ServiceDefinition, type ViewDefinition } from './definition.ts'
import { LoadedView } from './load-online.ts'
import {
  type LookedUp,
  lookupRows,
  type PreparedService,
  type RequestColumns,
} from './lookup-rows.ts'
import { onlineStateColumns, type OnlineStateRow, readFeatures } from './store.ts'
import { compileExpression } from '#science/expression/evaluate'
import { parseExpression } from '#science/expression/parse'

/** What a caller gives to a service. */
export interface ServiceInput {
  input: {
    name: string
    type: 'number' | 'boolean' | 'string' | 'timestamp'
    kind: 'key' | 'request'
  }[]
  timestamp: string
}

/** How long a lookup may go without asking the store whether another process changed it. */
const trustedMs = 1000

interface Entry {
  service: PreparedService
  checkedAt: number
  epoch: number
}

/**
 * Features for predictions, from the online store: decoded once, kept in memory, brought up to date
 * when this process materialises, or at most a second after another one does. Build one per server
 * and close it at the end.
 */
export class OnlineFeatures {
  readonly #platform: Platform
  readonly #entries = new Map<string, Entry>()
  readonly #refreshing = new Map<string, Promise<Entry>>()
  readonly #views = new Map<string, LoadedView>()
  readonly #unsubscribe: () => void
  #epoch = 0

  constructor(platform: Platform) {
    this.#platform = platform
    this.#unsubscribe = platform.onPulse((topic) => {
      if (topic.startsWith('view:') || topic.startsWith('service:')) this.#epoch++
    })
  }

  close(): void {
    this.#unsubscribe()
  }

  /** What a caller has to give. Errors: `not_found`. */
  async describe(project: string, service: string): Promise<ServiceInput> {
    const { definition } = await this.prepare(project, service)
    return {
      input: [
        ...definition.keys.map((name) => ({ name, type: 'string' as const, kind: 'key' as const })),
        ...definition.request.map(({ name, type }) => ({ name, type, kind: 'request' as const })),
      ],
      timestamp: definition.timestamp,
    }
  }

  /**
   * The features of a batch of requests, NaN where a value is not known: keys and request columns of
   * equal length, and as of when (milliseconds; default: the request's own column of time, else now).
   * `service` is `name` or `name@version`. Errors: `not_found`, `invalid` names column and row.
   */
  async lookup(
    project: string,
    service: string,
    columns: RequestColumns,
    timestamps?: ArrayLike<number>,
  ): Promise<LookedUp> {
    const prepared = await this.prepare(project, service)
    return lookupRows(prepared, columns, timestamps, this.#platform.clock())
  }

  /** The service, up to date, for lookups without waiting (`lookupRows`). */
  async prepare(project: string, service: string): Promise<PreparedService> {
    const key = `${project}\n${service}`
    const entry = this.#entries.get(key)
    const now = this.#platform.clock()
    if (entry?.epoch === this.#epoch && now - entry.checkedAt < trustedMs) return entry.service
    const running = this.#refreshing.get(key)
    if (running !== undefined && entry?.epoch === this.#epoch) return (await running).service
    const refresh = this.#refresh(project, service, this.#epoch).finally(() =>
      this.#refreshing.delete(key),
    )
    this.#refreshing.set(key, refresh)
    const fresh = await refresh
    this.#entries.set(key, fresh)
    return fresh.service
  }

  async #refresh(project: string, reference: string, epoch: number): Promise<Entry> {
    const checkedAt = this.#platform.clock()
    const db = readFeatures(this.#platform)
    const { definition, row } = await findDefinition<ServiceDefinition>(
      db,
      'service',
      project,
      reference,
    )
    const states = await this.#states(project)
    const views: LoadedView[] = []
    for (const { name, version } of definition.views) {
      const view = await this.#view(project, name, version)
      await view.update(this.#platform, states.get(`${name}@${version}`))
      views.push(view)
    }
    const known = this.#entries.get(`${project}\n${reference}`)?.service
    const service =
      known?.version === row.version ? known : prepareService(definition, row.version, views)
    return { service, checkedAt, epoch }
  }

  async #states(project: string): Promise<Map<string, OnlineStateRow>> {
    const rows = await readFeatures(this.#platform)
      .selectFrom('feature_online_states')
      .select(onlineStateColumns)
      .where('project', '=', project)
      .execute()
    return new Map(rows.map((row) => [`${row.view}@${row.version}`, row]))
  }

  async #view(project: string, name: string, version: string): Promise<LoadedView> {
    const key = `${project}\n${name}@${version}`
    const known = this.#views.get(key)
    if (known !== undefined) return known
    const { row } = await findDefinition(
      readFeatures(this.#platform),
      'view',
      project,
      `${name}@${version}`,
    )
    const view = new LoadedView(project, parseStored<ViewDefinition>(row.definition), version)
    this.#views.set(key, view)
    return view
  }
}

function prepareService(
  definition: ServiceDefinition,
  version: string,
  views: LoadedView[],
): PreparedService {
  return {
    definition,
    version,
    views,
    expressions: definition.expressions.map(({ expression }) =>
      compileExpression(parseExpression(expression)),
    ),
  }
}
