import { invalid } from '#kernel/errors'

/** Verdict on each of several p-values. */
interface MultipleTests {
  rejected: boolean[]
  /** Smallest false-discovery rate at which each would be rejected. */
  adjusted: number[]
}

/**
 * Benjamini-Hochberg (1995): rejects so that the expected share of false rejections among all
 * rejections is at most q, for p-values that are independent or positively dependent.
 *
 * Errors: `invalid` for a p-value or q outside [0, 1].
 */
export function benjaminiHochberg(pValues: readonly number[], q: number): MultipleTests {
  checkProbability(q, 'The false-discovery rate')
  for (const p of pValues) checkProbability(p, 'A p-value')
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[b]! - pValues[a]!)
  const adjusted = new Array<number>(pValues.length)
  let smallest = 1
  for (const [position, index] of order.entries()) {
    const rank = pValues.length - position
    smallest = Math.min(smallest, (pValues[index]! * pValues.length) / rank)
    adjusted[index] = smallest
  }
  return { rejected: adjusted.map((p) => p <= q), adjusted }
}

/**
 * The level of the t-th of endlessly many looks (t = 1, 2, …) so that all levels add up to alpha:
 * alpha * 6 / (pi t)^2. Testing each look at its level keeps the chance of any false alarm, ever,
 * within alpha (union bound).
 *
 * Errors: `invalid` for an alpha outside [0, 1] or a t that is not a whole number from 1 up.
 */
export function spendAlpha(alpha: number, t: number): number {
  checkProbability(alpha, 'Alpha')
  if (!Number.isInteger(t) || t < 1) throw invalid(`Looks are counted from 1, got ${t}.`)
  return (alpha * 6) / (Math.PI * t) ** 2
}

/** Where an endless stream of tests stands. JSON-ready. */
export interface LordState {
  /** Bound on the false-discovery rate, at any time. */
  alpha: number
  /** Tests recorded so far. */
  t: number
  /** What the first test may spend from: alpha / 2. */
  wealth: number
  /** Numbers of the tests that were rejected, from 1. */
  rejections: number[]
}

/** A stream before its first test. Errors: `invalid` for an alpha outside (0, 1). */
export function startLord(alpha: number): LordState {
  if (!(alpha > 0 && alpha < 1)) throw invalid(`Alpha must be between 0 and 1, got ${alpha}.`)
  return { alpha, t: 0, wealth: alpha / 2, rejections: [] }
}

/**
 * Level of the next test by LORD++ (Ramdas, Yang, Wainwright and Jordan 2017, "Online control of the
 * false discovery rate with decaying memory"): each rejection earns alpha for later tests, so the level
 * recovers after a discovery and fades in a quiet stream. Reject when p <= level, then `recordLord`.
 */
export function nextLordLevel(state: LordState): number {
  const { alpha, wealth, rejections } = state
  const t = state.t + 1
  let level = wealth * discount(t)
  for (const [index, rejection] of rejections.entries()) {
    const earned = index === 0 ? alpha - wealth : alpha
    level += earned * discount(t - rejection)
  }
  return level
}

/** The state after one more test, as a new object. */
export function recordLord(state: LordState, rejected: boolean): LordState {
  const t = state.t + 1
  return { ...state, t, rejections: rejected ? [...state.rejections, t] : state.rejections }
}

/**
 * Share of wealth that a test spends, j tests after it was earned: proportional to
 * log(max(j, 2)) / (j exp(sqrt(log j))), summing to 1 (Javanmard and Montanari 2018).
 */
function discount(j: number): number {
  return (0.07720838 * Math.log(Math.max(j, 2))) / (j * Math.exp(Math.sqrt(Math.log(j))))
}

function checkProbability(value: number, name: string): void {
  if (!(value >= 0 && value <= 1)) throw invalid(`${name} must be from 0 to 1, got ${value}.`)
}
