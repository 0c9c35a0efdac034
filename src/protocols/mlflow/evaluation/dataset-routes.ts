import {
  createEvaluationSet,
  deleteEvaluationRecords,
  deleteEvaluationSet,
  type EvaluationRecord,
  type EvaluationSet,
  getEvaluationSet,
  listEvaluationRecords,
  type NewEvaluationRecord,
  placeEvaluationSet,
  searchEvaluationSets,
  tagEvaluationSet,
  upsertEvaluationRecords,
} from '#domains/evaluation/index'
import type { Json, JsonObject } from '#kernel/json'
import { invalidValue, int64, list, required, text } from '../fields.ts'
import { type Route, route } from '../route.ts'
import { jsonText, tagTexts } from './json-texts.ts'

const v3 = { major: 3 } as const
const experiments = { experiment_ids: list(text) }

/** What an application is evaluated with. */
export const datasetRoutes: readonly Route[] = [
  route(
    'POST',
    'datasets/create',
    { name: required(text), ...experiments, tags: text },
    async ({ ctx, project, input }) => {
      const tags = input.tags === undefined ? {} : tagTexts('tags', jsonText('tags', input.tags))
      const set = await createEvaluationSet(ctx, {
        project,
        name: input.name,
        experiments: input.experiment_ids,
        tags: Object.fromEntries(Object.entries(tags).filter(isText)),
      })
      return { dataset: datasetJson(set) }
    },
    v3,
  ),
  ...(['GET', 'POST'] as const).map((method) =>
    route(
      method,
      'datasets/search',
      {
        ...experiments,
        filter_string: text,
        max_results: int64,
        order_by: list(text),
        page_token: text,
      },
      async ({ ctx, project, input }) => {
        const { items, nextPageToken } = await searchEvaluationSets(ctx, {
          project,
          experiments: input.experiment_ids,
          filter: input.filter_string ?? '',
          orderBy: input.order_by,
          limit: pageSize(input.max_results, 1000),
          pageToken: input.page_token,
        })
        return { datasets: items.map(datasetJson), next_page_token: nextPageToken }
      },
      v3,
    ),
  ),
  route(
    'GET',
    'datasets/:set',
    {},
    async ({ ctx, project, params }) => {
      return { dataset: datasetJson(await getEvaluationSet(ctx, { project, set: setOf(params) })) }
    },
    v3,
  ),
  route(
    'DELETE',
    'datasets/:set',
    {},
    async ({ ctx, project, params }) => {
      await deleteEvaluationSet(ctx, { project, set: setOf(params) })
      return {}
    },
    v3,
  ),
  route(
    'PATCH',
    'datasets/:set/tags',
    { tags: required(text) },
    async ({ ctx, project, params, input }) => {
      const tags = tagTexts('tags', jsonText('tags', input.tags))
      await tagEvaluationSet(ctx, { project, set: setOf(params), tags })
      return {}
    },
    v3,
  ),
  route(
    'DELETE',
    'datasets/:set/tags/:key',
    {},
    async ({ ctx, project, params }) => {
      const tags = { [params['key'] ?? '']: null }
      await tagEvaluationSet(ctx, { project, set: setOf(params), tags })
      return {}
    },
    v3,
  ),
  route(
    'POST',
    'datasets/:set/add-experiments',
    experiments,
    async ({ ctx, project, params, input }) => {
      const place = { project, set: setOf(params), add: input.experiment_ids }
      return { dataset: datasetJson(await placeEvaluationSet(ctx, place)) }
    },
    v3,
  ),
  route(
    'POST',
    'datasets/:set/remove-experiments',
    experiments,
    async ({ ctx, project, params, input }) => {
      const place = { project, set: setOf(params), remove: input.experiment_ids }
      return { dataset: datasetJson(await placeEvaluationSet(ctx, place)) }
    },
    v3,
  ),
  route(
    'GET',
    'datasets/:set/experiment-ids',
    {},
    async ({ ctx, project, params }) => {
      const { experiments: ids } = await getEvaluationSet(ctx, { project, set: setOf(params) })
      return { experiment_ids: ids }
    },
    v3,
  ),
  route(
    'POST',
    'datasets/:set/records',
    { records: required(text), updated_by: text },
    async ({ ctx, project, params, input }) => {
      const records = recordsIn(jsonText('records', input.records))
      const counts = await upsertEvaluationRecords(ctx, { project, set: setOf(params), records })
      return { inserted_count: counts.inserted, updated_count: counts.updated }
    },
    v3,
  ),
  route(
    'GET',
    'datasets/:set/records',
    { max_results: int64, page_token: text },
    async ({ ctx, project, params, input }) => {
      const { items, nextPageToken } = await listEvaluationRecords(ctx, {
        project,
        set: setOf(params),
        limit: pageSize(input.max_results, 1000),
        pageToken: input.page_token,
      })
      return { records: JSON.stringify(items.map(recordJson)), next_page_token: nextPageToken }
    },
    v3,
  ),
  route(
    'DELETE',
    'datasets/:set/records',
    { dataset_record_ids: list(text) },
    async ({ ctx, project, params, input }) => ({
      deleted_count: await deleteEvaluationRecords(ctx, {
        project,
        set: setOf(params),
        records: input.dataset_record_ids,
      }),
    }),
    v3,
  ),
]

function setOf(params: Readonly<Record<string, string>>): string {
  return params['set'] ?? ''
}

const mostResults = 50_000

function pageSize(asked: number | undefined, usual: number): number {
  if (asked === undefined || asked === 0) return usual
  if (asked > 0 && asked <= mostResults) return asked
  throw invalidValue('max_results', asked, ` It must be between 1 and ${mostResults}.`)
}

function isText(entry: [string, string | null]): entry is [string, string] {
  return entry[1] !== null
}

function recordsIn(json: Json): NewEvaluationRecord[] {
  if (!Array.isArray(json)) throw invalidValue('records', json, ' It must be a list of records.')
  return json.map((record, i) => {
    if (!isObject(record)) throw invalidValue(`records[${i}]`, record, ' It must be an object.')
    const member = (name: string): JsonObject | undefined => {
      const value = record[name]
      if (value === undefined || value === null) return undefined
      if (isObject(value)) return value
      throw invalidValue(`records[${i}].${name}`, value, ' It must be an object.')
    }
    const source = member('source')
    return {
      inputs: member('inputs') ?? {},
      outputs: record['outputs'],
      expectations: member('expectations'),
      tags: member('tags'),
      source: source === undefined ? undefined : sourceIn(source, `records[${i}].source`),
    }
  })
}

const sourceTypes = ['UNSPECIFIED', 'TRACE', 'HUMAN', 'DOCUMENT', 'CODE']

function sourceIn(source: JsonObject, path: string): { type: string; data: JsonObject } {
  const said = source['source_type'] ?? 'UNSPECIFIED'
  const type = sourceTypes.find((known) => typeof said === 'string' && known === said.toUpperCase())
  if (type === undefined) {
    throw invalidValue(`${path}.source_type`, said, ` There are ${sourceTypes.join(', ')}.`)
  }
  const data = source['source_data']
  return { type, data: isObject(data) ? data : {} }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function datasetJson(set: EvaluationSet): object {
  return {
    dataset_id: set.id,
    name: set.name,
    tags: JSON.stringify(set.tags),
    schema: set.fields === undefined ? undefined : JSON.stringify(set.fields),
    profile: set.recordCount === 0 ? undefined : JSON.stringify({ num_records: set.recordCount }),
    digest: set.digest,
    created_time: set.createdAt,
    last_update_time: set.updatedAt,
    created_by: set.createdBy,
    last_updated_by: set.updatedBy,
    experiment_ids: set.experiments.length === 0 ? undefined : set.experiments,
  }
}

function recordJson(record: EvaluationRecord): object {
  return {
    dataset_record_id: record.id,
    dataset_id: record.set,
    inputs: record.inputs,
    outputs: record.outputs,
    expectations: record.expectations,
    tags: record.tags,
    source:
      record.source === undefined
        ? undefined
        : { source_type: record.source.type, source_data: record.source.data },
    source_id: record.sourceId,
    source_type: record.source?.type,
    created_time: record.createdAt,
    last_update_time: record.updatedAt,
    created_by: record.createdBy,
    last_updated_by: record.updatedBy,
  }
}
