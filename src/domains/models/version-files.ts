import { notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { checkRelativePath } from '#kernel/names'
import type { PutOptions } from '#ports/blobs/blobs'
import type { Context } from '#domains/access/index'
import { authorizeModel } from './authorize-model.ts'
import { findVersion } from './find-model.ts'
import type { ModelProfile, VersionFile } from './model.ts'
import { checkModelName } from './model-names.ts'
import { readModels } from './store.ts'
import { versionOfAlias } from './version-archive.ts'

/** Stores a file that a version will name. Errors: `invalid`, `too_large`, `unavailable`. */
export async function uploadModelFile(
  ctx: Context,
  input: {
    project: string
    model: string
    content: AsyncIterable<Uint8Array> | Uint8Array
    sha256?: string | undefined
    signal?: AbortSignal | undefined
  },
): Promise<{ sha256: string; sizeBytes: number }> {
  authorizeModel(ctx, 'editor', input)
  checkModelName(input.model)
  const options: PutOptions = {}
  if (input.sha256 !== undefined) options.expect = { sha256: input.sha256 }
  if (input.signal !== undefined) options.signal = input.signal
  const { sha256, sizeBytes } = await ctx.blobs.put(input.content, options)
  return { sha256, sizeBytes }
}

export interface VersionFileQuery {
  project: string
  model: string
  version: string | number
  path: string
}

/** A file of a version, of which any bytes [start, end) can be read. */
export interface OpenedFile extends VersionFile {
  content(range: { start: number; end: number }): AsyncIterable<Uint8Array>
}

/** A file of a version and its content. Errors: `not_found`. */
export async function openVersionFile(ctx: Context, input: VersionFileQuery): Promise<OpenedFile> {
  authorizeModel(ctx, 'viewer', input)
  const file = await findFile(ctx, input)
  return { ...file, content: (range) => ctx.blobs.read(file.sha256, range) }
}

/** As `openVersionFile`, of what an alias points at now. */
export async function openAliasFile(
  ctx: Context,
  input: { project: string; model: string; alias: string; path: string },
): Promise<OpenedFile> {
  authorizeModel(ctx, 'viewer', input)
  const version = await versionOfAlias(readModels(ctx), input)
  return openVersionFile(ctx, { ...input, version })
}

/** A file of a version, in memory: for models, samples and profiles. Errors: `not_found`. */
export async function readVersionFile(ctx: Context, input: VersionFileQuery): Promise<Uint8Array> {
  authorizeModel(ctx, 'viewer', input)
  return ctx.blobs.readAll((await findFile(ctx, input)).sha256)
}

/** Where a file of a version is on this machine, to be read only. Errors: `not_found`. */
export async function versionFilePath(ctx: Context, input: VersionFileQuery): Promise<string> {
  authorizeModel(ctx, 'viewer', input)
  return ctx.blobs.localPath((await findFile(ctx, input)).sha256)
}

/** The histograms of a version's training data. Errors: `not_found` when it has none. */
export async function getProfile(
  ctx: Context,
  input: Omit<VersionFileQuery, 'path'>,
): Promise<ModelProfile> {
  authorizeModel(ctx, 'viewer', input)
  const content = await readVersionFile(ctx, { ...input, path: 'profile.json' })
  return parseStored<ModelProfile>(new TextDecoder().decode(content))
}

async function findFile(ctx: Context, input: VersionFileQuery): Promise<VersionFile> {
  const row = await findVersion(readModels(ctx), input.project, input.model, input.version)
  const path = checkRelativePath(input.path)
  const files = parseStored<VersionFile[]>(row.files)
  const file = files.find((candidate) => candidate.path === path)
  if (file !== undefined) return file
  throw notFound(
    `file of ${row.model}@${row.version}`,
    path,
    `It has ${files.map((f) => f.path).join(', ')}.`,
  )
}
