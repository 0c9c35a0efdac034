import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  deleteFiles,
  downloadArtifact,
  getFile,
  getLoggedRun,
  listArtifacts,
  listFiles,
  putFile,
  uploadArtifact,
} from '#domains/runs/index'
import { collectBody } from '../http/collect-body.ts'
import { readBytesBody } from '../http/request-body.ts'
import { queryText, sendArtifact } from './artifact-answer.ts'
import { safePath } from './artifact-paths.ts'
import { mlflowError } from './errors.ts'
import { required, text } from './fields.ts'
import type { Entry } from './mount.ts'
import { route } from './route.ts'
import { listVersionTree, openVersionTree, refuseChange, versionPlace } from './version-tree.ts'
import { unlessEmpty } from './wire.ts'

interface Listed {
  path: string
  isDirectory: boolean
  sizeBytes: number | null
}

export const artifactRoutes = [
  route(
    'GET',
    'artifacts/list',
    { run_id: required(text), path: text, page_token: text },
    async ({ ctx, project, input }) => {
      const path = safePath(input.path ?? '')
      const run = await getLoggedRun(ctx, { project, run: input.run_id })
      const { items } = await listArtifacts(ctx, { project, run: run.id, path })
      return { root_uri: run.artifactUri, files: unlessEmpty(sorted(items).map(fileOf)) }
    },
  ),
]

const surfaces = ['/api/2.0/mlflow-artifacts', '/ajax-api/2.0/mlflow-artifacts']

/**
 * Artifacts through this server: `/get-artifact` and `upload-artifact` of MLflow's page, and the
 * proxy behind addresses such as `mlflow-artifacts:/1/<run>/artifacts`. A path of the proxy is one of
 * the project's tree; bytes go straight to the blob store and back.
 */
export function mountArtifacts(scope: FastifyInstance, entry: Entry): void {
  scope.get('/get-artifact', (request, reply) => getArtifact(entry, request, reply))
  scope.post('/ajax-api/2.0/mlflow/upload-artifact', (request, reply) =>
    uploadSmall(entry, request, reply),
  )
  for (const surface of surfaces) {
    for (const end of ['', '/']) {
      scope.get(`${surface}/artifacts${end}`, (request, reply) => list(entry, request, reply))
    }
    const url = `${surface}/artifacts/*`
    scope.get(url, (request, reply) => download(entry, request, reply))
    scope.put(url, (request, reply) => upload(entry, request, reply))
    scope.delete(url, (request, reply) => remove(entry, request, reply))
  }
}

async function getArtifact(
  entry: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx, project } = await entry.enter(request)
  const run = queryText(request, 'run_id') ?? queryText(request, 'run_uuid')
  if (run === undefined) throw missing('run_id')
  const path = safePath(queryText(request, 'path') ?? '')
  if (path === '') throw missing('path')
  return sendArtifact(request, reply, path, await downloadArtifact(ctx, { project, run, path }))
}

const mostUploaded = 10 * 1024 * 1024

/** How MLflow's page uploads; what is larger goes through the proxy. */
async function uploadSmall(
  entry: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx, project } = await entry.enter(request)
  const run = queryText(request, 'run_uuid')
  if (run === undefined) throw missing('run_uuid')
  const path = safePath(queryText(request, 'path') ?? '')
  if (path === '') throw missing('path')
  if (Number(request.headers['content-length'] ?? 0) > mostUploaded) {
    throw wrong('Artifact size is too large. Max size is 10MB.')
  }
  const content = await collectBody(request.raw, mostUploaded)
  if (content.length === 0) throw missing('data')
  await uploadArtifact(ctx, { project, run, path, content })
  return reply.type('application/json').send('')
}

async function list(
  entry: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx, project } = await entry.enter(request)
  const path = safePath(queryText(request, 'path') ?? '')
  const place = versionPlace(path)
  const items =
    place === undefined
      ? (await listFiles(ctx, { project, path })).items
      : await listVersionTree(ctx, project, place)
  const names = sorted(items).map((item) => ({ ...item, path: baseName(item.path) }))
  return sendJson(reply, { files: unlessEmpty(names.map(fileOf)) })
}

async function download(
  entry: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx, project } = await entry.enter(request)
  const path = treePath(request)
  const place = versionPlace(path)
  const opening =
    place === undefined ? getFile(ctx, { project, path }) : openVersionTree(ctx, project, place)
  return sendArtifact(request, reply, path, await opening)
}

async function upload(
  entry: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx, project } = await entry.enter(request)
  const path = treePath(request)
  refuseChange(path)
  await putFile(ctx, { project, path, content: await contentOf(request) })
  return sendJson(reply, {})
}

const smallBytes = 1 << 20

/** A small file is collected, which costs a fraction of a stream; others go through as they arrive. */
async function contentOf({ raw }: FastifyRequest): Promise<AsyncIterable<Uint8Array> | Uint8Array> {
  const length = Number(raw.headers['content-length'] ?? Number.NaN)
  return length <= smallBytes ? collectBody(raw, smallBytes) : readBytesBody(raw, undefined)
}

async function remove(
  entry: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx, project } = await entry.enter(request)
  const path = treePath(request)
  refuseChange(path)
  await deleteFiles(ctx, { project, path })
  return sendJson(reply, {})
}

function treePath(request: FastifyRequest): string {
  const path = safePath((request.params as { '*': string })['*'])
  if (path === '') throw wrong('The path of an artifact is missing.')
  return path
}

function sendJson(reply: FastifyReply, value: object): FastifyReply {
  return reply.type('application/json').send(JSON.stringify(value))
}

function sorted(items: readonly Listed[]): Listed[] {
  return items.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function fileOf({ path, isDirectory, sizeBytes }: Listed) {
  return { path, is_dir: isDirectory, ...(sizeBytes ? { file_size: sizeBytes } : {}) }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function missing(name: string): Error {
  return wrong(`Request must specify ${name}.`)
}

function wrong(message: string): Error {
  return mlflowError('INVALID_PARAMETER_VALUE', message)
}
