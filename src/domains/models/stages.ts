import { invalid } from '#kernel/errors'

export const stages = ['None', 'Staging', 'Production', 'Archived'] as const
export type Stage = (typeof stages)[number]

/** The stage that a text means, in any case. Errors: `invalid`. */
export function stageOf(text: string): Stage {
  const found = stages.find((stage) => stage.toLowerCase() === text.toLowerCase())
  if (found !== undefined) return found
  throw invalid(
    `Invalid Model Version stage: ${text.slice(0, 200)}. Value must be one of ${stages.join(', ')}.`,
  )
}
