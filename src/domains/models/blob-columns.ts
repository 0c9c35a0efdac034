import type { BlobColumn } from '#ports/blobs/blob-columns'

/** Which columns of this room name blobs. */
export const modelsBlobColumns: readonly BlobColumn[] = [
  {
    table: 'model_versions',
    column: 'files',
    names: 'blobs in a text',
    told: {
      all: 'versions of models',
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
      all: 'evaluations of models',
      columns: ['project', 'model', 'version'],
      words: ({ project, model, version }) =>
        `the evaluation of version ${String(version)} of model ${String(model)} in ${String(project)}`,
    },
  },
  {
    table: 'model_versions',
    column: 'origin_sha256',
    names: 'blob',
    told: {
      all: 'where models came from',
      columns: ['project', 'model', 'version'],
      words: ({ project, model, version }) =>
        `where version ${String(version)} of model ${String(model)} in ${String(project)} came from`,
    },
  },
  {
    table: 'gate_decisions',
    column: 'evaluation_sha256',
    names: 'blob',
    told: {
      all: 'decisions of gates',
      columns: ['project', 'model', 'version'],
      words: ({ project, model, version }) =>
        `what the gate decided by about version ${String(version)} of model ${String(model)} in ${String(project)}`,
    },
  },
]
