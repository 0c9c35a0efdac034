import { join } from 'node:path'
import { type BlobStore, openBlobStore } from '#adapters/blob-store/open-blob-store'
import { openFsObjects } from '#adapters/fs/objects'
import { parseS3Address } from '#adapters/s3/address'
import type { S3Credentials } from '#adapters/s3/bucket'
import { invalid } from '#kernel/errors'
import type { Objects } from '#ports/objects/objects'
import type { Tables } from '#ports/tables/tables'

/** Where blobs lie: `s3://…` or a directory. */
export interface BlobPlaces {
  /** Default: in the data directory. */
  main: string | undefined
  /** A second place for the same, to repair damage from. */
  copy: string | undefined
  /** For buckets. */
  credentials: S3Credentials | undefined
}

export interface BlobOptions {
  /** Where objects lie when no other place is named, and where they pass through. */
  blobsPath: string
  scratchPath: string
  tables: Tables
  places?: BlobPlaces | undefined
}

/** Opens the blob store where the configuration says. */
export async function openBlobs(options: BlobOptions): Promise<BlobStore> {
  const { tables, scratchPath, blobsPath, places } = options
  const open = (place: string): Promise<Objects> =>
    openObjects(place, places?.credentials, join(scratchPath, 'objects'))
  const objects = await open(places?.main ?? blobsPath)
  const copy = places?.copy === undefined ? undefined : await open(places.copy)
  const cacheDirectory = join(scratchPath, 'blobs')
  return openBlobStore({ objects, copy, tables, cacheDirectory, clock: () => Date.now() })
}

async function openObjects(
  place: string,
  credentials: S3Credentials | undefined,
  spoolDirectory: string,
): Promise<Objects> {
  const address = parseS3Address(place)
  if (address === undefined) return openFsObjects(place)
  if (credentials === undefined) {
    throw invalid(
      'Blobs in a bucket need credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    )
  }
  const { openS3Objects } = await import('#adapters/s3/objects')
  return openS3Objects({ address, credentials, spoolDirectory })
}
