import { invalid } from '#kernel/errors'
import { authorize, everyProject } from '#kernel/principals'
import {
  explain,
  getRecord,
  type JournalRecord,
  lineage,
  listRecords,
  listTurns,
  sentenceOf,
  verifyChain,
} from '#domains/journal/index'
import { implement } from '../implement.ts'
import { journalApi, type JournalRecordView } from '../wire/journal.ts'

/** A record as it is shown. */
export function recordView(record: JournalRecord): JournalRecordView {
  return { ...record, sentence: sentenceOf(record) }
}

export const journalOperations = implement('journal', journalApi, {
  async list(ctx, { params, query }) {
    const page = await listRecords(ctx, params.project, query)
    return { ...page, items: page.items.map(recordView) }
  },
  async get(ctx, { params }) {
    if (!/^[1-9]\d{0,14}$/.test(params.seq)) throw invalid('A record is named by its number.')
    return recordView(await getRecord(ctx, params.project, Number(params.seq)))
  },
  why: (ctx, { params, query }) => explain(ctx, params.project, query.subject, query),
  lineage: (ctx, { params, query }) => lineage(ctx, params.project, query.subject, query),
  async turns(ctx, { params, query }) {
    return { items: await listTurns(ctx, params.project, query.limit) }
  },
  async verify(ctx) {
    authorize(ctx, 'admin', everyProject)
    return verifyChain(ctx)
  },
})
