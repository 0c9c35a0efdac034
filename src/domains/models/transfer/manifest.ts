import { z } from 'zod'
import { invalid } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { stages } from '../stages.ts'

export const manifestPath = 'manifest.json'
export const archiveFormat = 'gyre-model'
export const formatVersion = 1

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const text = z.string().max(1_000_000)
const name = z.string().min(1).max(1024)
const texts = z.record(z.string().max(1024), text)
const instant = z.int().min(0)
const json: z.ZodType<Json> = z.json()
const part = z.object({ sha256, sizeBytes: z.int().min(0) })
const column = z.object({ name: text, type: text })
const estimate = z.object({
  value: z.number(),
  low: z.number(),
  high: z.number(),
  standardError: z.number(),
})

const record = z.object({
  seq: z.int(),
  at: z.int(),
  actor: text,
  verb: text,
  subject: text,
  project: text,
  inputs: z.array(text),
  outputs: z.array(text),
  detail: z.record(z.string(), json),
  prevHash: sha256,
  hash: sha256,
})

const run = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  experiment: z.object({ id: z.string().regex(/^\d{1,15}$/), name }),
  name: text,
  description: text,
  user: text,
  status: z.enum(['running', 'scheduled', 'finished', 'failed', 'killed']),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  parameters: texts,
  tags: texts,
  environment: z.record(z.string(), json),
  datasets: z.array(z.record(z.string(), json)),
  /** JSON lines of `[key, value, step, timestamp]`; null: nothing was measured. */
  points: part.extend({ count: z.int() }).nullable(),
})

/** What an archive says of itself, in its first file. */
export const manifestSchema = z.object({
  format: z.literal(archiveFormat),
  formatVersion: z.literal(formatVersion),
  exportedAt: instant,
  exportedBy: text,
  origin: z.object({ project: text, model: name, version: z.int().min(1), record: z.int() }),
  model: z.object({ description: text, tags: texts, gate: z.array(json), guards: z.array(text) }),
  version: z.object({
    description: text,
    learner: text,
    options: z.record(z.string(), json),
    signature: z.object({ inputs: z.array(column), outputs: z.array(column) }),
    features: z.array(text),
    featureService: text.nullable(),
    target: text.nullable(),
    inputs: z.array(text),
    gitCommit: text.nullable(),
    source: text.nullable(),
    licence: text.nullable(),
    stage: z.enum(stages),
    gate: z.enum(['undecided', 'passed', 'refused']),
    aliases: z.array(text),
    tags: texts,
    metrics: z.partialRecord(z.enum(['auc', 'log_loss', 'brier']), estimate),
    evaluatedAt: instant.nullable(),
    createdAt: instant,
    createdBy: text,
  }),
  files: z.array(part.extend({ path: name })).max(100_000),
  evaluation: part.nullable(),
  data: z.array(
    z.object({
      dataset: text,
      version: text,
      rows: z.int().nullable(),
      digest: text.nullable(),
    }),
  ),
  run: run.nullable(),
  decisions: z.array(z.record(z.string(), json)),
  reviews: z.array(z.record(z.string(), json)),
  aliasMoves: z.array(z.record(z.string(), json)),
  stageMoves: z.array(z.record(z.string(), json)),
  journal: z.array(record),
})
export type Manifest = z.infer<typeof manifestSchema>

/** Where a part is in the archive: equal contents are there once. */
export function partPath(sha256: string): string {
  return `blobs/${sha256}`
}

/** Every part that an archive must have, by its digest. Pure. */
export function partsOf(manifest: Manifest): Map<string, { sizeBytes: number; what: string }> {
  const parts = new Map<string, { sizeBytes: number; what: string }>()
  for (const { path, sha256: digest, sizeBytes } of manifest.files) {
    parts.set(digest, { sizeBytes, what: `the file ${path}` })
  }
  const { evaluation } = manifest
  if (evaluation !== null) {
    parts.set(evaluation.sha256, { sizeBytes: evaluation.sizeBytes, what: 'the evaluation' })
  }
  const points = manifest.run?.points ?? null
  if (points !== null) {
    parts.set(points.sha256, { sizeBytes: points.sizeBytes, what: 'the metrics of the run' })
  }
  return parts
}

/** Reads a manifest. Errors: `invalid`, with where it is wrong. */
export function parseManifest(bytes: Uint8Array): Manifest {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw invalid(`${manifestPath} of the archive is not JSON. Export the model again.`)
  }
  const { format, formatVersion: given } = (value ?? {}) as Record<string, unknown>
  if (format !== archiveFormat) {
    throw invalid(`This is no archive of a model: ${manifestPath} does not say "${archiveFormat}".`)
  }
  if (given !== formatVersion) {
    throw invalid(
      `The archive has format version ${String(given)}; this server reads version ${formatVersion}. Update Gyre.`,
    )
  }
  const parsed = manifestSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = (issue?.path ?? []).join('.')
  throw invalid(
    `${manifestPath} of the archive is wrong at ${where || 'its root'}: ${issue?.message}.`,
  )
}
