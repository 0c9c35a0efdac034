export type { NewAssessment } from './assessment-row.ts'
export {
  type AssessmentChange,
  createAssessment,
  deleteAssessment,
  getAssessment,
  updateAssessment,
} from './assess-trace.ts'
export { attributeJson } from './attribute-json.ts'
export { correlateFilters } from './correlate-filters.ts'
export { countIssueTraces } from './count-issue-traces.ts'
export { deleteTraces } from './delete-traces.ts'
export { endTrace } from './end-trace.ts'
export { linkPromptsToTrace, linkTracesToRun } from './link-traces.ts'
export { type LoggedSpans, logSpans } from './log-spans.ts'
export { type Aggregation } from './metric-rules.ts'
export { queryTraceMetrics } from './query-trace-metrics.ts'
export { getTrace, getTraceInfo, isWhole, listTraceInfos, listTraces } from './read-traces.ts'
export { requireExperiment } from './require-experiment.ts'
export { saveTrace } from './save-trace.ts'
export { searchTraces } from './search-traces.ts'
export type { Attribute, AttributeValue, Span, SpanEvent, SpanLink } from './span.ts'
export { deleteTraceTag, setTraceTag } from './tag-trace.ts'
export {
  type Assessment,
  type AssessmentError,
  type AssessmentKind,
  type Trace,
  type TraceInfo,
  type TraceState,
} from './trace.ts'
export { tracesBlobColumns } from './blob-columns.ts'
