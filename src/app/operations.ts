import type { Operation } from '#protocols/api/implement'
import { accessOperations } from '#protocols/api/routes/access'
import { journalOperations } from '#protocols/api/routes/journal'
import { createServerOperations, type ServerFacts } from '#protocols/api/routes/server'
import { applyDeclaration, planDeclaration } from './declaration/apply.ts'

/** Every operation of the API. */
export function createOperations(facts: ServerFacts['facts']): Operation[] {
  return [
    ...createServerOperations({ facts, plan: planDeclaration, apply: applyDeclaration }),
    ...accessOperations,
    ...journalOperations,
  ]
}
