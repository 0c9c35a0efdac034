import type { Json } from '#kernel/json'
import type { Span } from './span.ts'

/** Tags and metadata that mean something here; the names are MLflow's. */
export const traceKeys = {
  name: 'mlflow.traceName',
  spansLocation: 'mlflow.trace.spansLocation',
  prompts: 'mlflow.linkedPrompts',
  run: 'mlflow.sourceRun',
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  tokens: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  size: 'mlflow.trace.sizeStats',
} as const

/** Bits of `traces.finalized`: what the client said of the whole trace. */
export const said = { info: 1, tokens: 2, cost: 4 } as const

/** Whether a text can be the id of a trace. */
export function isTraceId(text: string): boolean {
  return /^[\w.:-]{1,100}$/.test(text)
}

export const traceStates = ['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const
export type TraceState = (typeof traceStates)[number]

export interface TraceInfo {
  id: string
  /** The id of its experiment. */
  experiment: string
  state: TraceState
  /** Milliseconds since 1970. */
  requestedAt: number
  durationMs: number | undefined
  clientRequestId: string | undefined
  requestPreview: string | undefined
  responsePreview: string | undefined
  tags: Record<string, string>
  metadata: Record<string, string>
  assessments: Assessment[]
}

export interface Trace {
  info: TraceInfo
  spans: Span[]
}

export const assessmentKinds = ['feedback', 'expectation', 'issue'] as const
export type AssessmentKind = (typeof assessmentKinds)[number]

export interface AssessmentError {
  code: string
  message?: string | undefined
  stackTrace?: string | undefined
}

/** What a person, a judge or a program says of a trace or of one of its spans. */
export interface Assessment {
  id: string
  trace: string
  name: string
  kind: AssessmentKind
  value: Json
  error: AssessmentError | undefined
  source: { type: string; id: string }
  span: string | undefined
  rationale: string | undefined
  metadata: Record<string, string>
  /** The assessment that this one corrects. */
  overrides: string | undefined
  /** False once it was overridden. */
  valid: boolean
  createdAt: number
  updatedAt: number
}
