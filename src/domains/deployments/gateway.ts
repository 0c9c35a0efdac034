import { asGyreError } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { parseStored } from '#kernel/json'
import { type Context, type Platform, asSystem } from '#domains/access/index'
import type { VariantRole } from './endpoint.ts'
import {
  forgetModel,
  type GatewayModelState,
  reportGateway,
  reportModel,
  routesOf,
} from './gateways.ts'
import { loadSlot, retireSlot, warmSlot } from './load-slot.ts'
import { checkParity, readSample, type Replay } from './parity.ts'
import type { RolloutPolicy } from './policy.ts'
import { buildRoute, type Lane, type Route, type Slot } from './route.ts'
import type { Serving } from './serving.ts'
import {
  endpointColumns,
  type EndpointRow,
  readDeployments,
  variantColumns,
  type VariantRow,
} from './store.ts'

export interface GatewayOptions {
  id: string
  startedAt: number
  serving: Serving
  /** Asks this gateway itself through its real doors. */
  replay: Replay
}

/** Keeps one process serving what the tables say it is to serve. */
export class GatewaySync {
  readonly #ctx: Context
  readonly #options: GatewayOptions
  /** Versions that could not be made ready: not tried again until they are wanted anew. */
  readonly #failed = new Map<string, string>()
  #running: Promise<void> | undefined
  #again = false
  #routes = ''

  constructor(platform: Platform, options: GatewayOptions) {
    this.#ctx = asSystem(platform, 'gateway')
    this.#options = options
  }

  /** Loads, routes and releases until what is served is what is wanted. One at a time. */
  async sync(): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = true
      return this.#running
    }
    this.#running = this.#repeat()
    try {
      await this.#running
    } finally {
      this.#running = undefined
    }
  }

  /** Says that this gateway is alive, and what it serves. */
  async report(): Promise<void> {
    const { id, startedAt } = this.#options
    await reportGateway(this.#ctx, { id, startedAt, routes: this.#routes })
  }

  /** Releases every model; for the end of the process. */
  async close(): Promise<void> {
    const { serving } = this.#options
    for (const route of serving.routes()) {
      serving.removeRoute(route.project, route.endpoint)
      for (const slot of route.slots.values()) await retireSlot(slot)
    }
  }

  async #repeat(): Promise<void> {
    do {
      this.#again = false
      await this.#once()
    } while (this.#again)
  }

  async #once(): Promise<void> {
    const db = readDeployments(this.#ctx)
    const endpoints = await db.selectFrom('endpoints').select(endpointColumns).execute()
    const variants = await db.selectFrom('endpoint_variants').select(variantColumns).execute()
    const { serving } = this.#options
    for (const endpoint of endpoints) {
      const own = variants.filter(
        (v) => v.project === endpoint.project && v.endpoint === endpoint.name,
      )
      await this.#serve(endpoint, own)
    }
    const names = new Set(endpoints.map((row) => `${row.project}/${row.name}`))
    for (const route of serving.routes()) {
      if (names.has(`${route.project}/${route.endpoint}`)) continue
      serving.removeRoute(route.project, route.endpoint)
      for (const slot of route.slots.values()) await this.#retire(slot)
    }
    const routes = routesOf(this.#ctx, variants)
    if (routes === this.#routes) return
    this.#routes = routes
    await this.report()
  }

  /** Loads what is new, swaps the route at once, then lets go of what is no longer wanted. */
  async #serve(endpoint: EndpointRow, variants: readonly VariantRow[]): Promise<void> {
    const { serving } = this.#options
    const before = this.#routeOf(endpoint)
    const slots = new Map<number, Slot>()
    const fresh: { slot: Slot; variant: VariantRow }[] = []
    for (const variant of variants) {
      const known = slots.get(variant.version) ?? before?.slots.get(variant.version)
      const slot = known ?? (await this.#load(endpoint, variant))
      if (slot === undefined) continue
      slots.set(variant.version, slot)
      if (known === undefined) fresh.push({ slot, variant })
    }
    serving.setRoute(routeFrom(endpoint, variants, slots))
    for (const [version, slot] of before?.slots ?? []) {
      if (!slots.has(version)) await this.#retire(slot)
    }
    for (const { slot, variant } of fresh) await this.#makeReady(endpoint, slot, variant)
    this.#forgetFailures(endpoint, variants)
  }

  #routeOf({ project, name }: EndpointRow): Route | undefined {
    return this.#options.serving
      .routes()
      .find((route) => route.project === project && route.endpoint === name)
  }

  async #load(endpoint: EndpointRow, variant: VariantRow): Promise<Slot | undefined> {
    if (this.#failed.has(variantKey(variant))) return undefined
    await this.#report(variant, 'loading', 'It is being loaded.', {})
    const started = this.#ctx.clock()
    try {
      const slot = await loadSlot(
        this.#ctx,
        {
          project: endpoint.project,
          endpoint: endpoint.name,
          model: endpoint.model,
          version: variant.version,
        },
        this.#options.serving.features,
      )
      const sample = await readSample(this.#ctx, slot, parityRows(endpoint))
      await this.#report(variant, 'warming', 'It is loaded.', {
        loadMs: this.#ctx.clock() - started,
      })
      await warmSlot(slot, sample)
      return slot
    } catch (thrown) {
      await this.#fail(variant, thrown)
      return undefined
    }
  }

  /** A version that is being released is first compared with its training rows. */
  async #makeReady(endpoint: EndpointRow, slot: Slot, variant: VariantRow): Promise<void> {
    const candidate = variant.role === 'canary' && variant.share === 0
    if (!candidate) {
      await this.#report(variant, 'ready', 'It is loaded and answers.', {})
      return
    }
    await this.#report(variant, 'checking', 'It answers.', {})
    try {
      const sample = await readSample(this.#ctx, slot, parityRows(endpoint))
      const { holds, text, evidence } = await checkParity(slot, sample, this.#options.replay)
      if (!holds) this.#failed.set(variantKey(variant), text)
      await this.#report(variant, holds ? 'ready' : 'failed', text, { parity: evidence })
    } catch (thrown) {
      await this.#fail(variant, thrown)
    }
  }

  async #fail(variant: VariantRow, thrown: unknown): Promise<void> {
    const error = asGyreError(thrown)
    const text = `It could not be made ready: ${error.public}`
    this.#ctx.log.error(
      { endpoint: variant.endpoint, version: variant.version, internal: error.internal },
      text,
    )
    this.#failed.set(variantKey(variant), text)
    await this.#report(variant, 'failed', text, {})
  }

  #forgetFailures(endpoint: EndpointRow, variants: readonly VariantRow[]): void {
    const wanted = new Set(variants.map(variantKey))
    for (const key of this.#failed.keys()) {
      if (key.startsWith(`${endpoint.project}/${endpoint.name}/`) && !wanted.has(key)) {
        this.#failed.delete(key)
      }
    }
  }

  async #retire(slot: Slot): Promise<void> {
    this.#options.serving.traffic.forget(slot.project, slot.endpoint, slot.version)
    await retireSlot(slot)
    await forgetModel(this.#ctx, this.#options.id, slot)
  }

  async #report(
    { project, endpoint, version }: VariantRow,
    state: GatewayModelState,
    text: string,
    evidence: Record<string, Json>,
  ): Promise<void> {
    const gateway = this.#options.id
    await reportModel(this.#ctx, { gateway, project, endpoint, version, state, text, evidence })
  }
}

function variantKey({ project, endpoint, version, rollout }: VariantRow): string {
  return `${project}/${endpoint}/${version} ${rollout ?? ''}`
}

function parityRows(endpoint: EndpointRow): number {
  return parseStored<RolloutPolicy>(endpoint.policy).parityRows
}

function routeFrom(
  endpoint: EndpointRow,
  variants: readonly VariantRow[],
  slots: ReadonlyMap<number, Slot>,
): Route {
  const canary = variants.find((variant) => variant.role === 'canary')
  const tested = canary !== undefined && canary.step !== null
  const stage = tested ? `${canary.rollout ?? ''}/${canary.step}` : null
  const lane = (role: VariantRole): Lane | null => {
    const variant = variants.find((candidate) => candidate.role === role)
    const slot = variant === undefined ? undefined : slots.get(variant.version)
    if (variant === undefined || slot === undefined) return null
    return { slot, role, share: variant.share, stage: role === 'shadow' ? null : stage }
  }
  return buildRoute({
    project: endpoint.project,
    endpoint: endpoint.name,
    champion: lane('champion'),
    canary: lane('canary'),
    shadow: lane('shadow'),
    slots,
  })
}
