import { createProject, listProjects } from '#domains/access/index'
import { mlflowError } from './errors.ts'
import { required, text } from './fields.ts'
import { noWorkspace } from './projects.ts'
import { type Call, route } from './route.ts'

interface Workspace {
  name: string
  description?: string
}

/** MLflow's workspaces are projects. */
export const workspaceRoutes = [
  route(
    'GET',
    'workspaces',
    {},
    async ({ ctx }) => ({ workspaces: (await listProjects(ctx)).map(workspaceOf) }),
    { major: 3 },
  ),
  route(
    'POST',
    'workspaces',
    { name: required(text), description: text, default_artifact_root: text },
    async ({ ctx, input }) => {
      const name = checkWorkspaceName(input.name)
      if (input.default_artifact_root) throw noOwnRoot()
      const project = await createProject(ctx, { name, description: input.description ?? '' })
      return { workspace: workspaceOf(project) }
    },
    { major: 3, status: 201 },
  ),
  route('GET', 'workspaces/:workspace', {}, getWorkspace, { major: 3 }),
  route(
    'PATCH',
    'workspaces/:workspace',
    {},
    async (call) => {
      await getWorkspace(call)
      throw mlflowError(
        'FEATURE_DISABLED',
        'Workspace updates are not supported here: a workspace is a project, described when it is made.',
      )
    },
    { major: 3 },
  ),
  route(
    'DELETE',
    'workspaces/:workspace',
    {},
    async (call) => {
      await getWorkspace(call)
      throw mlflowError(
        'FEATURE_DISABLED',
        'Workspace deletion is not supported here: a project keeps its record.',
      )
    },
    { major: 3 },
  ),
]

async function getWorkspace({ ctx, params }: Call): Promise<{ workspace: Workspace }> {
  const name = params['workspace'] ?? ''
  const project = (await listProjects(ctx)).find((candidate) => candidate.name === name)
  if (project === undefined) throw noWorkspace(name)
  return { workspace: workspaceOf(project) }
}

function workspaceOf(project: { name: string; description: string }): Workspace {
  const { name, description } = project
  return description === '' ? { name } : { name, description }
}

const reserved = ['workspaces', 'api', 'ajax-api', 'static-files']
const pattern = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'

/** Names as MLflow takes them: fewer than a project may have. */
function checkWorkspaceName(name: string): string {
  const refuse = (why: string) => mlflowError('INVALID_PARAMETER_VALUE', why)
  if (name === 'default') {
    throw refuse("The 'default' workspace is reserved and cannot be created")
  }
  if (name.length < 2 || name.length > 63) {
    throw refuse(`Workspace name '${name.slice(0, 200)}' must be between 2 and 63 characters.`)
  }
  if (!new RegExp(pattern).test(name)) {
    throw refuse(
      `Workspace name '${name}' must match the pattern ${pattern} ` +
        '(lowercase alphanumeric with optional internal hyphens).',
    )
  }
  if (reserved.includes(name)) {
    throw refuse(`Workspace name '${name}' is reserved and cannot be used.`)
  }
  return name
}

function noOwnRoot() {
  return mlflowError(
    'INVALID_PARAMETER_VALUE',
    'default_artifact_root cannot be chosen here: artifacts are kept by this server.',
  )
}
