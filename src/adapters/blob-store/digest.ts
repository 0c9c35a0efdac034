import { hash } from 'node:crypto'
import type { BlobStat } from '#ports/blobs/blobs'

export function statOf(content: Uint8Array): BlobStat {
  return {
    sha256: hash('sha256', content, 'hex'),
    md5: hash('md5', content, 'hex'),
    sizeBytes: content.byteLength,
  }
}
