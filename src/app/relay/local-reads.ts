import { Readable } from 'node:stream'
import type { JsonObject } from '#kernel/json'
import type { Blobs } from '#ports/blobs/blobs'
import { type Answer, jsonAnswer, missing } from './answers.ts'
import { storeArtifact } from './changes.ts'
import type { Entry, Journal } from './journal.ts'
import { idsIn } from './local-ids.ts'
import type { LocalViews } from './local-views.ts'
import { objectOf } from '../json-parts.ts'

/** A read, as far as it was understood. */
export interface Question {
  /** From the version on, without `/api`, decoded. */
  path: string
  query: URLSearchParams
}

/** A read that the relay can answer by itself, and what it is about. */
interface Reader {
  path: RegExp
  /** Lanes that must be empty before the server's answer is right. */
  lanes(asked: Question): string[]
  /** Under this name the server's answer is kept. */
  subject?(asked: Question): string
  /** Nothing when it is not known here. */
  answer(asked: Question, parts: ReadParts): Promise<Answer | undefined>
}

export interface ReadParts {
  views: LocalViews
  journal: Journal
  spool: Blobs
}

const artifactRoot = '2.0/mlflow-artifacts/artifacts'

const readers: readonly Reader[] = [
  {
    path: /^2\.0\/mlflow\/runs\/get$/,
    lanes: (asked) => [`run:${runOf(asked)}`],
    subject: (asked) => `run:${runOf(asked)}`,
    answer: (asked, { views }) => found('run', views.run(runOf(asked))),
  },
  {
    path: /^2\.0\/mlflow\/metrics\/get-history$/,
    lanes: (asked) => [`run:${runOf(asked)}`],
    async answer(asked, { views }) {
      const metrics = await views.history(runOf(asked), asked.query.get('metric_key') ?? '')
      return metrics && jsonAnswer({ metrics })
    },
  },
  {
    path: /^2\.0\/mlflow\/experiments\/get$/,
    lanes: (asked) => [`experiment:${asked.query.get('experiment_id')}`],
    subject: (asked) => `experiment:${asked.query.get('experiment_id')}`,
    answer: (asked, { views }) =>
      found('experiment', views.experiment(asked.query.get('experiment_id') ?? '')),
  },
  {
    path: /^2\.0\/mlflow\/experiments\/get-by-name$/,
    lanes: (asked) => [experimentLane(asked)],
    subject: experimentLane,
    // Which is no lie: creating it means that of the server, if it is there after all.
    async answer(asked, { views }) {
      const name = asked.query.get('experiment_name') ?? ''
      const known = await found('experiment', views.experimentNamed(name))
      return known ?? missing(`Could not find experiment with name '${name}' in this relay.`)
    },
  },
  {
    path: /^2\.0\/mlflow\/logged-models\/[^/]+$/,
    lanes: (asked) => [`logged:${asked.path.split('/')[3]}`],
    subject: (asked) => `logged:${asked.path.split('/')[3]}`,
    answer: (asked, { views }) => found('model', views.loggedModel(asked.path.split('/')[3] ?? '')),
  },
  {
    path: /^2\.0\/mlflow\/registered-models\/get$/,
    lanes: (asked) => [`model:${asked.query.get('name')}`],
    subject: (asked) => `model:${asked.query.get('name')}`,
    answer: (asked, { views }) =>
      found('registered_model', views.registeredModel(asked.query.get('name') ?? '')),
  },
  {
    path: /^2\.0\/mlflow\/model-versions\/get$/,
    lanes: (asked) => [`model:${asked.query.get('name')}`],
    answer(asked, { views }) {
      const { query } = asked
      return found(
        'model_version',
        views.version(query.get('name') ?? '', query.get('version') ?? ''),
      )
    },
  },
  {
    path: /^2\.0\/mlflow\/artifacts\/list$/,
    lanes: (asked) => [`files:${runOf(asked)}`],
    answer: listOfRun,
  },
  {
    path: /^2\.0\/mlflow-artifacts\/artifacts\/?$/,
    lanes: (asked) => [filesLane(asked.query.get('path') ?? '')],
    async answer(asked, parts) {
      const files = await filesUnder(parts, asked.query.get('path') ?? '')
      return files && jsonAnswer({ files })
    },
  },
  {
    path: /^2\.0\/mlflow-artifacts\/artifacts\/.+$/,
    lanes: (asked) => [filesLane(asked.path)],
    answer: contentOf,
  },
]

export function readerFor(path: string): Reader | undefined {
  return readers.find((reader) => reader.path.test(path))
}

function runOf({ query }: Question): string {
  return query.get('run_id') ?? query.get('run_uuid') ?? ''
}

function experimentLane({ query }: Question): string {
  return `experiment-name:${query.get('experiment_name')}`
}

async function found(name: string, value: Promise<JsonObject | undefined>) {
  const thing = await value
  return thing === undefined ? undefined : jsonAnswer({ [name]: thing })
}

function filesLane(path: string): string {
  const [owner] = idsIn(path).filter((id) => id.length >= 32)
  return `files:${owner ?? 'others'}`
}

async function listOfRun(asked: Question, parts: ReadParts): Promise<Answer | undefined> {
  const run = await parts.views.run(runOf(asked))
  const root = objectOf(run?.['info'])['artifact_uri']
  if (typeof root !== 'string' || !root.startsWith('mlflow-artifacts:/')) return undefined
  const sub = asked.query.get('path') ?? ''
  const base = root.slice('mlflow-artifacts:/'.length)
  const files = await filesUnder(parts, sub === '' ? base : `${base}/${sub}`)
  const named = files?.map((file) => ({
    ...file,
    path: sub === '' ? file.path : `${sub}/${file.path}`,
  }))
  return named && jsonAnswer({ root_uri: root, files: named })
}

interface ListedFile {
  path: string
  is_dir: boolean
  file_size?: number
}

/** What is directly under a directory of a run or model that was created through this relay. */
async function filesUnder(parts: ReadParts, directory: string): Promise<ListedFile[] | undefined> {
  const lane = filesLane(directory)
  if ((await parts.journal.creatorOf(lane.slice('files:'.length))) === undefined) return undefined
  const prefix = `${directory.replace(/\/$/, '')}/`
  const files = new Map<string, ListedFile>()
  for (const entry of await parts.journal.history(lane)) {
    const path = pathOf(entry)
    if (path === undefined || !path.startsWith(prefix)) continue
    const [name = '', ...rest] = path.slice(prefix.length).split('/')
    const isFile = rest.length === 0
    files.set(name, {
      path: name,
      is_dir: !isFile,
      ...(isFile ? { file_size: entry.size_bytes } : {}),
    })
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function contentOf(
  asked: Question,
  { journal, spool }: ReadParts,
): Promise<Answer | undefined> {
  const path = asked.path.slice(artifactRoot.length + 1)
  const entries = await journal.history(filesLane(path))
  const entry = entries.findLast((each) => pathOf(each) === path)
  if (entry?.file === undefined || entry.file === null) return undefined
  const body = Readable.from(spool.read(entry.file), { objectMode: false })
  return { status: 200, type: 'application/octet-stream', body }
}

/** The path of an artifact from the artifact root on. */
function pathOf(entry: Entry): string | undefined {
  if (entry.kind !== storeArtifact) return undefined
  const [path = ''] = entry.target.split('?')
  return decodeURIComponent(path.replace(/^.*?\/mlflow-artifacts\/artifacts\//, ''))
}
