import type { Json, JsonObject } from '#kernel/json'
import { parseSubject, type SubjectKind } from '#kernel/subjects'
import type { JournalRecord } from './record.ts'

type Template = (detail: Detail, record: JournalRecord) => string

/** One record in one sentence, for people. Verbs without a template of their own get a general one. */
export function sentenceOf(record: JournalRecord): string {
  const template = templates[record.verb]
  const text =
    template === undefined ? generalSentence(record) : template(new Detail(record.detail), record)
  return text.replaceAll(/\s+/g, ' ').trim()
}

const kindNames: Readonly<Record<SubjectKind, string>> = {
  project: 'project',
  token: 'token',
  user: 'user',
  data: 'data set',
  view: 'feature view',
  service: 'feature service',
  experiment: 'experiment',
  run: 'run',
  model: 'model',
  pipeline: 'pipeline',
  execution: 'execution',
  endpoint: 'endpoint',
  rollout: 'rollout',
  monitor: 'monitor',
  alarm: 'alarm',
  incident: 'incident',
  trigger: 'trigger',
  commit: 'commit',
  record: 'record',
  blob: 'blob',
  job: 'job',
}

/** A subject as people say it: version 12 of data set flights, run 4f0c1a2b. */
export function subjectName(text: string): string {
  const { kind, name, version } = parseSubject(text)
  const shown = /^[0-9a-f]{24,}$/.test(name) ? name.slice(0, 12) : name
  if (version === undefined) return `${kindNames[kind]} ${shown}`
  return kind === 'view' || kind === 'service'
    ? `${kindNames[kind]} ${shown} (definition ${version})`
    : `version ${version} of ${kindNames[kind]} ${shown}`
}

/** Reads what a record's detail may hold; what is not there reads as nothing. */
class Detail {
  readonly #members: JsonObject

  constructor(members: JsonObject) {
    this.#members = members
  }

  text(name: string): string | undefined {
    const value = this.#members[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  number(name: string): number | undefined {
    const value = this.#members[name]
    return typeof value === 'number' ? value : undefined
  }

  count(name: string, unit: string): string | undefined {
    const value = this.number(name)
    if (value === undefined) return undefined
    return `${value.toLocaleString('en-US')} ${unit}${value === 1 ? '' : 's'}`
  }

  list(name: string): string[] {
    const value = this.#members[name]
    return Array.isArray(value) ? value.map(reasonText).filter((text) => text !== '') : []
  }
}

function reasonText(item: Json): string {
  if (typeof item === 'string') return item
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return JSON.stringify(item)
  const text =
    item['message'] ?? item['reason'] ?? item['explanation'] ?? item['check'] ?? item['name']
  return typeof text === 'string' ? text : ''
}

/** `endpoint.created` of endpoint:late → "Endpoint late was created." with what the detail says. */
function generalSentence({ verb, subject, detail }: JournalRecord): string {
  const action = verb.slice(verb.indexOf('.') + 1).replaceAll('-', ' ')
  const members = Object.entries(detail)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .filter((text) => text.length <= 100)
    .slice(0, 4)
  const name = subjectName(subject)
  const start = name.charAt(0).toUpperCase() + name.slice(1)
  return `${start}: ${action}${members.length === 0 ? '' : ` (${members.join(', ')})`}.`
}

function join(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(', ')
}

function because(reasons: readonly string[]): string {
  return reasons.length === 0 ? '.' : `: ${reasons.slice(0, 3).join('; ')}.`
}

const templates: Readonly<Record<string, Template>> = {
  'project.created': (_, { project }) => `Project ${project} was created.`,
  'token.created': (_, { actor, subject }) => `${actor} created the ${subjectName(subject)}.`,
  'token.revoked': (_, { actor, subject }) => `${actor} revoked the ${subjectName(subject)}.`,
  'job.failed': (detail) =>
    `The job ${detail.text('kind') ?? ''} failed for good${because([detail.text('reason') ?? ''])}`,
  'subscription.skipped': (detail, { subject }) =>
    `${subjectName(subject)} could not be dealt with by ${detail.text('subscription') ?? ''}${because([detail.text('problem') ?? ''])}`,
  'trigger.fired': (detail, { subject }) =>
    `The ${subjectName(subject)} fired${because([join(detail.text('reason') ?? detail.text('on'))])}`,
}
