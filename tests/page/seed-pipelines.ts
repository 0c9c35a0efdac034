import type { Client } from '#client/client'

const order = ['training-set', 'holdout-set', 'train', 'baseline', 'evaluate', 'register'] as const
const after: Record<(typeof order)[number], string[]> = {
  'training-set': [],
  'holdout-set': [],
  train: ['training-set'],
  baseline: ['training-set'],
  evaluate: ['train', 'baseline', 'holdout-set'],
  register: ['evaluate'],
}

/** A pipeline of six stages, one execution that ended well, one that failed, and its triggers. */
export async function seedPipelines(
  client: Client,
  project: string,
  directory: string,
): Promise<void> {
  const pipeline = 'late-flights'
  await client.pipelines.declarePipeline({
    params: { project, pipeline },
    body: {
      directory,
      stages: order.map((name) => ({
        name,
        command: [`gyre ${name} --out build/${name}`],
        workingDirectory: '.',
        dependencies: after[name].map((stage) => `build/${stage}`),
        parameters: name === 'train' ? ['params.yaml:trees'] : [],
        outputs: [`build/${name}`],
        metrics: [],
        plots: [],
        frozen: false,
        alwaysChanged: name === 'register',
        description: '',
        after: after[name],
      })),
    },
  })
  await report(client, project, undefined)
  await report(client, project, 'evaluate')
  const declarations = {
    'retrain-on-data': { on: 'data', dataset: 'flights', every: 4, run: pipeline },
    'retrain-weekly': { on: 'schedule', cron: '0 3 * * 1', run: pipeline },
  } as const
  for (const [trigger, declaration] of Object.entries(declarations)) {
    await client.pipelines.declareTrigger({ params: { project, trigger }, body: { declaration } })
  }
}

async function report(client: Client, project: string, failing: string | undefined): Promise<void> {
  const { id } = await client.pipelines.reportExecution({
    params: { project },
    body: {
      pipeline: 'late-flights',
      stages: order.map((stage) => ({
        stage,
        after: after[stage],
        reason: 'its dependencies changed',
      })),
      gitCommit: '9f2c4e1ab0d37e55c6a1f8b2d4e6f7081920aabb',
    },
  })
  const blocked =
    failing === undefined ? order.length : order.findIndex((stage) => stage === failing)
  for (const [index, stage] of order.entries()) {
    if (index > blocked) continue
    const params = { project, execution: id, stage }
    await client.pipelines.reportStage({ params, body: { state: 'running' } })
    const text = Array.from(
      { length: 30 },
      (_, line) => `${stage}: wrote part ${line + 1} of 30\n`,
    ).join('')
    await client.pipelines.reportStage({ params, body: { log: { offset: 0, text } } })
    const failed = index === blocked
    await client.pipelines.reportStage({
      params,
      body: {
        state: failed ? 'failed' : 'succeeded',
        exitCode: failed ? 1 : 0,
        peakMemoryBytes: 180_000_000 + index * 9_000_000,
        reason: failed ? 'exit code 1: the holdout has no positive rows' : 'done',
      },
    })
  }
  await client.pipelines.finishExecution({
    params: { project, execution: id },
    body:
      failing === undefined
        ? { state: 'succeeded', reason: 'All six stages succeeded.' }
        : { state: 'failed', reason: `The stage ${failing} failed.` },
  })
}
