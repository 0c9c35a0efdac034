import { invalid } from '#kernel/errors'
import { type Subject, subject } from '#kernel/subjects'
import type { FrameSession } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'
import { type OpenedVersion, openVersion, scanFiles } from '#domains/data/index'
import { findDefinition } from './apply-features.ts'
import type { ServiceDefinition, ViewDefinition } from './definition.ts'
import type { JoinedView } from './join-sql.ts'
import { readFeatures } from './store.ts'

/** A service with its views and the data versions that they are computed from. */
export interface OpenedService {
  definition: ServiceDefinition
  version: string
  views: { definition: ViewDefinition; version: string }[]
  /** By name of the data set. */
  sources: Map<string, OpenedVersion>
}

/** A service and its views, by `name` or `name@version`. Errors: `not_found`. */
export async function openService(
  ctx: Context,
  project: string,
  reference: string,
): Promise<Omit<OpenedService, 'sources'>> {
  const db = readFeatures(ctx)
  const { definition, row } = await findDefinition<ServiceDefinition>(
    db,
    'service',
    project,
    reference,
  )
  const views: OpenedService['views'] = []
  for (const { name, version } of definition.views) {
    const view = await findDefinition<ViewDefinition>(db, 'view', project, `${name}@${version}`)
    views.push({ definition: view.definition, version })
  }
  return { definition, version: row.version, views }
}

/**
 * Opens the data that the views of a service are computed from: the given versions, else the latest.
 * Errors: `not_found`, `conflict` for a version in quarantine.
 */
export async function openSources(
  ctx: Context,
  project: string,
  views: OpenedService['views'],
  given: Readonly<Record<string, number>>,
): Promise<Map<string, OpenedVersion>> {
  const names = new Set(views.map(({ definition }) => definition.source))
  const unknown = Object.keys(given).find((name) => !names.has(name))
  if (unknown !== undefined && names.size > 0) {
    throw invalid(
      `No view of the service reads data set "${unknown}". They read: ${[...names].join(', ')}.`,
    )
  }
  const sources = new Map<string, OpenedVersion>()
  for (const dataset of names) {
    sources.set(dataset, await openVersion(ctx, { project, dataset, version: given[dataset] }))
  }
  return sources
}

/** The views as the join needs them. */
export async function joinedViews(
  ctx: Context,
  session: FrameSession,
  { views, sources }: OpenedService,
): Promise<JoinedView[]> {
  const joined: JoinedView[] = []
  for (const { definition } of views) {
    const source = sources.get(definition.source) as OpenedVersion
    joined.push({
      definition,
      columns: source.schema,
      source: await scanFiles(ctx, session, source.files),
    })
  }
  return joined
}

/** What a result of this service was made from. */
export function serviceInputs({ definition, version, views, sources }: OpenedService): Subject[] {
  return [
    ...[...sources.values()].map((source) => subject('data', source.dataset, source.version)),
    ...views.map((view) => subject('view', view.definition.name, view.version)),
    subject('service', definition.name, version),
  ]
}
