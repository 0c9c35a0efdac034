import { invalid } from './errors.ts'

/**
 * What the record speaks of. A subject is written `kind:name` or `kind:name@version`, and is unique
 * within its project. `data:flights@12`, `run:4f…`, `model:late@3`, `endpoint:late`, `record:17`.
 */
export const subjectKinds = [
  'project',
  'token',
  'user',
  'data', // a data set, or with @version one immutable version of it
  'remote', // a DVC remote
  'view', // a feature view; the version is the hash of its definition
  'service', // a feature service
  'experiment',
  'run',
  'trace',
  'evaluation-set',
  'scorer', // a judge or a program that says how good an answer is, or one version of it
  'issue',
  'logged-model', // a model that a run logged, registered or not
  'model', // a registered model, or one version of it
  'pipeline',
  'execution', // one execution of a pipeline
  'endpoint',
  'rollout',
  'ai-secret',
  'ai-model',
  'ai-endpoint',
  'ai-budget',
  'monitor',
  'alarm',
  'incident',
  'trigger',
  'commit', // a Git commit
  'record', // a journal record
  'blob',
  'job', // queued work
  'webhook',
] as const

export type SubjectKind = (typeof subjectKinds)[number]
export type Subject = `${SubjectKind}:${string}`

/**
 * Names a subject. `version` is a number or a digest. Names may hold anything: an `@` in one, and the
 * `%` that escapes it, are written as `%40` and `%25`.
 */
export function subject(kind: SubjectKind, name: string, version?: string | number): Subject {
  const written = name.replaceAll('%', '%25').replaceAll('@', '%40')
  return version === undefined ? `${kind}:${written}` : `${kind}:${written}@${version}`
}

export interface ParsedSubject {
  kind: SubjectKind
  name: string
  version: string | undefined
}

/** Reads what a user typed as a subject; `invalid` names the kinds that there are. */
export function parseSubject(text: string): ParsedSubject {
  const colon = text.indexOf(':')
  const kind = text.slice(0, colon) as SubjectKind
  if (colon < 1 || !subjectKinds.includes(kind) || colon === text.length - 1) {
    throw invalid(
      `${JSON.stringify(text.slice(0, 200))} is not a subject. Write kind:name, or kind:name@version; ` +
        `the kinds are ${subjectKinds.join(', ')}.`,
    )
  }
  const rest = text.slice(colon + 1)
  const at = rest.lastIndexOf('@')
  return at < 1
    ? { kind, name: readName(rest), version: undefined }
    : { kind, name: readName(rest.slice(0, at)), version: rest.slice(at + 1) }
}

function readName(written: string): string {
  return written.replaceAll('%40', '@').replaceAll('%25', '%')
}
