import type { BlobColumn } from '#ports/blobs/blob-columns'

/** Which columns of this room name blobs. */
export const modelsBlobColumns: readonly BlobColumn[] = [
  {
    table: 'model_versions',
    column: 'files',
    names: 'blobs in a text',
    told: {
      columns: ['project', 'model', 'version'],
      words: ({ project, model, version }) =>
        `version ${String(version)} of model ${String(model)} in ${String(project)}`,
    },
  },
  {
    table: 'model_versions',
    column: 'evaluation_sha256',
    names: 'blob',
    told: {
      columns: ['project', 'model', 'version'],
      words: ({ project, model, version }) =>
        `the evaluation of version ${String(version)} of model ${String(model)} in ${String(project)}`,
    },
  },
  {
    table: 'gate_decisions',
    column: 'evaluation_sha256',
    names: 'blob',
    told: {
      columns: ['project', 'model', 'version'],
      words: ({ project, model, version }) =>
        `what the gate decided by about version ${String(version)} of model ${String(model)} in ${String(project)}`,
    },
  },
]
