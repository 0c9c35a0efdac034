import { type BlobColumn, noBlob } from '#ports/blobs/blob-columns'

/** Which columns of this room name blobs. */
export const accessBlobColumns: readonly BlobColumn[] = [
  noBlob('service_tokens', 'secret_sha256', 'Of a secret.'),
  noBlob('user_sessions', 'secret_sha256', 'Of a secret.'),
]
