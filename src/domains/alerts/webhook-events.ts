import type { Json, JsonObject } from '#kernel/json'
import { parseSubject } from '#kernel/subjects'
import type { JournalRecord } from '#domains/journal/index'

/** What a record tells the world, in the words of MLflow's webhooks. */
export interface WebhookEvent {
  /** `model_version.created` */
  event: string
  data: JsonObject
}

const promptTags = ['mlflow.prompt.is_prompt', '_mlflow_prompt_type']
const promptText = 'mlflow.prompt.text'

type Reading = (record: JournalRecord) => WebhookEvent[]

/** Records that MLflow's clients have a name for. */
const readings: Readonly<Record<string, Reading>> = {
  'model.created': readModel,
  'version.registered': readVersion,
  'model.updated': readModelTags,
  'version.updated': readVersionTags,
  'alias.moved': readAlias,
  'alias.removed': readAlias,
}

/**
 * The events of a record: those of MLflow, and its own verb for whoever asks for that. Pure. `data`
 * of a verb is the record without its place in the chain.
 */
export function webhookEventsOf(record: JournalRecord): WebhookEvent[] {
  const { verb, subject, actor, inputs, outputs, detail } = record
  const own = { event: verb, data: { subject, actor, inputs, outputs, detail } }
  return [...(readings[verb]?.(record) ?? []), own]
}

function isPrompt({ detail }: JournalRecord): boolean {
  return detail['prompt'] === true
}

function tagsOf({ detail }: JournalRecord, left: readonly string[] = []): Record<string, Json> {
  const { tags } = detail
  const entries = typeof tags === 'object' && tags !== null ? Object.entries(tags) : []
  return Object.fromEntries(entries.filter(([key]) => !left.includes(key)))
}

function nameOf({ subject }: JournalRecord): { name: string; version: string } {
  const { name, version = '' } = parseSubject(subject)
  return { name, version }
}

function readModel(record: JournalRecord): WebhookEvent[] {
  const prompt = isPrompt(record)
  const { name } = nameOf(record)
  const description = record.detail['description'] ?? ''
  const tags = tagsOf(record, prompt ? promptTags : [])
  const event = prompt ? 'prompt.created' : 'registered_model.created'
  return [{ event, data: { name, tags, description } }]
}

function readVersion(record: JournalRecord): WebhookEvent[] {
  const { name, version } = nameOf(record)
  const { detail } = record
  const description = detail['description'] || null
  if (isPrompt(record)) {
    const template = tagsOf(record)[promptText] ?? null
    const tags = tagsOf(record, [...promptTags, promptText])
    return [
      { event: 'prompt_version.created', data: { name, version, template, tags, description } },
    ]
  }
  const source = detail['source'] ?? `models:/${name}/${version}`
  const run = detail['run'] ?? runOf(record)
  const data = { name, version, source, run_id: run, tags: tagsOf(record), description }
  return [{ event: 'model_version.created', data }]
}

function runOf({ inputs }: JournalRecord): string | null {
  return inputs.find((input) => input.startsWith('run:'))?.slice(4) ?? null
}

/** MLflow tells of the tags of prompts, not of those of models. */
function readModelTags(record: JournalRecord): WebhookEvent[] {
  const { name } = nameOf(record)
  return isPrompt(record) ? tagEvents(record, 'prompt_tag', { name }) : []
}

function readVersionTags(record: JournalRecord): WebhookEvent[] {
  const { name, version } = nameOf(record)
  const entity = isPrompt(record) ? 'prompt_version_tag' : 'model_version_tag'
  return tagEvents(record, entity, { name, version })
}

function tagEvents(record: JournalRecord, entity: string, owner: JsonObject): WebhookEvent[] {
  const { removedTags } = record.detail
  const removed = Array.isArray(removedTags) ? removedTags : []
  return [
    ...Object.entries(tagsOf(record)).map(([key, value]) => ({
      event: `${entity}.set`,
      data: { ...owner, key, value },
    })),
    ...removed.map((key) => ({ event: `${entity}.deleted`, data: { ...owner, key } })),
  ]
}

function readAlias(record: JournalRecord): WebhookEvent[] {
  const { name } = nameOf(record)
  const entity = isPrompt(record) ? 'prompt_alias' : 'model_version_alias'
  const { alias = '', version = null } = record.detail
  if (record.verb === 'alias.removed')
    return [{ event: `${entity}.deleted`, data: { name, alias } }]
  return [{ event: `${entity}.created`, data: { name, alias, version: JSON.stringify(version) } }]
}

const model = { name: 'example_model' }
const prompt = { name: 'example_prompt' }
const tag = { key: 'example_key', value: 'example_value' }
const tags = { example_key: 'example_value' }
const alias = { alias: 'example_alias' }

/** What a trial sends, by event; MLflow's clients know these. */
export const exampleData: Readonly<Record<string, JsonObject>> = {
  'registered_model.created': { ...model, tags, description: 'An example registered model' },
  'model_version.created': {
    ...model,
    version: '1',
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags,
    description: 'An example model version',
  },
  'model_version_tag.set': { ...model, version: '1', ...tag },
  'model_version_tag.deleted': { ...model, version: '1', key: tag.key },
  'model_version_alias.created': { ...model, ...alias, version: '1' },
  'model_version_alias.deleted': { ...model, ...alias },
  'prompt.created': { ...prompt, tags, description: 'An example prompt' },
  'prompt_version.created': {
    ...prompt,
    version: '1',
    template: 'Hello {{name}}!',
    tags,
    description: 'An example prompt version',
  },
  'prompt_tag.set': { ...prompt, ...tag },
  'prompt_tag.deleted': { ...prompt, key: tag.key },
  'prompt_version_tag.set': { ...prompt, version: '1', ...tag },
  'prompt_version_tag.deleted': { ...prompt, version: '1', key: tag.key },
  'prompt_alias.created': { ...prompt, ...alias, version: '1' },
  'prompt_alias.deleted': { ...prompt, ...alias },
  'budget_policy.exceeded': {
    budget_policy_id: 'bp-abc123',
    budget_unit: 'USD',
    budget_amount: 100,
    current_spend: 105.5,
    duration_unit: 'MONTHS',
    duration_value: 1,
    target_scope: 'ENDPOINT',
    workspace: 'default',
    target_value: 'ep-abc123',
    window_start: 1_704_067_200_000,
  },
}
