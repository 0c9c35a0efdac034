import { type Tone, toneOf } from '../../parts/state-tones.ts'

/** The tone of `rollout.promoted` is that of `promoted`; plain facts have none. */
export function toneOfVerb(verb: string): Tone {
  const past = verb.slice(verb.indexOf('.') + 1)
  if (past === 'raised') return 'bad'
  return toneOf(past)
}
