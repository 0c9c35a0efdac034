import { GyreError } from '#kernel/errors'
import { canonicalJson, parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type DataFile, listFiles, openVersion, type OpenedVersion } from '#domains/data/index'
import { findDefinition } from './apply-features.ts'
import {
  dayMs,
  longestWindowDays,
  type ServiceDefinition,
  type ViewDefinition,
} from './definition.ts'
import { type KeptHistory, packView, type PackedView } from './pack-view.ts'
import { type Materialization, materializationOf } from './read-definitions.ts'
import { onlineStateColumns, type OnlineStateRow, readFeatures } from './store.ts'
import { storeSegment } from './store-segment.ts'
import { viewTypes, type ViewTypes } from './view-plan.ts'

export interface ViewMaterialization extends Materialization {
  view: string
  version: string
  filesRead: number
  entitiesChanged: number
}

/** Segments that an entity may have before all are written anew as one. */
const mostSegments = 64
/** History beyond the longest window that lookups in the past can be answered from. */
const keptDays = 400
/** How often a view is tried that others materialise at the same time. */
const attempts = 5
/** Days of tiles within the day, where those are as many as rows. */
const fineDays = 35

/**
 * Brings the online store of a service's views to a data version (default: the latest). Only files
 * that are new since are read, unless files were changed or removed: then all are. Errors:
 * `not_found`, `conflict` for data in quarantine.
 */
export async function materializeService(
  ctx: Context,
  input: { project: string; service: string; version?: number | undefined },
): Promise<ViewMaterialization[]> {
  authorize(ctx, 'editor', input.project)
  const db = readFeatures(ctx)
  const { definition } = await findDefinition<ServiceDefinition>(
    db,
    'service',
    input.project,
    input.service,
  )
  const done: ViewMaterialization[] = []
  for (const { name, version } of definition.views) {
    done.push(await materializeView(ctx, input.project, `${name}@${version}`, input.version))
  }
  return done
}

/**
 * Brings views of a data set to one of its versions: all current ones, and those of the services named
 * (`name@version`) besides, which may be older. What the loop does after each commit.
 */
export async function materializeSource(
  ctx: Context,
  input: { project: string; dataset: string; version: number; services?: readonly string[] },
): Promise<ViewMaterialization[]> {
  const { project, dataset, version, services = [] } = input
  authorize(ctx, 'editor', project)
  const current = await readFeatures(ctx)
    .selectFrom('feature_views')
    .select(['name', 'version', 'definition'])
    .where('project', '=', project)
    .where('current', '=', 1)
    .orderBy('name')
    .execute()
  const views = new Set(
    current
      .filter((row) => parseStored<ViewDefinition>(row.definition).source === dataset)
      .map((row) => `${row.name}@${row.version}`),
  )
  for (const view of await viewsOf(ctx, project, dataset, services)) views.add(view)
  const done: ViewMaterialization[] = []
  for (const view of views) done.push(await materializeView(ctx, project, view, version))
  return done
}

/** Views of services that read a data set, as `name@version`. */
async function viewsOf(
  ctx: Context,
  project: string,
  dataset: string,
  services: readonly string[],
): Promise<string[]> {
  const db = readFeatures(ctx)
  const found: string[] = []
  for (const service of services) {
    const { definition } = await findDefinition<ServiceDefinition>(db, 'service', project, service)
    for (const { name, version } of definition.views) {
      const view = `${name}@${version}`
      const { definition: read } = await findDefinition<ViewDefinition>(db, 'view', project, view)
      if (read.source === dataset) found.push(view)
    }
  }
  return found
}

/** Brings a view to the latest version of its data set; null: there is none yet. */
export async function materializeLatest(
  ctx: Context,
  { project, view }: { project: string; view: string },
): Promise<ViewMaterialization | null> {
  authorize(ctx, 'editor', project)
  try {
    return await materializeView(ctx, project, view, undefined)
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found') return null
    throw thrown
  }
}

/**
 * Brings the online store of one view (`name` or `name@version`) to a data version. When somebody
 * else did so meanwhile it starts again from what they left.
 */
export async function materializeView(
  ctx: Context,
  project: string,
  reference: string,
  dataVersion: number | undefined,
): Promise<ViewMaterialization> {
  authorize(ctx, 'editor', project)
  for (let attempt = 1; ; attempt++) {
    try {
      return await bringView(ctx, project, reference, dataVersion)
    } catch (thrown) {
      const overtaken =
        thrown instanceof GyreError && thrown.code === 'conflict' && thrown.retryable
      if (!overtaken || attempt === attempts) throw thrown
    }
  }
}

async function bringView(
  ctx: Context,
  project: string,
  reference: string,
  dataVersion: number | undefined,
): Promise<ViewMaterialization> {
  const startedAt = ctx.clock()
  const db = readFeatures(ctx)
  const { definition, row } = await findDefinition<ViewDefinition>(db, 'view', project, reference)
  const data = await openVersion(ctx, { project, dataset: definition.source, version: dataVersion })
  const state = await findState(ctx, project, definition.name, row.version)
  if (state?.data_version === data.version) return unchanged(state)
  const types = viewTypes(definition, data.schema)
  const fresh = await newFiles(ctx, project, state, data, types)
  const kept = keptHistory(definition, data, fresh === undefined ? null : (state?.horizon ?? null))
  const files = fresh ?? data.files
  const packed = await packView(ctx, definition, types, data, files, kept)
  const next: OnlineStateRow = {
    project,
    view: definition.name,
    version: row.version,
    dataset: data.dataset,
    data_version: data.version,
    types: canonicalJson(types),
    ...grownState(state, fresh === undefined, packed),
    newest_event: data.newest[definition.timestamp] ?? null,
    horizon: kept.from,
    materialized_at: ctx.clock(),
    duration_ms: 0,
  }
  next.duration_ms = ctx.clock() - startedAt
  await storeSegment(ctx, state, next, packed, files.length)
  ctx.pulse(subject('view', definition.name, row.version))
  return {
    ...materializationOf(next),
    view: definition.name,
    version: row.version,
    filesRead: files.length,
    entitiesChanged: packed.entities.length,
  }
}

async function findState(
  ctx: Context,
  project: string,
  view: string,
  version: string,
): Promise<OnlineStateRow | undefined> {
  return readFeatures(ctx)
    .selectFrom('feature_online_states')
    .select(onlineStateColumns)
    .where('project', '=', project)
    .where('view', '=', view)
    .where('version', '=', version)
    .executeTakeFirst()
}

function unchanged(state: OnlineStateRow): ViewMaterialization {
  return {
    ...materializationOf(state),
    view: state.view,
    version: state.version,
    filesRead: 0,
    entitiesChanged: 0,
  }
}

/**
 * The files that came since; undefined when adding them is not enough, since others changed or went,
 * expressions have other types now, or an entity would have too many segments.
 */
async function newFiles(
  ctx: Context,
  project: string,
  state: OnlineStateRow | undefined,
  data: OpenedVersion,
  types: ViewTypes,
): Promise<DataFile[] | undefined> {
  if (state === undefined || state.segments >= mostSegments) return undefined
  if (state.types !== canonicalJson(types)) return undefined
  const before: DataFile[] = []
  for (let pageToken: string | undefined = ''; pageToken !== undefined;) {
    const page: { items: DataFile[]; nextPageToken?: string } = await listFiles(ctx, {
      project,
      dataset: state.dataset,
      version: String(state.data_version),
      limit: 50_000,
      pageToken,
    })
    before.push(...page.items)
    pageToken = page.nextPageToken
  }
  const now = new Map(data.files.map((file) => [file.path, file.sha256]))
  if (before.some((file) => now.get(file.path) !== file.sha256)) return undefined
  const known = new Set(before.map((file) => file.path))
  return data.files.filter((file) => !known.has(file.path))
}

/** What is kept: of a view that grows what it kept so far, else what the newest event asks for. */
function keptHistory(
  view: ViewDefinition,
  data: OpenedVersion,
  horizon: number | null,
): KeptHistory {
  const newest = data.newest[view.timestamp]
  if (newest === undefined || view.features.some(({ kind }) => kind === 'latest')) {
    return { from: null, fineFromDay: null }
  }
  const day = Math.floor(newest / dayMs)
  const from = horizon ?? (day - longestWindowDays(view) - keptDays) * dayMs
  return { from, fineFromDay: fineHorizonDay(view, newest) }
}

/**
 * The first day that lookups are answered for from tiles within the day. Where rows are known as
 * they happen those tiles are the rows themselves, so only some weeks of them are kept.
 */
export function fineHorizonDay(view: ViewDefinition, newest: number): number | null {
  return view.knownAt === view.timestamp ? Math.floor(newest / dayMs) - fineDays : null
}

function grownState(
  state: OnlineStateRow | undefined,
  rebuilt: boolean,
  packed: PackedView,
): Pick<OnlineStateRow, 'generation' | 'rebuilt' | 'segments' | 'tiles' | 'entities'> {
  const generation = (state?.generation ?? 0) + 1
  const before = rebuilt ? undefined : state
  return {
    generation,
    rebuilt: before?.rebuilt ?? generation,
    segments: (before?.segments ?? 0) + 1,
    tiles: (before?.tiles ?? 0) + packed.tiles,
    entities: packed.entities.length,
  }
}
