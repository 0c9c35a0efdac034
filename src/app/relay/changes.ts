import type { JsonObject } from '#kernel/json'
import { textOf } from '../json-parts.ts'
import { idsIn, newModelId, newNumber, newRunId } from './local-ids.ts'

/** A request that changes something, as far as it was read. */
export interface Asked {
  method: string
  /** From the version on, without `/api` or `/ajax-api`: `2.0/mlflow/runs/create`. */
  path: string
  body: JsonObject
}

/**
 * One kind of change that the relay takes upon itself.
 *
 * - `lanes`: entries of a lane go to the server one after another, in the order of their arrival.
 * - `creates`: makes the id for the thing that comes into being.
 * - `waits`: while the server is there, its own answer is given; else one is made up.
 * - `logs`: small, harmless when repeated, and may travel together with its neighbours.
 */
export interface Change {
  kind: string
  method: string
  path: RegExp
  lanes: (asked: Asked, created: string) => string[]
  creates?: () => string
  waits?: true
  logs?: true
}

const ended = /^(FINISHED|FAILED|KILLED)$/

function runOf({ body }: Asked): string {
  return textOf(body['run_id']) || textOf(body['run_uuid'])
}

const run = (asked: Asked): string[] => [`run:${runOf(asked)}`]
const runAndFiles = (asked: Asked): string[] => [...run(asked), `files:${runOf(asked)}`]
const experiment = ({ body }: Asked): string[] => [`experiment:${textOf(body['experiment_id'])}`]
const model = ({ body }: Asked): string[] => [`model:${textOf(body['name'])}`]
const logged = ({ path }: Asked): string[] => [`logged:${path.split('/')[3] ?? ''}`]
const trace = (): string[] => ['traces']

const post = (path: string, lanes: Change['lanes'], more: Partial<Change> = {}): Change => ({
  kind: path,
  method: 'POST',
  path: new RegExp(`^2\\.0/mlflow/${path}$`),
  lanes,
  ...more,
})

export const createRun = 'runs/create'
export const createExperiment = 'experiments/create'
export const createLoggedModel = 'logged-models'
export const createVersion = 'model-versions/create'
export const storeArtifact = 'artifact'

const changes: readonly Change[] = [
  post(createRun, (_asked, id) => [`run:${id}`, `files:${id}`], { creates: newRunId, waits: true }),
  post('runs/update', (asked) =>
    ended.test(textOf(asked.body['status'])) ? runAndFiles(asked) : run(asked),
  ),
  post('runs/log-metric', run, { logs: true }),
  post('runs/log-parameter', run, { logs: true }),
  post('runs/set-tag', run, { logs: true }),
  post('runs/log-batch', run, { logs: true }),
  post('runs/delete-tag', run),
  post('runs/log-inputs', run),
  post('runs/log-model', run),
  post('runs/outputs', run),
  post('runs/delete', runAndFiles),
  post('runs/restore', runAndFiles),
  post(createExperiment, ({ body }) => [`experiment-name:${textOf(body['name'])}`], {
    creates: newNumber,
    waits: true,
  }),
  post('experiments/update', experiment),
  post('experiments/delete', experiment),
  post('experiments/restore', experiment),
  post('experiments/set-experiment-tag', experiment),
  post('experiments/delete-experiment-tag', experiment),
  post(createLoggedModel, (_asked, id) => [`logged:${id}`, `files:${id}`], {
    creates: newModelId,
    waits: true,
  }),
  onLoggedModel('logged-models/params', 'POST', /params$/.source),
  onLoggedModel('logged-models/tags', 'PATCH', /tags$/.source),
  onLoggedModel('logged-models/delete-tag', 'DELETE', /tags\/[^/]+$/.source),
  {
    ...onLoggedModel('logged-models/finalize', 'PATCH', ''),
    lanes: (asked) => [...logged(asked), `files:${asked.path.split('/')[3] ?? ''}`],
  },
  post('registered-models/create', model, { waits: true }),
  post('registered-models/set-tag', model),
  post('registered-models/alias', model, { waits: true }),
  { ...post('registered-models/delete-tag', model), method: 'DELETE' },
  { ...post('registered-models/update', model), method: 'PATCH' },
  post(createVersion, (asked) => [...model(asked), ...sourcesOf(asked)], {
    creates: newNumber,
    waits: true,
  }),
  post('model-versions/set-tag', model),
  { ...post('model-versions/delete-tag', model), method: 'DELETE' },
  { ...post('model-versions/update', model), method: 'PATCH' },
  { kind: 'spans', method: 'POST', path: /^v1\/traces$/, lanes: trace },
  { kind: 'traces', method: 'POST', path: /^3\.0\/mlflow\/traces$/, lanes: trace },
  {
    kind: 'traces/tags',
    method: 'PATCH',
    path: /^[23]\.0\/mlflow\/traces\/[^/]+\/tags$/,
    lanes: trace,
  },
  post('traces/link-to-run', trace),
  {
    kind: storeArtifact,
    method: 'PUT',
    path: /^2\.0\/mlflow-artifacts\/artifacts\/.+$/,
    lanes: ({ path }) => fileLanes(path),
  },
]

/** What the relay knows to do with a request; nothing for reads and for what only a server can do. */
export function changeFor(method: string, path: string): Change | undefined {
  return changes.find((change) => change.method === method && change.path.test(path))
}

export function changeNamed(kind: string): Change | undefined {
  return changes.find((change) => change.kind === kind)
}

function onLoggedModel(kind: string, method: string, rest: string): Change {
  const path = new RegExp(`^2\\.0/mlflow/logged-models/[^/]+${rest === '' ? '' : `/${rest}`}$`)
  return { kind, method, path, lanes: logged }
}

/** A version comes after all that its run and its model have sent before. */
function sourcesOf({ body }: Asked): string[] {
  return idsIn(JSON.stringify(body)).flatMap((id) => [`run:${id}`, `logged:${id}`, `files:${id}`])
}

function fileLanes(path: string): string[] {
  const [owner] = idsIn(decodeURIComponent(path)).filter((id) => id.length >= 32)
  return [`files:${owner ?? 'others'}`]
}
