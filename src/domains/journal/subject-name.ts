import { parseSubject, type SubjectKind } from '#kernel/subjects'

const kindNames: Readonly<Record<SubjectKind, string>> = {
  project: 'project',
  token: 'token',
  user: 'user',
  data: 'data set',
  remote: 'DVC remote',
  view: 'feature view',
  service: 'feature service',
  experiment: 'experiment',
  run: 'run',
  trace: 'trace',
  'evaluation-set': 'evaluation set',
  scorer: 'scorer',
  issue: 'issue',
  'logged-model': 'logged model',
  model: 'model',
  pipeline: 'pipeline',
  execution: 'execution',
  endpoint: 'endpoint',
  rollout: 'release',
  'ai-secret': 'AI secret',
  'ai-model': 'AI model',
  'ai-endpoint': 'AI endpoint',
  'ai-budget': 'AI budget',
  monitor: 'monitor',
  alarm: 'alarm',
  incident: 'incident',
  trigger: 'trigger',
  commit: 'commit',
  record: 'record',
  blob: 'blob',
  job: 'job',
  webhook: 'webhook',
}

export function kindName(kind: SubjectKind): string {
  return kindNames[kind]
}

/** A subject as people say it: `version 12 of data set flights`, `run 01a1fda84049`. */
export function subjectName(text: string): string {
  const { kind, name, version } = parseSubject(text)
  const shown = shortId(name)
  if (version === undefined) return `${kindNames[kind]} ${shown}`
  return kind === 'view' || kind === 'service'
    ? `${kindNames[kind]} ${shown} (definition ${version})`
    : `version ${version} of ${kindNames[kind]} ${shown}`
}

/** Ids are made for machines; their end is what tells two of one moment apart. */
function shortId(name: string): string {
  return /^(m-)?[0-9a-f]{24,}$/.test(name) ? `…${name.slice(-8)}` : name
}
