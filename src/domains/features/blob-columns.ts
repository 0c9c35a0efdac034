import type { BlobColumn } from '#ports/blobs/blob-columns'

/** Which columns of this room name blobs. */
export const featuresBlobColumns: readonly BlobColumn[] = [
  {
    table: 'training_sets',
    column: 'sha256',
    names: 'blob',
    told: {
      all: 'training sets',
      columns: ['project', 'service', 'id'],
      words: ({ project, service, id }) =>
        `training set ${String(id)} of ${String(service)} in ${String(project)}`,
    },
  },
]
