import { championAlias, checkAlias } from './alias-names.ts'
import { stageOf } from './stages.ts'

/** What the gate guards unless a model says otherwise. */
export const defaultGuards: readonly string[] = [championAlias]

/** What guards a move into a stage is called. */
export function stageGuard(stage: string): string {
  return `stage:${stage}`
}

/** The guards as they are stored. Errors: `invalid` for what is neither an alias nor a stage. */
export function checkGuards(guards: readonly string[]): string[] {
  const checked = guards.map((guard) =>
    guard.startsWith('stage:') ? stageGuard(stageOf(guard.slice(6))) : checkAlias(guard),
  )
  return [...new Set(checked)]
}
