import { GyreError, invalid } from '#kernel/errors'
import { type Subject, subject } from '#kernel/subjects'
import { type FrameSession, quoteName } from '#ports/frames/frames'
import { authorize, type Context } from '#domains/access/index'
import {
  type OpenedVersion,
  openVersion,
  readingFile,
  requireBlob,
  scanFiles,
} from '#domains/data/index'
import { commit } from '#domains/journal/index'
import { featureNames, type ServiceDefinition } from './definition.ts'
import { createFeatured } from './join-sql.ts'
import {
  joinedViews,
  openService,
  openSources,
  type OpenedService,
  serviceInputs,
} from './open-service.ts'
import { readExported } from '#ports/frames/read-exported'
import {
  createDataSpine,
  createGivenSpine,
  type DataSpine,
  type Spine,
  type SpineSource,
} from './spine.ts'
import type { FeaturesTables } from './store.ts'

/** The rows that features are joined to: those of a data version, or a Parquet file's. */
export type SpineRequest =
  | ({ data: string } & DataSpine)
  | { blob: string; timestamp?: string | undefined; data: Readonly<Record<string, number>> }

export interface TrainingSet {
  id: string
  service: string
  serviceVersion: string
  sha256: string
  sizeBytes: number
  rows: number
  columns: string[]
  inputs: string[]
  /** Rows without a value, by feature. */
  missing: Record<string, number>
  newest: number | null
  from: number | null
  to: number | null
  durationMs: number
  createdAt: number
}

/** Rows of the spine, ready to be joined. */
interface OpenedSpine {
  service: OpenedService
  /** Subjects besides those of the service. */
  inputs: Subject[]
  newest: number | null
  create(session: FrameSession): Promise<Spine>
}

/**
 * Makes a training set: the rows of the spine in their order, none lost and none added, with the
 * features of a service as they were known at each row's moment. Stored as a Parquet blob; the
 * record names the versions of data, views and service that it was made from.
 *
 * Errors: `invalid`, `not_found`, `conflict` for data in quarantine.
 */
export async function joinFeatures(
  ctx: Context,
  input: { project: string; service: string; spine: SpineRequest },
): Promise<TrainingSet> {
  authorize(ctx, 'editor', input.project)
  const startedAt = ctx.clock()
  const opened =
    'blob' in input.spine
      ? await openGiven(ctx, input.project, input.service, input.spine)
      : await openData(ctx, input.project, input.service, input.spine)
  const made = await makeTrainingSet(ctx, opened)
  const { service } = opened
  const inputs = [...new Set([...opened.inputs, ...serviceInputs(service)])]
  const set: TrainingSet = {
    id: ctx.newId(),
    service: service.definition.name,
    serviceVersion: service.version,
    ...made,
    inputs,
    newest: opened.newest,
    durationMs: ctx.clock() - startedAt,
    createdAt: ctx.clock(),
  }
  await storeTrainingSet(ctx, input.project, set, inputs)
  return set
}

async function storeTrainingSet(
  ctx: Context,
  project: string,
  set: TrainingSet,
  inputs: readonly Subject[],
): Promise<void> {
  await commit(ctx, async (change) => {
    await change
      .sql<FeaturesTables>()
      .insertInto('training_sets')
      .values({
        id: set.id,
        project,
        service: set.service,
        sha256: set.sha256,
        report: JSON.stringify(set),
        created_at: set.createdAt,
      })
      .execute()
    change.record({
      verb: 'features.joined',
      subject: subject('blob', set.sha256),
      project,
      inputs,
      detail: {
        id: set.id,
        rows: set.rows,
        columns: set.columns,
        missing: set.missing,
        from: set.from,
        to: set.to,
      },
    })
  })
}

type Made = Pick<
  TrainingSet,
  'sha256' | 'sizeBytes' | 'rows' | 'columns' | 'missing' | 'from' | 'to'
>

async function makeTrainingSet(ctx: Context, opened: OpenedSpine): Promise<Made> {
  const scratch = await ctx.scratchDirectory()
  try {
    return await ctx.frames.session(async (session) => {
      const { service } = opened
      const spine = await opened.create(session)
      const names = featureNames(service.definition)
      checkResultNames(spine, names)
      await createFeatured(session, service.definition, await joinedViews(ctx, session, service))
      const columns = [
        ...spine.kept.map(({ name, column }) => ({ name, sql: `s.${column}` })),
        ...names.map((name) => ({ name, sql: `f.${quoteName(name)}` })),
      ]
      const path = `${scratch.path}/joined.parquet`
      const rows = await session.exportParquet(
        `SELECT ${columns.map(({ name, sql }) => `${sql} AS ${quoteName(name)}`).join(', ')}
         FROM spine s JOIN featured f USING (pos) ORDER BY pos`,
        path,
      )
      const missing = await countMissing(session, names, rows)
      const stat = await ctx.blobs.put(readExported(session, path))
      return {
        sha256: stat.sha256,
        sizeBytes: stat.sizeBytes,
        rows,
        columns: columns.map(({ name }) => name),
        missing,
        from: spine.from,
        to: spine.to,
      }
    })
  } finally {
    await scratch.remove()
  }
}

function checkResultNames(spine: Spine, features: readonly string[]): void {
  const twice = spine.kept.find(({ name }) => features.includes(name))
  if (twice === undefined) return
  throw invalid(`"${twice.name}" is a feature and a column of the rows. Rename one of them.`)
}

async function countMissing(
  session: FrameSession,
  names: readonly string[],
  rows: number,
): Promise<Record<string, number>> {
  const items = names.map((name, i) => `count(${quoteName(name)}) AS n${i}`)
  const [counts] = await session.rows<Record<string, number>>(
    `SELECT ${items.join(', ')} FROM featured`,
  )
  return Object.fromEntries(names.map((name, i) => [name, rows - (counts?.[`n${i}`] ?? 0)]))
}

async function openData(
  ctx: Context,
  project: string,
  reference: string,
  spine: { data: string } & DataSpine,
): Promise<OpenedSpine> {
  const { definition, version, views } = await openService(ctx, project, reference)
  const { dataset, number } = readDataReference(spine.data)
  const data = await openVersion(ctx, { project, dataset, version: number })
  const given = views.some((view) => view.definition.source === dataset)
    ? { [dataset]: data.version }
    : {}
  const service = {
    definition,
    version,
    views,
    sources: await openSources(ctx, project, views, given),
  }
  const timestamp = spineTimestamp(definition, data)
  const newest = data.newest[timestamp] ?? null
  return {
    service,
    inputs: [subject('data', data.dataset, data.version)],
    newest,
    create: async (session) => {
      const source = await dataSource(ctx, session, data, timestamp)
      return createDataSpine(session, definition, { ...source, newest }, spine)
    },
  }
}

/** `NAME` or `NAME@VERSION`. */
function readDataReference(text: string): { dataset: string; number: number | undefined } {
  const [, name, version] = /^(.+?)(?:@(\d{1,12}|latest))?$/.exec(text) ?? []
  if (name === undefined)
    throw invalid(`${JSON.stringify(text)} is no data set. Write NAME or NAME@VERSION.`)
  const number = version === undefined || version === 'latest' ? undefined : Number(version)
  return { dataset: name, number }
}

/** The service's own column of time where the data has it, else when the event happened. */
export function spineTimestamp(service: ServiceDefinition, data: OpenedVersion): string {
  if (data.schema.some((column) => column.name === service.timestamp)) return service.timestamp
  if (data.timestamp !== null) return data.timestamp
  throw new GyreError({
    code: 'invalid',
    public: `Data set "${data.dataset}" has no column "${service.timestamp}" and declares no timestamp, so nobody knows as of when its rows are.`,
  })
}

export async function dataSource(
  ctx: Context,
  session: FrameSession,
  data: OpenedVersion,
  timestamp: string,
): Promise<SpineSource> {
  return {
    sql: await scanFiles(ctx, session, data.files),
    columns: data.schema,
    newest: data.newest[timestamp] ?? null,
    timestamp,
    name: `data set "${data.dataset}"`,
  }
}

async function openGiven(
  ctx: Context,
  project: string,
  reference: string,
  spine: Extract<SpineRequest, { blob: string }>,
): Promise<OpenedSpine> {
  const { definition, version, views } = await openService(ctx, project, reference)
  const { md5, sizeBytes } = await requireBlob(ctx, project, spine.blob)
  const sources = await openSources(ctx, project, views, spine.data)
  const file = { path: 'the uploaded file', sha256: spine.blob, md5, sizeBytes }
  return {
    service: { definition, version, views, sources },
    inputs: [subject('blob', spine.blob)],
    newest: null,
    create: (session) =>
      readingFile(ctx, file, async () => {
        const sql = session.scan([await ctx.blobs.localPath(spine.blob)], 'parquet')
        const columns = await session.describe(`SELECT * FROM ${sql}`)
        const timestamp = spine.timestamp ?? definition.timestamp
        const source = { sql, columns, newest: null, timestamp, name: 'the uploaded file' }
        return createGivenSpine(session, definition, source)
      }),
  }
}
