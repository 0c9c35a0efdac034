import type { Trace, TraceInfo } from '#domains/traces/index'
import { assessmentJson } from './assessment-json.ts'
import { durationText, instantText } from './instants.ts'
import { protoSpan } from './proto-span.ts'

const locationTag = 'mlflow.artifactLocation'

/** Where a client finds and leaves files of a trace: below its experiment's, beside those of runs. */
export function traceDirectory({ id, experiment }: Pick<TraceInfo, 'id' | 'experiment'>): string {
  return `${experiment}/traces/${id}/artifacts`
}

function tagsOf(info: TraceInfo): Record<string, string> {
  return { ...info.tags, [locationTag]: `mlflow-artifacts:/${traceDirectory(info)}` }
}

/** `TraceInfoV3`. */
export function traceInfoJson(info: TraceInfo): object {
  return {
    trace_id: info.id,
    client_request_id: info.clientRequestId,
    trace_location: {
      type: 'MLFLOW_EXPERIMENT',
      mlflow_experiment: { experiment_id: info.experiment },
    },
    request_preview: info.requestPreview,
    response_preview: info.responsePreview,
    request_time: instantText(info.requestedAt),
    execution_duration: info.durationMs === undefined ? undefined : durationText(info.durationMs),
    state: info.state,
    trace_metadata: Object.keys(info.metadata).length === 0 ? undefined : info.metadata,
    assessments: info.assessments.length === 0 ? undefined : info.assessments.map(assessmentJson),
    tags: tagsOf(info),
  }
}

/** `Trace`, with its spans. */
export function traceJson({ info, spans }: Trace): object {
  return {
    trace_info: traceInfoJson(info),
    spans: spans.length === 0 ? undefined : spans.map(protoSpan),
  }
}

/** `TraceInfo` of MLflow 2. */
export function oldTraceInfoJson(info: TraceInfo): object {
  const pairs = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([key, value]) => ({ key, value }))
  return {
    request_id: info.id,
    experiment_id: info.experiment,
    timestamp_ms: info.requestedAt,
    execution_time_ms: info.durationMs ?? 0,
    status: info.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : info.state,
    request_metadata: pairs(info.metadata),
    tags: pairs(tagsOf(info)),
  }
}
