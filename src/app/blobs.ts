import { join } from 'node:path'
import { type BlobStore, openBlobStore } from '#adapters/blob-store/open-blob-store'
import { openFsObjects } from '#adapters/fs/objects'
import type { Objects } from '#ports/objects/objects'
import type { Tables } from '#ports/tables/tables'

export interface BlobOptions {
  /** Where objects lie when no other place is named, and where they pass through. */
  blobsPath: string
  scratchPath: string
  tables: Tables
  /** `s3://…` or a directory; default: `blobsPath`. */
  place?: string | undefined
  /** A second place for the same, in the same forms. */
  copyPlace?: string | undefined
}

/** Opens the blob store where the configuration says. */
export async function openBlobs(options: BlobOptions): Promise<BlobStore> {
  const { tables, scratchPath, blobsPath } = options
  const objects = await openObjects(options.place ?? blobsPath)
  const copy = options.copyPlace === undefined ? undefined : await openObjects(options.copyPlace)
  const cacheDirectory = join(scratchPath, 'blobs')
  return openBlobStore({ objects, copy, tables, cacheDirectory, clock: () => Date.now() })
}

async function openObjects(place: string): Promise<Objects> {
  return openFsObjects(place)
}
