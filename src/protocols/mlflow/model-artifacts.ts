import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { openVersionFile } from '#domains/models/index'
import { openLoggedModelFile } from '#domains/runs/index'
import { queryText, sendArtifact } from './artifact-answer.ts'
import { safePath } from './artifact-paths.ts'
import { mlflowError } from './errors.ts'
import type { Entry } from './mount.ts'
import { checkName, versionFrom } from './registry-wire.ts'

/** Files of versions and of logged models, as MLflow's page asks for them. */
export function mountModelArtifacts(scope: FastifyInstance, entry: Entry): void {
  scope.get('/model-versions/get-artifact', (request, reply) => version(entry, request, reply))
  scope.get('/ajax-api/2.0/mlflow/logged-models/:model/artifacts/files', (request, reply) =>
    loggedModel(entry, request, reply),
  )
}

async function version(
  entry: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx, project } = await entry.enter(request)
  const model = checkName(queryText(request, 'name') ?? '')
  const number = versionFrom(queryText(request, 'version') ?? '')
  const path = pathOf(request, 'path')
  const file = await openVersionFile(ctx, { project, model, version: number, path })
  return sendArtifact(request, reply, path, file)
}

async function loggedModel(
  entry: Entry,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx, project } = await entry.enter(request)
  const { model = '' } = request.params as { model?: string }
  const path = pathOf(request, 'artifact_file_path')
  return sendArtifact(
    request,
    reply,
    path,
    await openLoggedModelFile(ctx, { project, model, path }),
  )
}

function pathOf(request: FastifyRequest, name: string): string {
  const path = safePath(queryText(request, name) ?? '')
  if (path !== '') return path
  throw mlflowError('BAD_REQUEST', `Request must include the "${name}" query parameter.`)
}
