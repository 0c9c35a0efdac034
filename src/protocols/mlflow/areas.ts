import type { FastifyInstance } from 'fastify'
import { budgetRoutes } from './ai-gateway/budget-routes.ts'
import { endpointRoutes } from './ai-gateway/endpoint-routes.ts'
import { providerRoutes } from './ai-gateway/provider-routes.ts'
import { secretRoutes } from './ai-gateway/secret-routes.ts'
import { artifactRoutes, mountArtifacts } from './artifacts.ts'
import { experimentRoutes } from './experiments.ts'
import { loggedModelRoutes } from './logged-models.ts'
import { metricRoutes } from './metrics.ts'
import { datasetRoutes } from './evaluation/dataset-routes.ts'
import { issueRoutes } from './evaluation/issue-routes.ts'
import { scorerRoutes } from './evaluation/scorer-routes.ts'
import { graphqlMount } from './graphql/mount-graphql.ts'
import { mountModelArtifacts } from './model-artifacts.ts'
import { modelVersionRoutes } from './model-versions.ts'
import type { Entry } from './mount.ts'
import { mountMultipart } from './multipart.ts'
import { userPermissionRoutes } from './permissions.ts'
import { promptLabRoutes } from './prompt-lab.ts'
import { registeredModelRoutes } from './registered-models.ts'
import { runLoggingRoutes } from './run-logging.ts'
import { runRoutes } from './runs.ts'
import type { Route } from './route.ts'
import { serverInfoRoutes } from './server-info.ts'
import { mountOtlp } from './traces/otlp.ts'
import { mountTraceArtifact } from './traces/trace-artifact.ts'
import { tracingRoutes } from './traces/tracing-routes.ts'
import { userRoutes } from './users.ts'
import { webhookRoutes } from './webhooks.ts'
import { workspaceRoutes } from './workspaces.ts'

/** Every operation with JSON in and out, by area. One line adds an area. */
export const areas: readonly (readonly Route[])[] = [
  serverInfoRoutes,
  workspaceRoutes,
  userRoutes,
  userPermissionRoutes,
  tracingRoutes,
  experimentRoutes,
  runRoutes,
  runLoggingRoutes,
  metricRoutes,
  artifactRoutes,
  datasetRoutes,
  scorerRoutes,
  issueRoutes,
  registeredModelRoutes,
  modelVersionRoutes,
  loggedModelRoutes,
  secretRoutes,
  endpointRoutes,
  budgetRoutes,
  providerRoutes,
  promptLabRoutes,
  webhookRoutes,
]

/** What moves bytes, or has addresses of its own. One line adds one. */
export const mounts: readonly ((scope: FastifyInstance, entry: Entry) => void)[] = [
  mountOtlp,
  mountTraceArtifact,
  mountArtifacts,
  mountMultipart,
  mountModelArtifacts,
  graphqlMount(() => areas.flat()),
]
