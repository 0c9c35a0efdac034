import { type BlobColumn, noBlob } from '#ports/blobs/blob-columns'

/** Which columns of this room name blobs. What was only uploaded keeps nothing by itself. */
export const dataBlobColumns: readonly BlobColumn[] = [
  {
    table: 'data_versions',
    column: 'digest',
    names: 'list of blobs',
    except: { column: 'state', value: 'expired' },
    told: {
      all: 'versions of data sets',
      columns: ['project', 'dataset', 'version'],
      words: ({ project, dataset, version }) =>
        `version ${String(version)} of data set ${String(dataset)} in ${String(project)}`,
    },
  },
  {
    table: 'dvc_objects',
    column: 'sha256',
    names: 'blob',
    told: {
      all: 'DVC remotes',
      columns: ['repo', 'path'],
      words: ({ repo, path }) => `${String(path)} of the DVC remote ${String(repo)}`,
    },
  },
  noBlob('data_blobs', 'sha256', 'An upload that nothing names yet is kept by its age alone.'),
  noBlob('data_versions', 'dvc_digest', 'An md5; its manifest is made again when it is asked for.'),
  noBlob('data_versions', 'expectations_digest', 'Of the expectations, which are in a column.'),
  noBlob('data_file_profiles', 'sha256', 'A cache: what was measured of content.'),
  noBlob('data_file_profiles', 'edges_digest', 'Of the edges of histograms.'),
]
