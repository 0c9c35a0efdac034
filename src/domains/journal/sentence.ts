import type { JournalRecord } from './record.ts'
import { RecordDetail } from './record-detail.ts'
import { sentences } from './sentences.ts'
import { subjectName } from './subject-name.ts'

const longest = 400

/** One record in one sentence, for people. Verbs without a sentence of their own get a general one. */
export function sentenceOf(record: JournalRecord): string {
  const detail = new RecordDetail(record.detail)
  const name = subjectName(record.subject)
  const text = sentences[record.verb]?.({ record, detail, name }) ?? generalSentence(record, name)
  const tidy = text.replaceAll(/\s+/g, ' ').replaceAll(' ,', ',').trim()
  const whole = `${tidy.charAt(0).toUpperCase()}${tidy.slice(1)}.`
  return whole.length <= longest ? whole : `${whole.slice(0, longest - 1)}…`
}

/** `endpoint.created` of endpoint:late → "Endpoint late: created", with what the detail says. */
function generalSentence({ verb, detail }: JournalRecord, name: string): string {
  const action = verb.slice(verb.indexOf('.') + 1).replaceAll('-', ' ')
  const members = new RecordDetail(detail).plain(4)
  return `${name}: ${action}${members === '' ? '' : ` (${members})`}`
}
