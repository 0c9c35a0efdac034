import { formatInstant } from '#kernel/time'
import { genaiSentences } from './genai-sentences.ts'
import type { JournalRecord } from './record.ts'
import type { RecordDetail } from './record-detail.ts'
import { subjectName } from './subject-name.ts'

export interface Told {
  record: JournalRecord
  detail: RecordDetail
  /** The subject, as people say it. */
  name: string
}

/** `: a; b`, or nothing. */
function because(...reasons: readonly string[]): string {
  const told = reasons.filter((reason) => reason !== '')
  return told.length === 0 ? '' : `: ${told.slice(0, 3).join('; ')}`
}

/** ` with a, b`, or nothing. */
function having(...parts: readonly string[]): string {
  const told = parts.filter((part) => part !== '')
  return told.length === 0 ? '' : ` with ${told.join(', ')}`
}

const briefLength = 180

/** As much of a long text as belongs into a line: whole sentences if one fits. */
function brief(text: string): string {
  if (text.length <= briefLength) return text
  const cut = text.slice(0, briefLength)
  const stop = cut.lastIndexOf('. ')
  return stop > briefLength / 3 ? cut.slice(0, stop) : `${cut.trimEnd()}…`
}

function after(word: string, text: string): string {
  return text === '' ? '' : `${word}${text}`
}

/** Of which kinds the inputs are, as people say them. */
function inputsOf({ inputs }: JournalRecord, ...kinds: readonly string[]): string {
  return inputs
    .filter((input) => kinds.some((kind) => input.startsWith(`${kind}:`)))
    .map(subjectName)
    .join(' and ')
}

/**
 * What happened, without its full stop, by verb. Written from what a record holds alone, so that old
 * records are told as well as new ones.
 */
export const sentences: Readonly<Record<string, (told: Told) => string>> = {
  'project.created': ({ name }) => `${name} was created`,
  'token.created': ({ record, name }) => `${record.actor} created the ${name}`,
  'token.revoked': ({ record, name }) => `${record.actor} revoked the ${name}`,
  'user.created': ({ record, name }) => `${record.actor} created the ${name}`,
  'user.changed': ({ record, name }) => `${record.actor} changed what the ${name} may do`,
  'user.password-set': ({ record, name }) => `${record.actor} set the password of the ${name}`,
  'user.removed': ({ record, name }) => `${record.actor} removed the ${name}`,
  'job.failed': ({ detail }) =>
    `A job of kind ${detail.text('kind')} failed for good${because(detail.text('reason'))}`,
  'subscription.skipped': ({ detail, name }) =>
    `${name} was passed over by ${detail.text('subscription')}${because(detail.text('problem'))}`,

  'dataset.declared': ({ name }) => `${name} was declared`,
  'dataset.changed': ({ name }) => `the declaration of ${name} changed`,
  'data.committed': ({ name, detail }) =>
    `${name} was committed${having(detail.count('rows', 'row'), detail.count('files', 'file'))}${because(detail.text('summary'))}`,
  'data.refused': ({ name, detail }) =>
    `${name} was put into quarantine${because(...detail.list('failures'), ...detail.list('failed'), detail.text('summary'))}`,
  'data.released': ({ name, detail, record }) =>
    `${record.actor} let ${name} out of quarantine${because(detail.text('reason'))}`,

  'data.held': ({ name, detail, record }) =>
    `${record.actor} put ${name} on hold${because(detail.text('reason'))}`,
  'data.hold-released': ({ name, detail, record }) =>
    `${record.actor} released a hold of ${name}${because(detail.text('reason'))}`,
  'data.retention-set': ({ name, record }) =>
    `${record.actor} said how long versions of ${name} are kept`,
  'data.expired': ({ name }) => `the files of ${name} were given up by its retention rule`,
  'garbage.collected': ({ detail }) =>
    `garbage was collected: ${detail.count('deleted', 'blob')} deleted, ${detail.count('quarantined', 'blob')} put into quarantine`,
  'blob.damaged': ({ name }) => `${name} was found to be damaged on disk`,
  'blob.repaired': ({ name }) => `${name} was put right from the second copy`,
  'remote.declared': ({ name, record }) => `${name} belongs to project ${record.project}`,
  'remote.completed': ({ name, detail }) => `all of ${detail.text('path')} is in ${name}`,
  'remote.removed': ({ name, detail, record }) =>
    `${record.actor} removed ${detail.text('path')} from ${name}`,

  'view.applied': ({ name }) => `${name} was declared`,
  'service.applied': ({ name }) => `${name} was declared`,
  'features.materialized': ({ name, detail, record }) =>
    `${name} was brought online${after(' from ', inputsOf(record, 'data'))}${having(detail.count('entities', 'entity', 'entities'))}`,
  'features.joined': ({ detail, record }) =>
    `a training set of ${detail.count('rows', 'row')} was joined${after(' from ', inputsOf(record, 'service', 'data'))}`,
  'features.checked': ({ name, detail }) =>
    `${name} gave ${detail.has('mismatches') && detail.text('mismatches') !== '0' ? `${detail.text('mismatches')} different values` : 'the same values'} online and offline on ${detail.count('rows', 'row')}`,

  'run.created': ({ name, detail, record }) =>
    `${name} (${detail.text('name')}) started${after(' in experiment ', detail.text('experiment'))}${after(' on ', inputsOf(record, 'data', 'service', 'commit'))}`,
  'run.forked': ({ name, detail }) =>
    `${name} (${detail.text('name')}) continues ${detail.text('from')}${after(' from step ', detail.text('step'))}`,
  'run.rewound': ({ name, detail, record }) =>
    `${record.actor} took ${name} back to step ${detail.text('step')}${having(detail.count('points', 'point'))}`,
  'run.rewind-undone': ({ name, detail, record }) =>
    `${record.actor} gave ${name} back what it had after step ${detail.text('step')}`,
  'experiment.imported': ({ name, detail, record }) =>
    `${record.actor} brought ${name} (${detail.text('name')}) from ${detail.text('source')}`,
  'run.imported': ({ name, detail, record }) =>
    `${record.actor} brought ${name} (${detail.text('name')}) from ${detail.text('source')}`,
  'logged-model.imported': ({ name, detail, record }) =>
    `${record.actor} brought ${name} (${detail.text('name')}) from ${detail.text('source')}`,
  'model.imported': ({ name, detail, record }) =>
    `${record.actor} brought ${name} from ${detail.text('source')}${having(detail.count('versions', 'version'))}`,
  'version.imported': ({ name, detail, record }) =>
    `${record.actor} brought ${name}, made by ${detail.text('by') || 'nobody known'}, from ${detail.text('source')}`,
  'item.imported': ({ name, detail, record }) =>
    `${record.actor} brought ${name} from ${detail.text('source')}`,
  'run.finished': ({ name, detail }) => `${name} finished${having(detail.numbers('metrics', 4))}`,
  'run.purged': ({ record, name, detail }) =>
    `${record.actor} took ${name} (${detail.text('name')}) away for good`,
  'run.failed': ({ name, detail }) => `${name} failed${because(detail.text('reason'))}`,
  'run.killed': ({ name, detail }) => `${name} was killed${because(detail.text('reason'))}`,

  ...genaiSentences,

  'model.created': ({ name }) => `${name} was declared`,
  'model.declared': ({ name }) => `the declaration of ${name} changed`,
  'model.updated': ({ name }) => `${name} was described or tagged`,
  'model.held': ({ record, name, detail }) =>
    `${record.actor} held ${name}${because(detail.text('reason'))}`,
  'model.hold-released': ({ record, name, detail }) =>
    `${record.actor} released a hold of ${name}${because(detail.text('reason'))}`,
  'model.retention-set': ({ name }) => `it was said how long versions of ${name} are kept`,
  'model.renamed': ({ name, detail }) => `model ${detail.text('from')} became ${name}`,
  'model.deleted': ({ name }) => `${name} was deleted with its versions`,
  'logged-model.created': ({ name, detail, record }) =>
    `${name} (${detail.text('name')}) was begun${after(' by ', inputsOf(record, 'run'))}`,
  'logged-model.ready': ({ name, detail }) => `${name} (${detail.text('name')}) is ready`,
  'logged-model.failed': ({ name, detail }) => `logging ${name} (${detail.text('name')}) failed`,
  'logged-model.registered': ({ name, detail }) =>
    `${name} became version ${detail.text('version')} of model ${detail.text('model')}`,
  'version.updated': ({ name }) => `${name} was described or tagged`,
  'version.deleted': ({ name }) => `${name} was deleted`,
  'version.approved': ({ record, name, detail }) =>
    `${record.actor} approved ${name}${because(detail.text('comment'))}`,
  'version.rejected': ({ record, name, detail }) =>
    `${record.actor} rejected ${name}${because(detail.text('comment'))}`,
  'version.commented': ({ record, name, detail }) =>
    `${record.actor} said of ${name}${because(detail.text('comment'))}`,
  'stage.moved': ({ name, detail }) =>
    `${name} moved to ${detail.text('stage')} from ${detail.text('previous')}${because(detail.text('reason'))}`,
  'version.registered': ({ name, detail, record }) =>
    `${name} was registered${after(' (', detail.text('learner'))}${detail.has('learner') ? ')' : ''}${after(' from ', inputsOf(record, 'run'))}`,
  'version.evaluated': ({ name, detail }) =>
    `${name} was evaluated on ${detail.count('rows', 'row')}${after(': ', detail.numbers('metrics', 4))}`,
  'gate.passed': ({ name, detail }) =>
    `${name} passed the gate${detail.has('champion') ? ` against champion version ${detail.text('champion')}` : ', with no champion to compare with'}${because(...detail.list('findings').slice(0, 2))}`,
  'gate.refused': ({ name, detail }) =>
    `the gate refused ${name}${because(...detail.list('failed'))}`,
  'alias.moved': ({ name, detail }) =>
    `${detail.text('alias')} of ${name} moved to version ${detail.text('version')}${detail.has('previous') ? ` from ${detail.text('previous')}` : ''}${because(detail.text('reason'))}`,
  'alias.removed': ({ name, detail }) =>
    `${detail.text('alias')} of ${name} was removed${because(detail.text('reason'))}`,

  'pipeline.created': ({ name }) => `${name} was declared`,
  'pipeline.declared': ({ name }) => `the declaration of ${name} changed`,
  'trigger.created': ({ name }) => `${name} was declared`,
  'trigger.declared': ({ name }) => `the declaration of ${name} changed`,
  'trigger.fired': ({ name, detail }) =>
    `${name} fired for pipeline ${detail.text('pipeline')}${because(brief(detail.text('reason')))}`,
  'trigger.skipped': ({ name, detail }) =>
    `${name} did not fire for pipeline ${detail.text('pipeline')}${because(brief(detail.text('reason')))}`,
  'execution.queued': ({ name, detail }) => `${name} of ${detail.text('pipeline')} was queued`,
  'execution.started': ({ name, detail, record }) =>
    `${name} of ${detail.text('pipeline')} started${after(' at ', inputsOf(record, 'commit'))}`,
  'execution.resumed': ({ name }) => `${name} went on after its worker was lost`,
  'execution.succeeded': ({ name, detail }) => `${name} succeeded${because(detail.text('reason'))}`,
  'execution.failed': ({ name, detail }) => `${name} failed${because(detail.text('reason'))}`,
  'execution.cancelled': ({ name, detail }) =>
    `${name} was cancelled${because(detail.text('reason'))}`,

  'endpoint.created': ({ name, detail }) =>
    `${name} was declared for model ${detail.text('model')}`,
  'endpoint.declared': ({ name }) => `the declaration of ${name} changed`,
  'rollout.started': (told) => release(told, 'began'),
  'rollout.prepared': (told) => release(told, 'is loading'),
  'rollout.loaded': (told) => release(told, 'is warming up'),
  'rollout.warmed': (told) => release(told, 'is checked against its training'),
  'rollout.stepped': (told) => release(told, 'got a share of the traffic'),
  'rollout.promoted': (told) => release(told, 'was promoted to all of the traffic'),
  'rollout.rolled-back': (told) => release(told, 'was rolled back'),
  'rollout.failed': (told) => release(told, 'failed before it had any traffic'),
  'rollout.aborted': (told) => release(told, 'was given up'),
  'shadow.started': ({ name, detail }) =>
    `${name} shows its traffic to version ${detail.text('version')} as well`,
  'shadow.ended': ({ name }) => `the shadow of ${name} ended`,

  'monitor.created': ({ name }) => `${name} was declared`,
  'monitor.declared': ({ name }) => `the declaration of ${name} changed`,
  'window.evaluated': ({ name, detail }) =>
    `${name} evaluated ${window(detail)}${having(detail.count('rows', 'prediction'), detail.count('labelled', 'label'))}${because(...(detail.list('alarms').length === 0 ? ['nothing to report'] : detail.list('alarms').map(brief)))}`,
  'alarm.raised': ({ detail }) =>
    `an alarm about ${subjectOr(detail.text('source'))}${because(brief(detail.text('text')))}`,
  'incident.opened': ({ detail }) =>
    `an incident of ${subjectOr(detail.text('source'))} was opened${because(brief(detail.text('text')))}`,
  'incident.acknowledged': ({ record, detail }) =>
    `${record.actor} acknowledged the incident of ${subjectOr(detail.text('source'))}${because(detail.text('note'))}`,
  'incident.resolved': ({ detail }) =>
    `the incident of ${subjectOr(detail.text('source'))} was resolved${because(detail.text('note'))}`,

  'webhook.created': ({ record, detail }) =>
    `${record.actor} has ${detail.text('host')} told of ${detail.list('events').join(', ')}`,
  'webhook.updated': ({ record, detail }) =>
    `${record.actor} changed the webhook ${detail.text('name')}`,
  'webhook.deleted': ({ record, detail }) =>
    `${record.actor} removed the webhook ${detail.text('name')}`,

  'rollout.postponed': ({ name, detail }) =>
    `version ${detail.text('version')} waits to be released on ${name}${because(detail.text('reason'))}`,
}

/** `2001-03-05 to 2001-03-12`, of the window's event time. */
function window(detail: RecordDetail): string {
  const day = (name: string): string => formatInstant(Number(detail.text(name))).slice(0, 10)
  return detail.has('start') && detail.has('end') ? `${day('start')} to ${day('end')}` : 'a window'
}

function subjectOr(text: string): string {
  return /^[a-z]+:/.test(text) ? subjectName(text) : text
}

function release({ record, detail }: Told, what: string): string {
  const version = inputsOf(record, 'model').split(' and ')[0] ?? ''
  const on = after(' on endpoint ', detail.text('endpoint'))
  return `the release of ${version === '' ? detail.text('version') : version}${on} ${what}${because(detail.text('text'), detail.text('reason'))}`
}
