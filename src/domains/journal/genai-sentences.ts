import { parseSubject } from '#kernel/subjects'
import type { Told } from './sentences.ts'
import { kindName } from './subject-name.ts'

/** For things that people call by another name than their id. */
function byName(what: string): (told: Told) => string {
  return ({ record, name, detail }) => {
    const own = `${kindName(parseSubject(record.subject).kind)} ${detail.text('name')}`
    return `${detail.has('name') ? own : name} ${what}`
  }
}

/** Of GenAI applications: their traces, their evaluation, the providers that they call. */
export const genaiSentences: Readonly<Record<string, (told: Told) => string>> = {
  'trace.assessed': ({ record, name, detail }) =>
    `${record.actor} said ${detail.text('name')} of ${name}`,
  'trace.reassessed': ({ record, name, detail }) =>
    `${record.actor} changed what was said of ${name} as ${detail.text('name')}`,
  'trace.unassessed': ({ record, name, detail }) =>
    `${record.actor} took back ${detail.text('name')} of ${name}`,
  'trace.tagged': ({ record, name, detail }) =>
    `${record.actor} set tag ${detail.text('key')} of ${name}`,
  'trace.untagged': ({ record, name, detail }) =>
    `${record.actor} removed tag ${detail.text('key')} of ${name}`,
  'trace.linked': ({ name, detail }) =>
    `${name} was linked to ${detail.has('prompts') ? detail.list('prompts').join(', ') : detail.count('traces', 'trace')}`,
  'trace.deleted': ({ record, name, detail }) =>
    `${record.actor} deleted ${detail.count('traces', 'trace')} of ${name}`,

  'evaluation-set.created': byName('was created'),
  'evaluation-set.deleted': byName('was deleted'),
  'evaluation-set.tagged': byName('was tagged'),
  'evaluation-set.placed': byName('was shown in other experiments'),
  'evaluation-set.filled': (told) =>
    `${byName('got')(told)} ${told.detail.count('inserted', 'new record')} and ${told.detail.count('updated', 'changed one')}`,
  'evaluation-set.thinned': (told) =>
    `${byName('lost')(told)} ${told.detail.count('deleted', 'record')}`,
  'scorer.registered': byName('was registered'),
  'scorer.deleted': byName('was deleted'),
  'scorer.sampled': (told) =>
    `${byName('looks at a share of')(told)} ${told.detail.text('rate')} of what arrives`,
  'issue.opened': byName('was opened'),
  'issue.changed': (told) => `${byName('is')(told)} ${told.detail.text('status')}`,

  'ai-secret.created': byName('was kept'),
  'ai-secret.changed': byName('was changed'),
  'ai-secret.deleted': byName('was deleted'),
  'ai-model.created': byName('was declared'),
  'ai-model.changed': byName('changed'),
  'ai-model.deleted': byName('was deleted'),
  'ai-endpoint.created': byName('was declared'),
  'ai-endpoint.changed': byName('changed'),
  'ai-endpoint.deleted': byName('was deleted'),
  'ai-budget.created': byName('was declared'),
  'ai-budget.changed': byName('changed'),
  'ai-budget.deleted': byName('was deleted'),
}
