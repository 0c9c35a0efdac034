import { GyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import type { Cell, FrameSession } from '#ports/frames/frames'
import { authorize, type Context } from '#domains/access/index'
import { openVersion } from '#domains/data/index'
import { commit } from '#domains/journal/index'
import { compareFeatures, type FeatureComparison } from './compare-features.ts'
import { featureNames, type ServiceDefinition } from './definition.ts'
import { dataSource, spineTimestamp } from './join-features.ts'
import { createFeatured } from './join-sql.ts'
import { lookupRows } from './lookup-rows.ts'
import type { OnlineFeatures } from './online.ts'
import {
  joinedViews,
  openService,
  type OpenedService,
  openSources,
  serviceInputs,
} from './open-service.ts'
import { quoteName } from '#ports/frames/frames'
import { timestampOf } from './source-sql.ts'
import { createDataSpine } from './spine.ts'
import { type FeaturesTables, onlineStateColumns, readFeatures } from './store.ts'

export interface ConsistencyReport extends FeatureComparison {
  id: string
  service: string
  serviceVersion: string
  dataVersion: number
  rows: number
  consistent: boolean
  offlineMs: number
  onlineMs: number
  checkedAt: number
}

const weekMs = 7 * 86_400_000

/**
 * Computes the features of sampled rows twice, by the join and by the online store, and compares bit
 * by bit. Rows are those of the newest week of the data that was materialised; every other one is
 * asked for a week later, as live requests come after all that is known. Recorded with its numbers.
 *
 * Errors: `not_found`; `conflict` when views were not materialised, or to different data.
 */
export async function checkConsistency(
  ctx: Context,
  online: OnlineFeatures,
  input: { project: string; service: string; rows: number; seed: number },
): Promise<ConsistencyReport> {
  authorize(ctx, 'editor', input.project)
  const { definition, version, views } = await openService(ctx, input.project, input.service)
  const given = await materializedVersions(ctx, input.project, views)
  const sources = await openSources(ctx, input.project, views, given)
  const service = { definition, version, views, sources }
  const offlineAt = ctx.clock()
  const sampled = await readOffline(ctx, input, service)
  const onlineAt = ctx.clock()
  const prepared = await online.prepare(input.project, `${definition.name}@${version}`)
  const looked = lookupRows(prepared, sampled.request, sampled.moments, ctx.clock())
  const endedAt = ctx.clock()
  const comparison = compareFeatures(definition, sampled, looked)
  const [source] = sources.values()
  const report: ConsistencyReport = {
    id: ctx.newId(),
    service: definition.name,
    serviceVersion: version,
    dataVersion: source?.version ?? 0,
    rows: looked.rows,
    consistent: comparison.mismatches === 0,
    ...comparison,
    offlineMs: onlineAt - offlineAt,
    onlineMs: endedAt - onlineAt,
    checkedAt: ctx.clock(),
  }
  await storeReport(ctx, input.project, report, service)
  return report
}

/** The data versions that the online store was brought to, by data set. */
async function materializedVersions(
  ctx: Context,
  project: string,
  views: OpenedService['views'],
): Promise<Record<string, number>> {
  const states = await readFeatures(ctx)
    .selectFrom('feature_online_states')
    .select(onlineStateColumns)
    .where('project', '=', project)
    .execute()
  const versions: Record<string, number> = {}
  for (const { definition, version } of views) {
    const state = states.find((s) => s.view === definition.name && s.version === version)
    const known = versions[definition.source]
    if (state === undefined || (known !== undefined && known !== state.data_version)) {
      throw new GyreError({
        code: 'conflict',
        public:
          state === undefined
            ? `View ${definition.name}@${version} was not materialised yet. Do it with: gyre features materialize`
            : `View ${definition.name}@${version} was materialised from version ${state.data_version} of its data, another view from ${known ?? 0}. Bring both to one version: gyre features materialize`,
      })
    }
    versions[definition.source] = state.data_version
  }
  return versions
}

export interface SampledRows {
  request: Record<string, Cell[]>
  moments: Float64Array
  /** By feature; NaN for null. */
  features: Record<string, Float64Array>
}

async function readOffline(
  ctx: Context,
  input: { project: string; rows: number; seed: number },
  service: OpenedService,
): Promise<SampledRows> {
  const { definition, sources } = service
  const [first] = sources.values()
  if (first === undefined) {
    throw new GyreError({
      code: 'conflict',
      public: `Service "${definition.name}" has no views: its features come from the request alone, by one definition.`,
    })
  }
  const data = await openVersion(ctx, {
    project: input.project,
    dataset: first.dataset,
    version: first.version,
  })
  const timestamp = spineTimestamp(definition, data)
  return ctx.frames.session(async (session) => {
    const source = await dataSource(ctx, session, data, timestamp)
    const asked = { from: '-7d', sample: input.rows, seed: input.seed, keep: [] }
    await createDataSpine(session, definition, source, asked)
    await postponeHalf(session, definition)
    await createFeatured(session, definition, await joinedViews(ctx, session, service))
    return readSample(session, definition)
  })
}

/** Live requests come when more is known than when the rows happened. */
async function postponeHalf(session: FrameSession, service: ServiceDefinition): Promise<void> {
  await session.run(`UPDATE spine SET t = t + ${weekMs} WHERE pos % 2 = 0`)
  const r = service.request.findIndex(({ name }) => name === service.timestamp)
  if (r >= 0) await session.run(`UPDATE spine SET r${r} = ${timestampOf('t')}`)
}

async function readSample(session: FrameSession, service: ServiceDefinition): Promise<SampledRows> {
  const names = featureNames(service)
  const features = await session.numericColumns(
    `SELECT ${names.map(quoteName).join(', ')} FROM featured ORDER BY pos`,
  )
  const { t = new Float64Array() } = await session.numericColumns(
    'SELECT t FROM spine ORDER BY pos',
  )
  const given = [
    ...service.keys.map((name, i) => `k${i} AS ${quoteName(name)}`),
    ...service.request.map(({ name }, i) => `r${i} AS ${quoteName(name)}`),
  ]
  const request = await session.columns(`SELECT ${given.join(', ')} FROM spine ORDER BY pos`)
  return { request, moments: t, features }
}

async function storeReport(
  ctx: Context,
  project: string,
  report: ConsistencyReport,
  service: OpenedService,
): Promise<void> {
  await commit(ctx, async (change) => {
    await change
      .sql<FeaturesTables>()
      .insertInto('consistency_checks')
      .values({
        id: report.id,
        project,
        service: report.service,
        report: JSON.stringify(report),
        created_at: report.checkedAt,
      })
      .execute()
    change.record({
      verb: 'features.checked',
      subject: subject('service', report.service, report.serviceVersion),
      project,
      inputs: serviceInputs(service).filter((input) => !input.startsWith('service:')),
      detail: {
        rows: report.rows,
        mismatches: report.mismatches,
        consistent: report.consistent,
        features: report.features.map((feature) => ({ ...feature })),
      },
    })
  })
}

/** Reports of a service, newest first. */
export async function listConsistencyChecks(
  ctx: Context,
  input: { project: string; service: string; limit: number },
): Promise<ConsistencyReport[]> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readFeatures(ctx)
    .selectFrom('consistency_checks')
    .select('report')
    .where('project', '=', input.project)
    .where('service', '=', input.service)
    .orderBy('id', 'desc')
    .limit(input.limit)
    .execute()
  return rows.map((row) => parseStored<ConsistencyReport>(row.report))
}
