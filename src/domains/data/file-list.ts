import { compareCodePoints, dvcManifest } from '#kernel/dvc-manifest'
import { GyreError, invalid } from '#kernel/errors'
import { canonicalJson, parseStored } from '#kernel/json'
import { checkRelativePath } from '#kernel/names'
import type { Context } from '#domains/access/index'
import type { DataFile } from './dataset.ts'
import { checkDigest, knownBlobs } from './upload-blob.ts'

/**
 * Checks and sorts a version's files: paths are relative, each once, none a directory of another;
 * digests and sizes are those of blobs that the project has. Errors: `invalid`, which names the
 * file; `conflict` with the list of what is missing.
 */
export async function checkFiles(
  ctx: Context,
  project: string,
  files: readonly DataFile[],
): Promise<DataFile[]> {
  if (files.length === 0) throw invalid('A version needs at least one file.')
  const sorted = files.map(checkFile).sort((a, b) => compareCodePoints(a.path, b.path))
  checkPlaces(sorted)
  const digests = [...new Set(sorted.map((file) => file.sha256))]
  await ctx.blobUpkeep.touch(digests)
  const known = await knownBlobs(ctx, project, digests)
  const missing = sorted.filter((file) => !known.has(file.sha256))
  if (missing.length > 0) throw missingError(missing)
  for (const file of sorted) {
    const stat = known.get(file.sha256)
    if (stat === undefined || (stat.md5 === file.md5 && stat.sizeBytes === file.sizeBytes)) continue
    throw invalid(
      `File "${file.path}" is said to have md5 ${file.md5} and ${file.sizeBytes} bytes, but the blob ${file.sha256} has md5 ${stat.md5} and ${stat.sizeBytes} bytes.`,
    )
  }
  return sorted
}

function checkFile(file: DataFile): DataFile {
  if (!Number.isSafeInteger(file.sizeBytes) || file.sizeBytes < 0) {
    throw invalid(`File ${JSON.stringify(file.path.slice(0, 200))} has no valid size.`)
  }
  return {
    path: checkRelativePath(file.path),
    sha256: checkDigest(file.sha256),
    md5: file.md5,
    sizeBytes: file.sizeBytes,
  }
}

/** `sorted` by path. In that order whatever is below a directory need not follow it directly. */
function checkPlaces(sorted: readonly DataFile[]): void {
  const paths = new Set<string>()
  for (const { path } of sorted) {
    if (paths.has(path)) throw invalid(`File "${path}" is given twice.`)
    paths.add(path)
  }
  for (const path of paths) {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const above = path.slice(0, slash)
      if (paths.has(above))
        throw invalid(`"${above}" cannot be a file and the directory of "${path}".`)
    }
  }
}

function missingError(missing: readonly DataFile[]): GyreError {
  const [first] = missing
  return new GyreError({
    code: 'conflict',
    public: `${missing.length === 1 ? 'A blob is' : `${missing.length} blobs are`} missing, first that of "${first?.path ?? ''}". Upload them, then commit again.`,
    details: missing.slice(0, 1000).map((file) => ({ path: file.path, message: file.sha256 })),
  })
}

/**
 * Stores the list of files as a blob, canonical JSON sorted by path, and gives its sha256: the
 * version's digest. Equal files have equal digests.
 */
export async function storeFileList(ctx: Context, files: readonly DataFile[]): Promise<string> {
  const text = canonicalJson(
    files.map(({ path, sha256, md5, sizeBytes }) => ({ path, sha256, md5, sizeBytes })),
  )
  return (await ctx.blobs.put(new TextEncoder().encode(text))).sha256
}

export async function readFileList(ctx: Context, digest: string): Promise<DataFile[]> {
  return parseStored<DataFile[]>(new TextDecoder().decode(await ctx.blobs.readAll(digest)))
}

/**
 * What DVC calls this content: the file's md5 when the data set is that one file, else the md5 of
 * its manifest and `.dir`. The manifest is stored as a blob, so that it can be served.
 */
export async function dvcDigest(
  ctx: Context,
  datasetPath: string | null,
  files: readonly DataFile[],
): Promise<string> {
  const [only] = files
  if (files.length === 1 && only !== undefined && datasetPath?.split('/').at(-1) === only.path) {
    return only.md5
  }
  const { md5 } = await ctx.blobs.put(new TextEncoder().encode(dvcManifest(files)))
  return `${md5}.dir`
}
