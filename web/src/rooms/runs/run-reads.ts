import { useInfiniteQuery } from '@tanstack/react-query'
import type { Client } from '#client/client'
import { useClient, useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['runs']> = Awaited<ReturnType<Client['runs'][Name]>>

export type Run = Answer<'getRun'>
export type RunSummary = Answer<'searchRuns'>['items'][number]
export type RunColumns = Answer<'listRunColumns'>
export type ChartSeries = Answer<'readCharts'>['series'][number]
export type ArtifactEntry = Answer<'listArtifacts'>['items'][number]
export type RunGroup = Answer<'groupRuns'>['groups'][number]
export type Experiment = Answer<'listExperiments'>['items'][number]

const pageSize = 200
const mostGroupedMetrics = 50

export interface RunSearch {
  experiment: string
  filter: string
  orderBy: string
  /** Only these are read, as there may be thousands. */
  columns: readonly string[]
}

/** Runs page by page, as the table asks for them. Few pages are kept current, many are not. */
export function useRunPages(search: RunSearch) {
  const client = useClient()
  const project = useProject()
  return useInfiniteQuery({
    queryKey: ['runs', 'search', project, search],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      client.runs.searchRuns({
        params: { project },
        body: {
          filter: search.filter,
          limit: pageSize,
          columns: [...search.columns],
          ...(search.experiment === '' ? {} : { experiments: [search.experiment] }),
          ...(search.orderBy === '' ? {} : { orderBy: [search.orderBy] }),
          ...(pageParam === '' ? {} : { pageToken: pageParam }),
        },
      }),
    getNextPageParam: (page) => page.nextPageToken,
    placeholderData: (former) => former,
    meta: { watch: ['run'] },
  })
}

/** Of a run, the number of a metric that counts in its group. */
export type GroupStatistic = 'last' | 'minimum' | 'maximum'

/** Runs gathered by what they have in common, with means over all of them. */
export function useRunGroups(
  search: Omit<RunSearch, 'orderBy' | 'columns'>,
  grouping: { by: string; metrics: readonly string[]; statistic: GroupStatistic },
) {
  const project = useProject()
  return useRead(
    ['runs', 'groups', project, search, grouping],
    (client) =>
      client.runs.groupRuns({
        params: { project },
        body: {
          filter: search.filter,
          by: [grouping.by],
          metrics: grouping.metrics.slice(0, mostGroupedMetrics),
          statistic: grouping.statistic,
          ...(search.experiment === '' ? {} : { experiments: [search.experiment] }),
        },
      }),
    { watch: ['run'], keep: true },
  )
}

export function useRunColumns(experiment: string) {
  const project = useProject()
  return useRead(
    ['runs', 'columns', project, experiment],
    (client) =>
      client.runs.listRunColumns({
        params: { project },
        query: experiment === '' ? {} : { experiment },
      }),
    { watch: ['run'], keep: true },
  )
}

export function useExperiments() {
  const project = useProject()
  return useRead(
    ['runs', 'experiments', project],
    (client) => client.runs.listExperiments({ params: { project } }),
    { watch: ['experiment', 'run'] },
  )
}

export function useRun(run: string) {
  const project = useProject()
  return useRead(
    ['runs', 'run', project, run],
    (client) => client.runs.getRun({ params: { project, run } }),
    { watch: [`run:${run}`] },
  )
}

/** Several runs at once, in the order asked for. */
export function useRunsById(ids: readonly string[]) {
  const project = useProject()
  return useRead(
    ['runs', 'several', project, ids],
    (client) => Promise.all(ids.map((run) => client.runs.getRun({ params: { project, run } }))),
    { watch: ids.map((id) => `run:${id}`), enabled: ids.length > 0, keep: true },
  )
}

/** As many points as a wide chart has pixels. */
const chartPoints = 800

/** Series of metrics; with a range of steps, these gathered anew. */
export function useCharts(
  runs: readonly string[],
  keys: readonly string[],
  { from, to }: { from?: number | undefined; to?: number | undefined } = {},
) {
  const project = useProject()
  return useRead(
    ['runs', 'charts', project, runs, keys, from, to],
    (client) =>
      client.runs.readCharts({
        params: { project },
        body: {
          runs: [...runs],
          keys: [...keys],
          points: chartPoints,
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        },
      }),
    {
      watch: runs.map((id) => `run:${id}`),
      enabled: runs.length > 0 && keys.length > 0,
      keep: true,
    },
  )
}

export function useArtifacts(run: string, path: string) {
  const project = useProject()
  return useRead(
    ['runs', 'artifacts', project, run, path],
    (client) => client.runs.listArtifacts({ params: { project, run }, query: { path } }),
    { watch: [`run:${run}`] },
  )
}
