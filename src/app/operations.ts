import type { Serving } from '#domains/deployments/index'
import type { Operation } from '#protocols/api/implement'
import { accessOperations } from '#protocols/api/routes/access'
import { dataOperations } from '#protocols/api/routes/data'
import { createDeploymentsOperations } from '#protocols/api/routes/deployments'
import { journalOperations } from '#protocols/api/routes/journal'
import { modelsOperations } from '#protocols/api/routes/models'
import { pipelinesOperations } from '#protocols/api/routes/pipelines'
import { runsOperations } from '#protocols/api/routes/runs'
import { createServerOperations, type ServerFacts } from '#protocols/api/routes/server'
import { applyDeclaration, planDeclaration } from './declaration/apply.ts'

/** Every operation of the API. Without `serving` this process predicts nothing itself. */
export function createOperations(
  facts: ServerFacts['facts'],
  serving: Serving | undefined,
): Operation[] {
  return [
    ...createServerOperations({ facts, plan: planDeclaration, apply: applyDeclaration }),
    ...accessOperations,
    ...journalOperations,
    ...createDeploymentsOperations(serving),
    ...dataOperations,
    ...modelsOperations,
    ...pipelinesOperations,
    ...runsOperations,
  ]
}
