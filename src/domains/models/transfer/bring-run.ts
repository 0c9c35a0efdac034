import { asGyreError, type GyreError, invalid } from '#kernel/errors'
import type { Context } from '#domains/access/index'
import {
  type DatasetInput,
  getRun,
  importExperiment,
  importRun,
  linkToRun,
  logInputs,
  logToRun,
  type MetricNumber,
  type Run,
  type RunEnvironment,
} from '#domains/runs/index'
import { unlessGone } from '../measured.ts'
import type { Manifest } from './manifest.ts'

/** What became of the run of an archive. */
export interface BroughtRun {
  run: Run | null
  /** Why it is not here; empty: it is, or the archive has none. */
  problem: string
}

type ManifestRun = NonNullable<Manifest['run']>

const pointsAtOnce = 1000

/**
 * Brings the run of an archive with its parameters, tags, environment, data sets and every point,
 * under its own id. One that is here already stays as it is, unless an import that ended early left it
 * half; one of another project cannot come.
 */
export async function bringRun(
  ctx: Context,
  project: string,
  manifest: Manifest,
  fingerprint: string,
): Promise<BroughtRun> {
  const { run } = manifest
  if (run === null) return { run: null, problem: '' }
  const known = await unlessGone(getRun(ctx, { project, run: run.id }))
  if (known !== null) {
    if (isHalf(known, run)) await bringRest(ctx, project, run)
    return { run: await getRun(ctx, { project, run: run.id }), problem: '' }
  }
  const source = sourceOf(manifest)
  try {
    const experiment = await experimentOf(ctx, project, manifest, run, source)
    const body = {
      project,
      id: run.id,
      experiment,
      name: run.name,
      user: run.user,
      status: run.status,
      state: 'active' as const,
      startedAt: run.startedAt,
      endedAt: run.endedAt,
      artifactUri: '',
      parameters: run.parameters,
      tags: run.tags,
      source,
    }
    await importRun(ctx, body)
    await bringRest(ctx, project, run)
    await importRun(ctx, { ...body, fingerprint })
  } catch (thrown) {
    const error = asGyreError(thrown)
    if (error.code === 'already_exists') return { run: null, problem: error.public }
    throw thrown
  }
  return { run: await getRun(ctx, { project, run: run.id }), problem: '' }
}

/** An import that ended early left it without some of what came with it. */
function isHalf({ metricSummaries, environment }: Run, told: ManifestRun): boolean {
  const points = metricSummaries.reduce((sum, summary) => sum + summary.count, 0)
  const hasEnvironment = Object.keys(environment).length > 0
  return (
    points < (told.points?.count ?? 0) ||
    (!hasEnvironment && Object.keys(told.environment).length > 0)
  )
}

export function sourceOf({ origin }: Manifest): string {
  return `model:${origin.model}@${origin.version} of project ${origin.project}`
}

async function experimentOf(
  ctx: Context,
  project: string,
  manifest: Manifest,
  { experiment }: ManifestRun,
  source: string,
): Promise<number> {
  const { number } = await importExperiment(ctx, {
    project,
    number: Number(experiment.id),
    name: experiment.name,
    tags: {},
    state: 'active',
    artifactLocation: '',
    createdAt: manifest.version.createdAt,
    updatedAt: manifest.exportedAt,
    source,
  })
  return number
}

async function bringRest(ctx: Context, project: string, run: ManifestRun): Promise<void> {
  const datasets = run.datasets as unknown as DatasetInput[]
  if (datasets.length > 0) await logInputs(ctx, { project, run: run.id, datasets, models: [] })
  const environment = run.environment as RunEnvironment
  await linkToRun(ctx, { project, run: run.id, inputs: [], outputs: [], environment })
  // Last: a run with all its points has all the rest as well.
  if (run.points !== null) await bringPoints(ctx, project, run.id, run.points.sha256)
}

async function bringPoints(
  ctx: Context,
  project: string,
  run: string,
  sha256: string,
): Promise<void> {
  let metrics: { key: string; value: MetricNumber; step: number; timestamp: number }[] = []
  const flush = async (): Promise<void> => {
    await logToRun(ctx, { project, run, metrics })
    metrics = []
  }
  for await (const line of linesOf(ctx.blobs.read(sha256))) {
    metrics.push(pointOf(line))
    if (metrics.length >= pointsAtOnce) await flush()
  }
  if (metrics.length > 0) await flush()
}

function pointOf(line: string) {
  const [key, value, step, timestamp] = parsedLine(line)
  if (typeof key !== 'string' || typeof step !== 'number' || typeof timestamp !== 'number') {
    throw badPoint(line)
  }
  if (typeof value !== 'number' && !['NaN', 'Infinity', '-Infinity'].includes(String(value))) {
    throw badPoint(line)
  }
  return { key, value: value as MetricNumber, step, timestamp }
}

function parsedLine(line: string): unknown[] {
  try {
    const value: unknown = JSON.parse(line)
    if (Array.isArray(value)) return value
  } catch {
    // Told below, with the line.
  }
  throw badPoint(line)
}

function badPoint(line: string): GyreError {
  return invalid(
    `The metrics of the run have a line that is none of [key, value, step, timestamp]: ${line.slice(0, 200)}`,
  )
}

async function* linesOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of content) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line !== '')
  }
  if (rest !== '') yield rest
}
