import {
  type Comparison,
  type Grammar,
  type KeyRule,
  listComparators,
  nullComparators,
  numberComparators,
  textComparators,
} from '#kernel/filter/grammar'

export type TraceEntity =
  | 'tag'
  | 'request_metadata'
  | 'attribute'
  | 'span'
  | 'feedback'
  | 'expectation'
  | 'issue'

export type TraceComparison = Comparison<TraceEntity>

const keyed: KeyRule = {
  value: 'text',
  comparators: [...textComparators, 'RLIKE', ...nullComparators],
}
const named: KeyRule = {
  ...keyed,
  comparators: [...keyed.comparators, ...listComparators],
  lists: true,
}
const time: KeyRule = { value: 'number', comparators: numberComparators }
const said: KeyRule = {
  value: 'either',
  comparators: [...textComparators, '>', '>=', '<', '<=', 'RLIKE', ...nullComparators],
}

/** What traces can be searched and ordered by; keys mean columns of `traces` where there is one. */
export const traceGrammar: Grammar<TraceEntity> = {
  entities: {
    tag: { aliases: ['tags'], other: keyed },
    request_metadata: { aliases: ['metadata'], other: keyed },
    attribute: {
      aliases: ['attributes', 'trace'],
      keys: {
        request_id: { ...named, means: 'id' },
        trace_id: { ...named, means: 'id' },
        timestamp: { ...time, means: 'requested_at' },
        timestamp_ms: { ...time, means: 'requested_at' },
        request_time: { ...time, means: 'requested_at' },
        execution_time: { ...time, means: 'duration_ms' },
        execution_time_ms: { ...time, means: 'duration_ms' },
        execution_duration: { ...time, means: 'duration_ms' },
        end_time: { ...time, means: 'ended_at' },
        end_time_ms: { ...time, means: 'ended_at' },
        status: { ...named, means: 'state' },
        state: named,
        client_request_id: named,
        name: named,
        run_id: { ...named, means: 'run' },
        prompt: { value: 'text', comparators: ['='], only: 'filter' },
        text: { value: 'text', comparators: ['LIKE', 'ILIKE'], only: 'filter' },
        experiment_id: { value: 'number', comparators: [], means: 'experiment', only: 'order' },
      },
    },
    span: {
      aliases: [],
      keys: { content: { value: 'text', comparators: ['LIKE', 'ILIKE'], only: 'filter' } },
      other: {
        value: 'text',
        comparators: [...textComparators, ...listComparators, 'RLIKE'],
        lists: true,
        only: 'filter',
      },
    },
    feedback: { aliases: [], other: { ...said, only: 'filter' } },
    expectation: { aliases: [], other: { ...said, only: 'filter' } },
    issue: { aliases: [], keys: { id: { value: 'text', comparators: ['='], only: 'filter' } } },
  },
  plain: 'attribute',
  nullable: 'tags, metadata, feedback and expectations',
}
