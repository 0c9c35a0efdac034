import { type BlobColumn, noBlob } from '#ports/blobs/blob-columns'

/** Which columns of this room name blobs. */
export const evaluationBlobColumns: readonly BlobColumn[] = [
  noBlob('evaluation_sets', 'digest', 'Of the records, which are rows.'),
  noBlob('evaluation_records', 'input_digest', 'Of the inputs, which are in a column.'),
]
