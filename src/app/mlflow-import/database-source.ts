import type {
  Source,
  SourceExperiment,
  SourceFiles,
  SourceLoggedModel,
  SourceModel,
  SourcePoint,
  SourceRun,
  SourceTrace,
} from './source.ts'
import {
  type ForeignDatabase,
  momentIn,
  numberIn,
  type Row,
  tagOf,
  tagsBy,
  textIn,
} from './database.ts'
import { readLoggedModels } from './database-models.ts'
import { readModels } from './database-registry.ts'
import { readTraces } from './database-traces.ts'

export interface DatabaseSourceOptions {
  name: string
  database: ForeignDatabase
  /** MLflow's workspace; databases before 3.10 have none. */
  workspace: string
  files: (address: string) => Promise<SourceFiles>
}

const runsAtOnce = 200
const pointsAtOnce = 5000
/** MLflow keeps infinities as the largest double. */
const largest = 1.7976931348623157e308

/**
 * MLflow's own tables, of any version since 1.0: what a version does not have yet is left out. All
 * columns are read, since which there are differs by version.
 */
export async function createDatabaseSource(options: DatabaseSourceOptions): Promise<Source> {
  const { database, name } = options
  const tables = await database.tables()
  const has = (table: string): boolean => tables.has(table)
  return {
    name,
    files: options.files,
    experiments: () => readExperiments(options),
    runs: (experiment) => readRuns(database, has, experiment),
    points: (run) => readPoints(database, run),
    loggedModels: (experiment) =>
      has('logged_models') ? readLoggedModels(database, experiment) : none<SourceLoggedModel>(),
    traces: (experiment) =>
      has('trace_info') ? readTraces(database, has, experiment) : none<SourceTrace>(),
    models: () => (has('registered_models') ? readModels(options, has) : none<SourceModel>()),
    others: () => countOthers(database, has),
    close: () => database.close(),
  }
}

// oxlint-disable-next-line require-yield -- it gives nothing
async function* none<T>(): AsyncGenerator<T> {}

async function* readExperiments(options: DatabaseSourceOptions): AsyncGenerator<SourceExperiment> {
  const { database } = options
  const rows = await database.query('select * from experiments order by experiment_id')
  const tags = tagsBy(await database.query('select * from experiment_tags'), 'experiment_id')
  for (const row of rows) {
    if ('workspace' in row && row['workspace'] !== options.workspace) continue
    const id = textIn(row, 'experiment_id')
    yield {
      id,
      name: textIn(row, 'name'),
      artifactLocation: textIn(row, 'artifact_location'),
      state: row['lifecycle_stage'] === 'deleted' ? 'deleted' : 'active',
      createdAt: numberIn(row, 'creation_time'),
      updatedAt: numberIn(row, 'last_update_time'),
      tags: tags.get(id) ?? [],
    }
  }
}

async function* readRuns(
  database: ForeignDatabase,
  has: (table: string) => boolean,
  experiment: string,
): AsyncGenerator<SourceRun> {
  for (let after = ''; ;) {
    const rows = await database.query(
      `select * from runs where experiment_id = ? and run_uuid > ? order by run_uuid limit ${runsAtOnce}`,
      [Number(experiment), after],
    )
    for (const row of rows) yield await readRun(database, has, row)
    if (rows.length < runsAtOnce) return
    after = textIn(rows.at(-1) ?? {}, 'run_uuid')
  }
}

async function readRun(
  database: ForeignDatabase,
  has: (table: string) => boolean,
  row: Row,
): Promise<SourceRun> {
  const id = textIn(row, 'run_uuid')
  const of = (sql: string): Promise<Row[]> => database.query(sql, [id])
  const [count] = await of('select count(*) as points from metrics where run_uuid = ?')
  const linked = has('inputs') ? await of('select * from inputs where destination_id = ?') : []
  const models = has('inputs') ? await of('select * from inputs where source_id = ?') : []
  return {
    id,
    name: textIn(row, 'name'),
    user: textIn(row, 'user_id'),
    status: textIn(row, 'status') || 'FINISHED',
    state: row['lifecycle_stage'] === 'deleted' ? 'deleted' : 'active',
    startedAt: momentIn(row, 'start_time'),
    endedAt: momentIn(row, 'end_time'),
    artifactUri: textIn(row, 'artifact_uri'),
    params: (await of('select * from params where run_uuid = ?')).map(tagOf),
    tags: (await of('select * from tags where run_uuid = ?')).map(tagOf),
    datasets: await readDatasets(database, linked),
    modelInputs: models
      .filter((link) => link['destination_type'] === 'MODEL_INPUT')
      .map((link) => textIn(link, 'destination_id')),
    modelOutputs: models
      .filter((link) => link['destination_type'] === 'MODEL_OUTPUT')
      .map((link) => ({ model: textIn(link, 'destination_id'), step: numberIn(link, 'step') })),
    pointCount: numberIn(count ?? {}, 'points'),
    metricsState: textIn(count ?? {}, 'points'),
  }
}

async function readDatasets(database: ForeignDatabase, links: readonly Row[]) {
  const datasets: SourceRun['datasets'] = []
  for (const link of links.filter((each) => each['source_type'] === 'DATASET')) {
    const [row] = await database.query('select * from datasets where dataset_uuid = ?', [
      textIn(link, 'source_id'),
    ])
    if (row === undefined) continue
    const tags = await database.query('select * from input_tags where input_uuid = ?', [
      textIn(link, 'input_uuid'),
    ])
    datasets.push({
      name: textIn(row, 'name'),
      digest: textIn(row, 'digest'),
      sourceType: textIn(row, 'dataset_source_type'),
      source: textIn(row, 'dataset_source'),
      schema: textIn(row, 'dataset_schema') || null,
      profile: textIn(row, 'dataset_profile') || null,
      tags: tags.map((tag) => ({ key: textIn(tag, 'name'), value: textIn(tag, 'value') })),
    })
  }
  return datasets
}

/** In the order of the primary key, so that each page goes on where the last one ended. */
async function* readPoints(database: ForeignDatabase, run: string): AsyncGenerator<SourcePoint[]> {
  const keys = await database.query('select distinct "key" from metrics where run_uuid = ?', [run])
  for (const { key } of keys) {
    let after: [number, number, number] | undefined
    for (;;) {
      const beyond = after === undefined ? '' : 'and (timestamp, step, value) > (?, ?, ?)'
      const rows = await database.query(
        `select * from metrics where run_uuid = ? and "key" = ? ${beyond}
         order by timestamp, step, value limit ${pointsAtOnce}`,
        [run, String(key), ...(after ?? [])],
      )
      if (rows.length > 0) yield rows.map(pointOf)
      const last = rows.at(-1)
      if (rows.length < pointsAtOnce || last === undefined) break
      after = [numberIn(last, 'timestamp'), numberIn(last, 'step'), numberIn(last, 'value')]
    }
  }
}

function pointOf(row: Row): SourcePoint {
  const isNan = row['is_nan'] === true || row['is_nan'] === 1
  const value = numberIn(row, 'value')
  return {
    key: textIn(row, 'key'),
    value: isNan ? 'NaN' : finite(value),
    timestamp: numberIn(row, 'timestamp'),
    step: numberIn(row, 'step'),
  }
}

function finite(value: number): number | string {
  if (Math.abs(value) < largest) return value
  return value > 0 ? 'Infinity' : '-Infinity'
}

/** What has no place here yet. */
async function countOthers(
  database: ForeignDatabase,
  has: (table: string) => boolean,
): Promise<Record<string, number>> {
  const kinds = {
    'evaluation data sets': 'evaluation_datasets',
    scorers: 'scorers',
    issues: 'issues',
    webhooks: 'webhooks',
    'gateway endpoints': 'endpoints',
    'gateway secrets': 'secrets',
  }
  const counts: Record<string, number> = {}
  for (const [kind, table] of Object.entries(kinds)) {
    if (!has(table)) continue
    const [row] = await database.query(`select count(*) as n from ${table}`)
    counts[kind] = numberIn(row ?? {}, 'n')
  }
  return counts
}
