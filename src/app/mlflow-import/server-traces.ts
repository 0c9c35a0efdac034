import { GyreError } from '#kernel/errors'
import type { JsonObject } from '#kernel/json'
import { listOf, objectOf, textOf } from '../json-parts.ts'
import { parseEach } from './exact-json.ts'
import type { MlflowWire } from './mlflow-wire.ts'
import type { SourceTrace } from './source.ts'

const tracesAtOnce = 500

/** Traces of an experiment of a running server; none where it is too old to know them. */
export async function* readTraces(
  wire: MlflowWire,
  experiment: string,
): AsyncGenerator<SourceTrace> {
  const place = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } }
  for (let token = ''; ;) {
    const page = await wire
      .post('api/3.0/mlflow/traces/search', {
        locations: [place],
        max_results: tracesAtOnce,
        ...(token === '' ? {} : { page_token: token }),
      })
      .catch(unlessMissing)
    for (const item of listOf(page['traces'])) {
      const info = objectOf(item)
      const id = textOf(info['trace_id'])
      yield { id, info, ...(await readSpans(wire, id)) }
    }
    token = textOf(page['next_page_token'])
    if (token === '') return
  }
}

/** As its page reads them. */
async function readSpans(
  wire: MlflowWire,
  trace: string,
): Promise<Pick<SourceTrace, 'spans' | 'problem'>> {
  const query = new URLSearchParams({ request_id: trace }).toString()
  try {
    const answer = await wire.send('GET', `ajax-api/3.0/mlflow/get-trace-artifact?${query}`)
    const { read, problem } = parseEach([await answer.text()])
    const { spans } = (read[0] ?? {}) as { spans?: unknown }
    return { spans: Array.isArray(spans) ? spans : [], problem }
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found') {
      return { spans: [], problem: undefined }
    }
    throw thrown
  }
}

function unlessMissing(thrown: unknown): JsonObject {
  if (thrown instanceof GyreError && thrown.code === 'not_found') return {}
  throw thrown
}
