import { type BlobColumn, noBlob } from '#ports/blobs/blob-columns'

/** Which columns of this room name blobs. */
export const tracesBlobColumns: readonly BlobColumn[] = [
  noBlob('trace_payloads', 'digest', 'Of spans, which are in a column.'),
]
