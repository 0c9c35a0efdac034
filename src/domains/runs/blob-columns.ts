import { type BlobColumn, noBlob } from '#ports/blobs/blob-columns'

/** Which columns of this room name blobs. */
export const runsBlobColumns: readonly BlobColumn[] = [
  {
    table: 'artifacts',
    column: 'sha256',
    names: 'blob',
    told: {
      all: 'artifacts of runs',
      columns: ['project', 'path'],
      words: ({ project, path }) => `artifact ${String(path)} in ${String(project)}`,
    },
  },
  {
    table: 'artifact_parts',
    column: 'sha256',
    names: 'blob',
    told: {
      all: 'uploads under way',
      columns: [],
      words: () => 'a part of an upload that is under way',
    },
  },
  noBlob('artifact_uploads', 'secret_sha256', 'Of the secret in the address of an upload.'),
  noBlob('run_datasets', 'digest', 'What the client says of its data.'),
  noBlob('model_metrics', 'dataset_digest', 'What the client says of its data.'),
]
