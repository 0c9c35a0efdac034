import { parseStored } from '#kernel/json'
import type { Platform } from '#domains/access/index'
import { dayMs, longestWindowDays, type ViewDefinition } from './definition.ts'
import { fineHorizonDay } from './materialize.ts'
import { decodeLatest, decodeTiles, type PackedTiles } from './online-format.ts'
import {
  type AggregateEntity,
  type AggregateReader,
  aggregateReader,
  type LatestEntity,
  readAggregates,
  readLatest,
} from './read-online.ts'
import { type OnlineStateRow, readFeatures } from './store.ts'
import { planView, type ViewPlan, type ViewTypes } from './view-plan.ts'

/** A view of the online store, decoded and kept up to date. */
export class LoadedView {
  readonly definition: ViewDefinition
  readonly #project: string
  readonly #version: string
  #plan: ViewPlan | undefined
  #reader: AggregateReader | undefined
  #packed = new Map<string, PackedTiles[]>()
  #entities = new Map<string, AggregateEntity | LatestEntity>()
  #generation = 0
  #last: Promise<void> = Promise.resolve()
  /** Lookups before this cannot be answered. */
  #from = -Infinity

  constructor(project: string, definition: ViewDefinition, version: string) {
    this.#project = project
    this.definition = definition
    this.#version = version
  }

  /** Reads what was written since; all of it after a rebuild. One after the other. */
  async update(platform: Platform, state: OnlineStateRow | undefined): Promise<void> {
    if (state === undefined) return
    const update = this.#last.then(() => this.#load(platform, state))
    this.#last = update.catch(() => undefined)
    await update
  }

  async #load(platform: Platform, state: OnlineStateRow): Promise<void> {
    if (state.generation <= this.#generation) return
    const anew = state.rebuilt > this.#generation
    const rows = await readFeatures(platform)
      .selectFrom('feature_online')
      .select(['entity', 'tiles'])
      .where('project', '=', this.#project)
      .where('view', '=', this.definition.name)
      .where('version', '=', this.#version)
      .where('segment', '>', anew ? 0 : this.#generation)
      .where('segment', '<=', state.generation)
      .orderBy('segment')
      .execute()
    const packed = anew ? new Map<string, PackedTiles[]>() : this.#packed
    const entities = anew ? new Map<string, AggregateEntity | LatestEntity>() : this.#entities
    const plan = planView(this.definition, parseStored<ViewTypes>(state.types))
    const changed = new Set<string>()
    for (const { entity, tiles } of rows) {
      const known = packed.get(entity)
      const parsed = parseStored<PackedTiles>(tiles)
      if (known === undefined) packed.set(entity, [parsed])
      else known.push(parsed)
      changed.add(entity)
    }
    for (const entity of changed) entities.set(entity, decodeEntity(plan, packed.get(entity) ?? []))
    this.#packed = packed
    this.#entities = entities
    this.#plan = plan
    this.#reader = plan.kind === 'aggregate' ? aggregateReader(plan) : undefined
    this.#from = answerableFrom(this.definition, state)
    this.#generation = state.generation
  }

  /** The features of an entity at t, or undefined when nothing is kept of it or of that time. */
  read(entity: string, t: number): Float64Array | undefined {
    const found = this.#entities.get(entity)
    if (found === undefined || this.#plan === undefined || t < this.#from) return undefined
    if (this.#plan.kind === 'latest') return readLatest(this.#plan, found as LatestEntity, t)
    return readAggregates(this.#reader as AggregateReader, found as AggregateEntity, t)
  }
}

function decodeEntity(
  plan: ViewPlan,
  segments: readonly PackedTiles[],
): AggregateEntity | LatestEntity {
  if (plan.kind === 'latest') {
    const latest = decodeLatest(
      plan,
      segments.map((segment) => segment.latest ?? []),
    )
    return { latest, last: undefined }
  }
  const fine = segments.flatMap((segment) => (segment.fine === undefined ? [] : [segment.fine]))
  return {
    coarse: decodeTiles(
      plan,
      segments.map((segment) => segment.coarse ?? []),
    ),
    fine: fine.length === 0 ? undefined : decodeTiles(plan, fine),
    answers: [],
  }
}

/** Before this some tile of the window may have been dropped already. */
function answerableFrom(view: ViewDefinition, state: OnlineStateRow): number {
  const coarse =
    state.horizon === null ? -Infinity : state.horizon + longestWindowDays(view) * dayMs
  const fineDay = state.newest_event === null ? null : fineHorizonDay(view, state.newest_event)
  const aggregates = view.features.some(({ kind }) => kind === 'aggregate')
  return Math.max(coarse, fineDay === null || !aggregates ? -Infinity : fineDay * dayMs)
}
