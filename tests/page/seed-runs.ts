import type { Client } from '#client/client'
import { chanceOf } from './seed-chance.ts'

const gitCommit = '9f2c4e1ab0d37e55c6a1f8b2d4e6f7081920aabb'

/** Runs with curves, parameters, files and one failure; gives the ids of those that finished. */
export async function seedRuns(client: Client, project: string): Promise<string[]> {
  const finished: string[] = []
  for (let index = 0; index < 12; index++) {
    const id = await seedRun(client, project, index)
    if (index % 6 !== 5) finished.push(id)
  }
  await seedFork(client, project, finished[0] ?? '')
  return finished
}

/** A run that continues another one, and went back itself. */
async function seedFork(client: Client, project: string, source: string): Promise<void> {
  const body = { step: 30, name: 'trees-1-longer', parameters: { trees: '80' } }
  const { id: run } = await client.runs.forkRun({ params: { project, run: source }, body })
  const params = { project, run }
  const metrics = Array.from({ length: 50 }, (_, i) => {
    return { key: 'valid_log_loss', value: 0.45 - i / 2000, step: 31 + i }
  })
  await client.runs.logToRun({ params, body: { metrics } })
  await client.runs.rewindRun({ params, body: { step: 60 } })
}

async function seedRun(client: Client, project: string, index: number): Promise<string> {
  const chance = chanceOf(index + 1)
  const depth = 4 + (index % 4)
  const learner = index % 3 === 2 ? 'logistic' : 'trees'
  const { id } = await client.runs.createRun({
    params: { project },
    body: {
      experiment: index % 4 === 3 ? 'baselines' : 'late-flights',
      name: `${learner}-${index + 1}`,
      parameters: {
        learner,
        depth: String(depth),
        learningRate: String(0.05 * (1 + (index % 3))),
        trees: '60',
        seed: '2001',
      },
      tags: { team: index % 2 === 0 ? 'delays' : 'planning' },
      environment: {
        runtime: 'node 24.21.0',
        host: 'trainer-1',
        platform: 'linux x64',
        command: ['gyre', 'train', '--data', 'build/training.parquet', '--learner', learner],
        gitCommit,
        gitBranch: 'main',
        gitDirty: false,
        packages: { gyre: '0.1.0', 'onnxruntime-node': '1.30.0' },
      },
      inputs: ['data:flights@8', 'service:late_flights@0123456789ab'],
    },
  })
  const params = { project, run: id }
  await client.runs.logToRun({
    params,
    body: {
      metrics: Array.from({ length: 60 }, (_, step) => {
        const loss = 0.42 + 0.2 * Math.exp(-step / 14) + depth * 0.004 + chance.normal() * 0.002
        return [
          { key: 'train_log_loss', value: loss - 0.015, step },
          { key: 'valid_log_loss', value: loss, step },
          {
            key: 'valid_auc',
            value: 0.67 - 0.12 * Math.exp(-step / 16) - depth * 0.003 + chance.normal() * 0.001,
            step,
          },
        ]
      }).flat(),
    },
  })
  for (const [path, text] of Object.entries(artifactsOf(depth))) {
    const body = new TextEncoder().encode(text)
    await client.runs.uploadArtifact({ params, query: { path }, body })
  }
  const failed = index % 6 === 5
  await client.runs.finishRun({
    params,
    body: failed
      ? {
          status: 'failed',
          reason: 'The training data has no rows after 2001-02-25. Check --from.',
        }
      : { status: 'finished' },
  })
  return id
}

/** One of each kind that the page can show. */
function artifactsOf(depth: number): Record<string, string> {
  return {
    'reports/summary.txt': `depth ${depth}\nrows 120000\n`,
    'reports/slices.csv': 'slice,rows,auc\nmorning,4000,0.71\nevening,3100,0.68\n',
    'reports/params.json': JSON.stringify({ depth, columns: ['hour', 'distance'], seed: null }),
    'reports/curve.svg':
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 20 L40 0" stroke="teal"/></svg>',
    'reports/page.html':
      '<!doctype html><title>Report</title><h1>Report</h1><script>document.title = 1</script>',
    'model/notes.md': `# Notes\n\nTrees of depth **${depth}**.\n`,
  }
}

/** Many small runs, for the table. */
export async function seedManyRuns(client: Client, project: string, count: number): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) {
      const index = next++
      const chance = chanceOf(index + 100)
      const { id } = await client.runs.createRun({
        params: { project },
        body: {
          experiment: 'sweep',
          name: `sweep-${String(index).padStart(5, '0')}`,
          parameters: {
            depth: String(2 + (index % 9)),
            learner: index % 2 === 0 ? 'trees' : 'logistic',
          },
        },
      })
      await client.runs.logToRun({
        params: { project, run: id },
        body: { metrics: [{ key: 'valid_auc', value: 0.6 + chance.next() * 0.1 }] },
      })
    }
  }
  await Promise.all(Array.from({ length: 16 }, work))
}
