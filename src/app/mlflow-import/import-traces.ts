import type { JsonObject } from '#kernel/json'
import { objectOf } from '../json-parts.ts'
import { fail, type Importing } from './import-runs.ts'
import { otlpSpan } from './otlp-span.ts'
import type { SourceExperiment, SourceTrace } from './source.ts'

const spansAtOnce = 200
/** What a server says of itself there. */
const ownTags = ['mlflow.artifactLocation', 'mlflow.trace.spansLocation']

/** Brings the traces of an experiment with their spans and what was said of them. */
export async function importTraces(
  at: Importing,
  experiment: SourceExperiment,
  number: number,
): Promise<void> {
  for await (const trace of at.source.traces(experiment.id)) {
    at.tally.add('traces', 'found')
    at.tally.add('spans', 'found', trace.spans.length)
    if (at.dryRun) continue
    if (experiment.state === 'deleted') {
      at.tally.leaveOut('traces', trace.id, 'are not brought into a deleted experiment')
      continue
    }
    await importTrace(at, trace, String(number))
  }
}

async function importTrace(at: Importing, trace: SourceTrace, experiment: string): Promise<void> {
  const { wire, tally } = at
  try {
    for (let start = 0; start < trace.spans.length; start += spansAtOnce) {
      const spans = trace.spans.slice(start, start + spansAtOnce).map(otlpSpan)
      const body = { resourceSpans: [{ scopeSpans: [{ spans }] }] }
      await wire.post('v1/traces', body, { 'x-mlflow-experiment-id': experiment })
    }
    // Last, since what was said as a whole counts more than what its spans tell.
    await wire.post('api/3.0/mlflow/traces', { trace: { trace_info: infoFor(trace, experiment) } })
    tally.add('traces', 'brought')
    tally.add('spans', 'brought', trace.spans.length)
    if (trace.problem !== undefined) {
      tally.leaveOut('spans', trace.id, `are not all readable: ${trace.problem}`)
    } else if (trace.spans.length === 0) {
      tally.leaveOut(
        'spans',
        trace.id,
        'are in files, as MLflow before 3.4 kept them, or there are none',
      )
    }
  } catch (thrown) {
    fail(at, 'traces', trace.id, thrown)
  }
}

function infoFor({ info }: SourceTrace, experiment: string): JsonObject {
  const tags = Object.entries(objectOf(info['tags'])).filter(([key]) => !ownTags.includes(key))
  return {
    ...info,
    trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } },
    tags: Object.fromEntries(tags),
  }
}
