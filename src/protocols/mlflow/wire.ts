import type { DatasetInput, LoggedRun, RunStatus } from '#domains/runs/index'
import { enumeration } from './fields.ts'

/** A list as protocol buffers write it: an empty one is left out. */
export function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items
}

/** MLflow's databases know no infinities: it keeps the largest double in their place. */
const largest = Number.MAX_VALUE

/** A metric's value as MLflow gives it back: NaN as a text. */
export function metricValue(value: number): number | 'NaN' {
  if (Number.isNaN(value)) return 'NaN'
  return Math.min(largest, Math.max(-largest, value))
}

export const runStatus = enumeration({
  RUNNING: 1,
  SCHEDULED: 2,
  FINISHED: 3,
  FAILED: 4,
  KILLED: 5,
})

/** MLflow writes FINISHED, we write finished. */
export function statusOf(name: Uppercase<RunStatus>): RunStatus {
  return name.toLowerCase() as RunStatus
}

const pair = ([key, value]: readonly [string, string]) => ({ key, value })

/** A run in MLflow's words. */
export function runOf(run: LoggedRun) {
  return {
    info: runInfoOf(run),
    data: {
      metrics: unlessEmpty(
        run.metrics.map(({ key, value, timestamp, step }) => ({
          key,
          value: metricValue(value),
          timestamp,
          step,
        })),
      ),
      params: unlessEmpty(run.parameters.map(pair)),
      tags: unlessEmpty(run.tags.map(pair)),
    },
    inputs: {
      dataset_inputs: unlessEmpty(run.datasets.map(datasetInputOf)),
      model_inputs: unlessEmpty(run.modelInputs.map((model) => ({ model_id: model }))),
    },
    outputs: {
      model_outputs: unlessEmpty(
        run.modelOutputs.map(({ model, step }) => ({ model_id: model, step })),
      ),
    },
  }
}

/** What MLflow knows of a run beside its data. */
export function runInfoOf(run: LoggedRun) {
  return {
    run_id: run.id,
    run_uuid: run.id,
    run_name: run.name,
    experiment_id: run.experiment,
    user_id: run.user,
    status: run.status.toUpperCase(),
    start_time: run.startedAt ?? undefined,
    end_time: run.endedAt ?? undefined,
    artifact_uri: run.artifactUri,
    lifecycle_stage: run.state,
  }
}

function datasetInputOf({ dataset, tags }: DatasetInput) {
  return {
    tags: unlessEmpty(tags),
    dataset: {
      name: dataset.name,
      digest: dataset.digest,
      source_type: dataset.sourceType,
      source: dataset.source,
      schema: dataset.schema ?? undefined,
      profile: dataset.profile ?? undefined,
    },
  }
}
