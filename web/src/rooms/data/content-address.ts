import type { DataVersion } from './data-reads.ts'

/** Where the bytes of a file are. */
export function contentAddress(
  project: string,
  { dataset, version }: Pick<DataVersion, 'dataset' | 'version'>,
  path: string,
): string {
  const place = [project, 'datasets', dataset, 'versions', String(version)]
  return `/api/v1/projects/${place.map(encodeURIComponent).join('/')}/content?path=${encodeURIComponent(path)}`
}
