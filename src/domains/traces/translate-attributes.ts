import type { Json } from '#kernel/json'
import { attributeValue, Attributes } from './attributes.ts'
import type { Attribute, Span } from './span.ts'

/** The attributes by which MLflow's client and pages know what a span is. */
export const spanKeys = {
  request: 'mlflow.traceRequestId',
  type: 'mlflow.spanType',
  inputs: 'mlflow.spanInputs',
  outputs: 'mlflow.spanOutputs',
  usage: 'mlflow.chat.tokenUsage',
  cost: 'mlflow.llm.cost',
  model: 'mlflow.llm.model',
  provider: 'mlflow.llm.provider',
  user: 'user.id',
  session: 'session.id',
  tagPrefix: 'mlflow.traceTag.',
} as const

/**
 * Where instrumentations put the same facts, the first that is there wins: OpenTelemetry's GenAI
 * conventions, OpenInference, Traceloop.
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
 * https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
 */
const sources = {
  inputs: [
    'gen_ai.input.messages',
    'gen_ai.tool.call.arguments',
    'input.value',
    'traceloop.entity.input',
  ],
  outputs: [
    'gen_ai.output.messages',
    'gen_ai.tool.call.result',
    'output.value',
    'traceloop.entity.output',
  ],
  model: [
    'gen_ai.response.model',
    'gen_ai.request.model',
    'llm.model_name',
    'embedding.model_name',
  ],
  provider: ['gen_ai.provider.name', 'gen_ai.system', 'llm.provider'],
  inputTokens: [
    'gen_ai.usage.input_tokens',
    'llm.token_count.prompt',
    'gen_ai.usage.prompt_tokens',
  ],
  outputTokens: [
    'gen_ai.usage.output_tokens',
    'llm.token_count.completion',
    'gen_ai.usage.completion_tokens',
  ],
  totalTokens: ['llm.token_count.total', 'llm.usage.total_tokens'],
  cacheReadTokens: [
    'gen_ai.usage.cache_read.input_tokens',
    'llm.token_count.prompt_details.cache_read',
  ],
  cacheWriteTokens: [
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_creation.input_tokens',
    'llm.token_count.prompt_details.cache_write',
  ],
} as const

const kindKeys = ['gen_ai.operation.name', 'openinference.span.kind', 'traceloop.span.kind']
const types: Readonly<Record<string, string>> = {
  chat: 'CHAT_MODEL',
  create_agent: 'AGENT',
  invoke_agent: 'AGENT',
  embeddings: 'EMBEDDING',
  execute_tool: 'TOOL',
  generate_content: 'LLM',
  text_completion: 'LLM',
  response: 'LLM',
  llm: 'LLM',
  chain: 'CHAIN',
  agent: 'AGENT',
  tool: 'TOOL',
  retriever: 'RETRIEVER',
  embedding: 'EMBEDDING',
  reranker: 'RERANKER',
  guardrail: 'GUARDRAIL',
  evaluator: 'EVALUATOR',
  workflow: 'WORKFLOW',
  task: 'TASK',
}

/**
 * The span with the attributes that its own instrumentation named otherwise; those that are there
 * stay. It also carries the id of its trace, as MLflow's readers expect.
 */
export function translateAttributes(span: Span, trace: string): Span {
  const own = new Attributes(span.attributes)
  const added: Attribute[] = []
  const add = (key: string, value: Json | undefined) => {
    if (value !== undefined && !own.has(key)) added.push({ key, value: attributeValue(value) })
  }
  const type = own.text(spanKeys.type)
  const translated = typeOf(own)
  const retyped = translated !== undefined && (type === undefined || type === 'UNKNOWN')
  add(spanKeys.inputs, firstOf(own, sources.inputs))
  add(spanKeys.outputs, firstOf(own, sources.outputs))
  add(spanKeys.model, textOf(firstOf(own, sources.model)))
  add(spanKeys.provider, textOf(firstOf(own, sources.provider)))
  add(spanKeys.usage, usageOf(own))
  const kept = span.attributes.filter(
    ({ key }) => key !== spanKeys.request && !(retyped && key === spanKeys.type),
  )
  added.push({ key: spanKeys.request, value: { stringValue: trace } })
  if (retyped) added.push({ key: spanKeys.type, value: { stringValue: translated } })
  return { ...span, attributes: [...kept, ...added] }
}

function typeOf(own: Attributes): string | undefined {
  const kind = textOf(firstOf(own, kindKeys))
  return kind === undefined ? undefined : types[kind.toLowerCase()]
}

function usageOf(own: Attributes): Json | undefined {
  const count = (keys: readonly string[]) => {
    const value = Number(firstOf(own, keys))
    return Number.isSafeInteger(value) ? value : undefined
  }
  const input = count(sources.inputTokens)
  const output = count(sources.outputTokens)
  const both = input === undefined || output === undefined ? undefined : input + output
  const usage = {
    input_tokens: input,
    output_tokens: output,
    total_tokens: count(sources.totalTokens) ?? both,
    cache_read_input_tokens: count(sources.cacheReadTokens),
    cache_creation_input_tokens: count(sources.cacheWriteTokens),
  }
  const known = Object.entries(usage).filter((entry): entry is [string, number] => {
    return entry[1] !== undefined
  })
  return known.length === 0 ? undefined : Object.fromEntries(known)
}

function firstOf(own: Attributes, keys: readonly string[]): Json | undefined {
  const key = keys.find((name) => own.has(name))
  return key === undefined ? undefined : own.json(key)
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
