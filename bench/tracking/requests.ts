/** What `load-requests.ts` is asked for. */
export interface LoadJob {
  url: string
  kind: keyof typeof kinds
  count: number
  connections: number
  experiment?: string
  run?: string
  runs?: string[]
  key?: string
  filter?: string
  orderBy?: string[]
  pageToken?: string
  /** So that no point is logged twice over several jobs. */
  from?: number
}

export interface LoadRequest {
  method: string
  path: string
  body?: string
}

const api = '/api/2.0/mlflow'
const start = 1_760_000_000_000

/** Makes the requests of a job, by their number. */
export function requestsOf(job: LoadJob): (index: number) => LoadRequest {
  return (index) => kinds[job.kind](job, index)
}

const kinds = {
  'log-batch-1000': (job: LoadJob, index: number): LoadRequest => logBatch(job, index, 100, 10),
  'log-batch-10': (job: LoadJob, index: number): LoadRequest => logBatch(job, index, 10, 1),
  'log-metric': (job: LoadJob, index: number): LoadRequest => {
    const step = (job.from ?? 0) + index
    const point = { key: 'single', value: noise(step), timestamp: start + 100 * step, step }
    return post('runs/log-metric', { run_id: job.run, run_uuid: job.run, ...point })
  },
  'create-run': (job: LoadJob, index: number): LoadRequest =>
    post('runs/create', {
      experiment_id: job.experiment,
      start_time: start + index,
      run_name: `bench-${index}`,
      tags: [
        { key: 'mlflow.user', value: 'bench' },
        { key: 'mlflow.source.name', value: 'train.py' },
        { key: 'mlflow.source.type', value: 'LOCAL' },
      ],
    }),
  search: (job: LoadJob): LoadRequest =>
    post('runs/search', {
      experiment_ids: [job.experiment],
      filter: job.filter,
      order_by: job.orderBy,
      max_results: 100,
      page_token: job.pageToken,
    }),
  /** A thousand points of one key. */
  'log-series': (job: LoadJob, index: number): LoadRequest => {
    const first = 1000 * ((job.from ?? 0) + index)
    const metrics = Array.from({ length: 1000 }, (_, i) => {
      const step = first + i
      return { key: job.key, value: noise(step), timestamp: start + 100 * step, step }
    })
    return post('runs/log-batch', { run_id: job.run, metrics, params: [], tags: [] })
  },
  /** Twenty values of a run of a list. */
  'log-values': (job: LoadJob, index: number): LoadRequest => {
    const at = (key: number): number => noise(31 * index + key)
    const names = Array.from({ length: 10 }, (_, i) => i)
    return post('runs/log-batch', {
      run_id: job.runs?.[index],
      metrics: names.map((i) => ({ key: `m${i}`, value: at(i), timestamp: start, step: 0 })),
      params: names.slice(0, 6).map((i) => ({ key: `p${i}`, value: String(index % (i + 2)) })),
      tags: names.slice(0, 4).map((i) => ({ key: `t${i}`, value: `v${index % 7}` })),
    })
  },
  history: (job: LoadJob): LoadRequest =>
    get('metrics/get-history', `run_id=${job.run}&run_uuid=${job.run}&metric_key=${job.key}`),
  'bulk-interval': (job: LoadJob): LoadRequest =>
    get(
      'metrics/get-history-bulk-interval',
      `run_ids=${job.run}&metric_key=${job.key}&max_results=2500`,
    ),
} as const

function logBatch(job: LoadJob, index: number, keys: number, steps: number): LoadRequest {
  const first = ((job.from ?? 0) + index) * steps
  const metrics = Array.from({ length: keys * steps }, (_, i) => {
    const step = first + Math.floor(i / keys)
    return { key: `m${i % keys}`, value: noise(step + i), timestamp: start + 100 * step, step }
  })
  return post('runs/log-batch', { run_id: job.run, metrics, params: [], tags: [] })
}

/** A noisy curve that falls, the same for the same number. */
export function noise(step: number): number {
  const wave = Math.sin(12.9898 * step) * 43758.5453
  return 2 * Math.exp(-step / 100_000) + 0.2 * (wave - Math.floor(wave))
}

function post(path: string, body: object): LoadRequest {
  return { method: 'POST', path: `${api}/${path}`, body: JSON.stringify(body) }
}

function get(path: string, query: string): LoadRequest {
  return { method: 'GET', path: `${api}/${path}?${query}` }
}
