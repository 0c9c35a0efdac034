import { canonicalJson, parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { tarEnd, tarHeader, tarPadding } from '#kernel/tar'
import type { Context } from '#domains/access/index'
import { type JournalRecord, listRecords } from '#domains/journal/index'
import { getLoggedRun, getMetricHistory, type Run } from '#domains/runs/index'
import { authorizeModel } from '../authorize-model.ts'
import { type CardFacts, readCard } from '../card/read-card.ts'
import { findVersion } from '../find-model.ts'
import { decisionColumns } from '../gate-case.ts'
import type { VersionFile } from '../model.ts'
import { type ModelVersionRow, readModels } from '../store.ts'
import { type ArchivePart, readableParts } from '../version-archive.ts'
import {
  archiveFormat,
  formatVersion,
  type Manifest,
  manifestPath,
  partPath,
  partsOf,
} from './manifest.ts'

export interface VersionExport {
  model: string
  version: number
  sizeBytes: number
  read(range: { start: number; end: number }): AsyncIterable<Uint8Array>
}

const mostRecords = 1000
const pointsAtOnce = 10_000

/**
 * A version with all that belongs to it as one archive: files, evaluation, run with metrics and
 * parameters, data versions by reference, the gate's decisions, reviews, moves, and its records of
 * the journal with their hashes. Errors: `not_found`.
 */
export async function exportVersion(
  ctx: Context,
  input: { project: string; model: string; version: string | number },
): Promise<VersionExport> {
  authorizeModel(ctx, 'viewer', input)
  const row = await findVersion(readModels(ctx), input.project, input.model, input.version)
  const manifest = await manifestOf(ctx, row)
  const content = new TextEncoder().encode(canonicalJson(manifest))
  const parts: ArchivePart[] = [
    tarHeader({ path: manifestPath, sizeBytes: content.length }),
    content,
    tarPadding(content.length),
  ]
  for (const [sha256, { sizeBytes }] of partsOf(manifest)) {
    parts.push(
      tarHeader({ path: partPath(sha256), sizeBytes }),
      { sha256, sizeBytes },
      tarPadding(sizeBytes),
    )
  }
  return {
    model: row.model,
    version: row.version,
    ...readableParts(ctx, [...parts, tarEnd]),
  }
}

async function manifestOf(ctx: Context, row: ModelVersionRow): Promise<Manifest> {
  const { project, model: name, version: number } = row
  const card = await readCard(ctx, { project, model: name, version: number })
  const { model, version, making } = card
  const evaluation =
    row.evaluation_sha256 === null ? undefined : await ctx.blobs.stat(row.evaluation_sha256)
  return {
    format: archiveFormat,
    formatVersion,
    exportedAt: ctx.clock(),
    exportedBy: ctx.principal.name,
    origin: { project, model: name, version: number, record: card.record },
    model: {
      description: model.description,
      tags: model.tags,
      gate: model.gate as unknown as Manifest['model']['gate'],
      guards: model.guards,
    },
    version: {
      description: version.description,
      learner: version.learner,
      options: version.options,
      signature: version.signature,
      features: version.features,
      featureService: version.featureService,
      target: version.target,
      inputs: version.inputs,
      gitCommit: version.gitCommit,
      source: version.source,
      licence: version.licence,
      stage: version.stage,
      gate: version.gate,
      aliases: version.aliases,
      tags: version.tags,
      metrics: version.metrics,
      evaluatedAt: version.evaluatedAt,
      createdAt: version.createdAt,
      createdBy: version.createdBy,
    },
    files: parseStored<VersionFile[]>(row.files),
    evaluation:
      evaluation === undefined
        ? null
        : { sha256: evaluation.sha256, sizeBytes: evaluation.sizeBytes },
    data: making.data,
    run: making.run === null ? null : await runOf(ctx, project, making.run),
    decisions: await decisionsOf(ctx, row),
    ...toldBy(card),
    journal: await recordsOf(ctx, row, making.run),
  }
}

function toldBy({ reviews, aliasMoves, stageMoves }: CardFacts) {
  return {
    reviews: reviews.map((each) => ({ ...each })),
    aliasMoves: aliasMoves.map((each) => ({ ...each })),
    stageMoves: stageMoves.map((each) => ({ ...each })),
  }
}

async function runOf(ctx: Context, project: string, run: Run): Promise<Manifest['run']> {
  const { datasets } = await getLoggedRun(ctx, { project, run: run.id })
  return {
    id: run.id,
    experiment: { id: run.experiment, name: run.experimentName },
    name: run.name,
    description: run.description,
    user: run.user,
    status: run.status,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    parameters: run.parameters,
    tags: run.tags,
    environment: JSON.parse(JSON.stringify(run.environment)) as Record<string, never>,
    datasets: JSON.parse(JSON.stringify(datasets)) as Record<string, never>[],
    points: await pointsOf(ctx, project, run),
  }
}

/** Every point, as a blob that nothing names: it is there for as long as an export needs it. */
async function pointsOf(
  ctx: Context,
  project: string,
  run: Run,
): Promise<NonNullable<Manifest['run']>['points']> {
  const count = run.metricSummaries.reduce((sum, summary) => sum + summary.count, 0)
  if (count === 0) return null
  const { sha256, sizeBytes } = await ctx.blobs.put(pointLines(ctx, project, run))
  return { sha256, sizeBytes, count }
}

async function* pointLines(ctx: Context, project: string, run: Run): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for (const { key } of run.metricSummaries) {
    for (let pageToken: string | undefined; ;) {
      const query = { project, run: run.id, key, limit: pointsAtOnce, pageToken }
      const page = await getMetricHistory(ctx, query)
      const lines = page.items.map(({ value, step, timestamp }) =>
        JSON.stringify([key, value, step, timestamp]),
      )
      if (lines.length > 0) yield encoder.encode(`${lines.join('\n')}\n`)
      pageToken = page.nextPageToken
      if (pageToken === undefined) break
    }
  }
}

async function decisionsOf(ctx: Context, row: ModelVersionRow): Promise<Manifest['decisions']> {
  const rows = await readModels(ctx)
    .selectFrom('gate_decisions')
    .select(decisionColumns)
    .where('project', '=', row.project)
    .where('model', '=', row.model)
    .where('version', '=', row.version)
    .orderBy('id')
    .execute()
  return rows.map(({ findings, passed, champion, decided_at, actor, evaluation_sha256 }) => ({
    passed: passed === 1,
    findings: JSON.parse(findings) as never,
    champion,
    at: decided_at,
    actor,
    evaluation: evaluation_sha256,
  }))
}

/** What the journal says of the version and of its run, oldest first. */
async function recordsOf(
  ctx: Context,
  { project, model, version }: ModelVersionRow,
  run: Run | null,
): Promise<JournalRecord[]> {
  const subjects = [
    subject('model', model, version),
    ...(run === null ? [] : [subject('run', run.id)]),
  ]
  const found = new Map<number, JournalRecord>()
  for (const about of subjects) {
    const filter = { subject: about, order: 'oldest', limit: mostRecords } as const
    const { items } = await listRecords(ctx, project, filter)
    for (const record of items) found.set(record.seq, record)
  }
  return [...found.values()].sort((a, b) => a.seq - b.seq)
}
