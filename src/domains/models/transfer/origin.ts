import type { Context } from '#domains/access/index'
import { authorizeModel } from '../authorize-model.ts'
import { findVersion } from '../find-model.ts'
import { type ModelVersionRow, readModels } from '../store.ts'
import { type Manifest, parseManifest } from './manifest.ts'

/** Where an imported version came from, and what was said of it there. */
export interface Origin {
  project: string
  model: string
  version: number
  /** The last journal record there at that moment. */
  record: number
  exportedAt: number
  exportedBy: string
  createdAt: number
  createdBy: string
  stage: string
  gate: string
  aliases: string[]
  data: { dataset: string; version: string; rows: number | null }[]
  reviews: Manifest['reviews']
  decisions: Manifest['decisions']
  /** Journal records that came with it. */
  records: number
  /** The sha256 of the manifest. */
  archive: string
}

/** What an archive said of a version that came from it; null for one that was registered here. */
export async function originOf(
  ctx: Context,
  row: Pick<ModelVersionRow, 'origin_sha256'>,
): Promise<Manifest | null> {
  if (row.origin_sha256 === null) return null
  return parseManifest(await ctx.blobs.readAll(row.origin_sha256))
}

/** Of a version by number, alias or `latest`; null for one that was registered here. Errors: `not_found`. */
export async function getOrigin(
  ctx: Context,
  input: { project: string; model: string; version: string | number },
): Promise<{ origin: Origin | null }> {
  authorizeModel(ctx, 'viewer', input)
  const row = await findVersion(readModels(ctx), input.project, input.model, input.version)
  const manifest = await originOf(ctx, row)
  if (manifest === null || row.origin_sha256 === null) return { origin: null }
  const { origin, version, exportedAt, exportedBy, data, reviews, decisions, journal } = manifest
  const { createdAt, createdBy, stage, gate, aliases } = version
  return {
    origin: {
      ...origin,
      exportedAt,
      exportedBy,
      createdAt,
      createdBy,
      stage,
      gate,
      aliases,
      data: data.map(({ dataset, version: of, rows }) => ({ dataset, version: of, rows })),
      reviews,
      decisions,
      records: journal.length,
      archive: row.origin_sha256,
    },
  }
}
