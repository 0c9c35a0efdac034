import type { Serving } from '#domains/deployments/index'
import type { OnlineFeatures } from '#domains/features/index'
import type { Operation } from '#protocols/api/implement'
import { accessOperations } from '#protocols/api/routes/access'
import { alertsOperations } from '#protocols/api/routes/alerts'
import { dataOperations } from '#protocols/api/routes/data'
import { createDeploymentsOperations } from '#protocols/api/routes/deployments'
import { createFeaturesOperations } from '#protocols/api/routes/features'
import { importsOperations } from '#protocols/api/routes/imports'
import { journalOperations } from '#protocols/api/routes/journal'
import { modelsOperations } from '#protocols/api/routes/models'
import { monitorsOperations } from '#protocols/api/routes/monitors'
import { pipelinesOperations } from '#protocols/api/routes/pipelines'
import { remotesOperations } from '#protocols/api/routes/remotes'
import { registryOperations } from '#protocols/api/routes/registry'
import { retentionOperations } from '#protocols/api/routes/retention'
import { transferOperations } from '#protocols/api/routes/transfer'
import { runsOperations } from '#protocols/api/routes/runs'
import { createServerOperations, type ServerFacts } from '#protocols/api/routes/server'
import { webhooksOperations } from '#protocols/api/routes/webhooks'
import { storeOperations } from '#protocols/api/routes/store'
import { readActivity } from './activity.ts'
import { applyDeclaration, planDeclaration } from './declaration/apply.ts'

/** What this process keeps in memory to answer from. */
export interface OnlineParts {
  online: OnlineFeatures
  serving: Serving | undefined
}

/** Every operation of the API. Without `serving` this process predicts nothing itself. */
export function createOperations(
  facts: ServerFacts['facts'],
  { online, serving }: OnlineParts,
): Operation[] {
  return [
    ...createServerOperations({
      facts,
      activity: readActivity,
      plan: planDeclaration,
      apply: applyDeclaration,
    }),
    ...accessOperations,
    ...importsOperations,
    ...journalOperations,
    ...alertsOperations,
    ...createDeploymentsOperations(serving),
    ...dataOperations,
    ...createFeaturesOperations(online),
    ...modelsOperations,
    ...registryOperations,
    ...retentionOperations,
    ...transferOperations,
    ...monitorsOperations,
    ...pipelinesOperations,
    ...remotesOperations,
    ...runsOperations,
    ...webhooksOperations,
    ...storeOperations,
  ]
}
