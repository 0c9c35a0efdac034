import type { RunRow } from './store.ts'

type Placed = Pick<RunRow, 'artifact_uri' | 'experiment' | 'id'>

/** Where a run keeps its files, as MLflow writes it. */
export function artifactUriOf(run: Placed): string {
  return run.artifact_uri === '' ? `mlflow-artifacts:/${ownDirectory(run)}` : run.artifact_uri
}

/**
 * The directory in the project's tree where a run's files are. Of a run whose files are elsewhere, in
 * S3 for instance, it is where files go that come through this server.
 */
export function artifactDirectory(run: Placed): string {
  return directoryAt(artifactUriOf(run)) ?? ownDirectory(run)
}

/** Where a folder of a run's files is in this server: as an address, and in the project's tree. */
export function artifactAddress(
  { experiment, id }: { experiment: string; id: string },
  folder: string,
): { address: string; directory: string } {
  const directory = `${experiment}/${id}/artifacts/${folder}`
  return { address: `mlflow-artifacts:/${directory}`, directory }
}

function ownDirectory({ experiment, id }: Placed): string {
  return `${experiment}/${id}/artifacts`
}

const proxied =
  /^(?:mlflow-artifacts:(?:\/\/[^/]*)?|https?:\/\/[^/]+\/.*?mlflow-artifacts\/artifacts)(.*)$/

/** The directory in the project's tree that an address means; `undefined` for one that is elsewhere. */
export function directoryAt(address: string): string | undefined {
  const path = proxied.exec(address)?.[1]
  return path
    ?.split('/')
    .filter((part) => part !== '')
    .join('/')
}

/** The address of something below another: `s3://bucket/a` and `b/c` give `s3://bucket/a/b/c`. */
export function below(address: string, path: string): string {
  return address.endsWith('/') ? address + path : `${address}/${path}`
}
