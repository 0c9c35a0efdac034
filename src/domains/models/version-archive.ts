import { GyreError, notFound } from '#kernel/errors'
import { canonicalJson, parseStored } from '#kernel/json'
import { tarEnd, tarHeader, tarPadding } from '#kernel/tar'
import type { Context } from '#domains/access/index'
import { authorizeModel } from './authorize-model.ts'
import { findModel, findVersion } from './find-model.ts'
import type { VersionFile } from './model.ts'
import { type ModelsReader, type ModelVersionRow, readModels } from './store.ts'

/** All files of a version as one archive, or a part of it. */
export interface VersionArchive {
  model: string
  version: number
  /** Another one as soon as a path or a byte differs. */
  etag: string
  sizeBytes: number
  /** The bytes [start, end) of it. */
  read(range: { start: number; end: number }): AsyncIterable<Uint8Array>
}

/** What an archive is made of, one after the other. */
export type ArchivePart = Uint8Array | { sha256: string; sizeBytes: number }

/**
 * A version's files as a tar archive. It is the same for the same files, so that a part of it may be
 * asked for later. Errors: `not_found`, also where the files are not in this server.
 */
export async function openVersionArchive(
  ctx: Context,
  input: { project: string; model: string; version: string | number },
): Promise<VersionArchive> {
  authorizeModel(ctx, 'viewer', input)
  return archiveOf(
    ctx,
    await findVersion(readModels(ctx), input.project, input.model, input.version),
  )
}

/** As `openVersionArchive`, of what an alias points at now. */
export async function openAliasArchive(
  ctx: Context,
  input: { project: string; model: string; alias: string },
): Promise<VersionArchive> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const version = await versionOfAlias(db, input)
  return archiveOf(ctx, await findVersion(db, input.project, input.model, version))
}

/** Where an alias points now. Errors: `not_found`, also for a number, which is no alias. */
export async function versionOfAlias(
  db: ModelsReader,
  input: { project: string; model: string; alias: string },
): Promise<number> {
  const { name } = await findModel(db, input.project, input.model)
  const alias = input.alias.normalize('NFC')
  const row = await db
    .selectFrom('model_aliases')
    .select('version')
    .where('project', '=', input.project)
    .where('model', '=', name)
    .where('alias', '=', alias)
    .executeTakeFirst()
  if (row !== undefined) return row.version
  throw notFound(`alias of model ${name}`, alias.slice(0, 300))
}

function archiveOf(ctx: Context, row: ModelVersionRow): VersionArchive {
  const files = parseStored<VersionFile[]>(row.files)
  if (files.length === 0) throw noFiles(row)
  const parts: ArchivePart[] = files.flatMap((file) => [
    tarHeader(file),
    file,
    tarPadding(file.sizeBytes),
  ])
  return {
    model: row.model,
    version: row.version,
    etag: ctx.digest(canonicalJson(files.map(({ path, sha256 }) => [path, sha256]))),
    ...readableParts(ctx, [...parts, tarEnd]),
  }
}

function noFiles({ model, version, storage_location }: ModelVersionRow): GyreError {
  const where = storage_location === null ? '' : ` They are at ${storage_location.slice(0, 500)}.`
  return new GyreError({
    code: 'not_found',
    public: `This server has no files of ${model}@${version}.${where}`,
  })
}

/** Parts one after the other, of which any range can be read without the rest. */
export function readableParts(
  ctx: Pick<Context, 'blobs'>,
  parts: readonly ArchivePart[],
): Pick<VersionArchive, 'sizeBytes' | 'read'> {
  const sizeOf = (part: ArchivePart): number =>
    part instanceof Uint8Array ? part.length : part.sizeBytes
  return {
    sizeBytes: parts.reduce((sum, part) => sum + sizeOf(part), 0),
    async *read({ start, end }) {
      let position = 0
      for (const part of parts) {
        const from = Math.max(0, start - position)
        const to = Math.min(sizeOf(part), end - position)
        position += sizeOf(part)
        if (to <= from) continue
        if (part instanceof Uint8Array) yield part.subarray(from, to)
        else yield* ctx.blobs.read(part.sha256, { start: from, end: to })
      }
    },
  }
}
