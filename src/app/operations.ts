import type { Operation } from '#protocols/api/implement'
import { accessOperations } from '#protocols/api/routes/access'
import { dataOperations } from '#protocols/api/routes/data'
import { journalOperations } from '#protocols/api/routes/journal'
import { modelsOperations } from '#protocols/api/routes/models'
import { pipelinesOperations } from '#protocols/api/routes/pipelines'
import { runsOperations } from '#protocols/api/routes/runs'
import { createServerOperations, type ServerFacts } from '#protocols/api/routes/server'
import { applyDeclaration, planDeclaration } from './declaration/apply.ts'

/** Every operation of the API. */
export function createOperations(facts: ServerFacts['facts']): Operation[] {
  return [
    ...createServerOperations({ facts, plan: planDeclaration, apply: applyDeclaration }),
    ...accessOperations,
    ...journalOperations,
    ...dataOperations,
    ...modelsOperations,
    ...pipelinesOperations,
    ...runsOperations,
  ]
}
