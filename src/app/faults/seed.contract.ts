import { createRandom, type Random } from '#science/random'

/** The seed of this run, printed so that a failure can be had again: GYRE_FAULT_SEED, or the clock. */
export function faultRandom(tell: (message: string) => void): Random {
  const given = process.env['GYRE_FAULT_SEED']
  const seed = given === undefined ? Date.now() % 1_000_000 : Number(given)
  tell(`GYRE_FAULT_SEED=${seed}`)
  return createRandom(seed)
}

/** How often something is killed: GYRE_FAULT_ROUNDS, or so many as fit into a minute. */
export function faultRounds(usual: number): number {
  return Number(process.env['GYRE_FAULT_ROUNDS'] ?? usual)
}
