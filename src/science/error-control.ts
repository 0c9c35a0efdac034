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
export interface AddisState {
  method: 'addis'
  /** Bound on the false-discovery rate, at any time. */
  alpha: number
  /** Tests recorded so far. */
  t: number
  /** Of them, those with p up to 0.5, and up to 0.25. */
  selected: number
  candidates: number
  /** The same two counts as they were right after each rejection. */
  rejections: { selected: number; candidates: number }[]
}

/** p-values above say that nothing is wrong, and cost nothing. */
const selection = 0.5
/** Those up to this are taken for possible discoveries, and cost nothing either. */
const candidacy = 0.25

/** A stream before its first test. Errors: `invalid` for an alpha outside (0, 1). */
export function startAddis(alpha: number): AddisState {
  if (!(alpha > 0 && alpha < 1)) throw invalid(`Alpha must be between 0 and 1, got ${alpha}.`)
  return { method: 'addis', alpha, t: 0, selected: 0, candidates: 0, rejections: [] }
}

/**
 * Level of the next test by ADDIS (Tian and Ramdas 2019, "ADDIS: an adaptive discarding algorithm for
 * online FDR control with conservative nulls"), with their defaults: half of alpha as the first wealth,
 * shares that fall as j^-1.6. A test of "no more than a size that matters" mostly has a p-value near 1
 * while nothing is wrong. Such tests are discarded, so that a calm year leaves the level where it was;
 * each rejection earns alpha for later tests. Reject when p <= level, then `recordAddis`.
 */
export function nextAddisLevel(state: AddisState): number {
  const { alpha, selected, candidates, rejections } = state
  const first = alpha / 2
  let level = first * discount(1 + selected - candidates)
  for (const [index, at] of rejections.entries()) {
    const earned = index === 0 ? alpha - first : alpha
    level += earned * discount(1 + selected - at.selected - (candidates - at.candidates))
  }
  return Math.min(candidacy, (selection - candidacy) * level)
}

/** The state after one more test, as a new object. */
export function recordAddis(state: AddisState, p: number, rejected: boolean): AddisState {
  checkProbability(p, 'A p-value')
  const selected = state.selected + (p <= selection ? 1 : 0)
  const candidates = state.candidates + (p <= candidacy ? 1 : 0)
  const rejections = rejected ? [...state.rejections, { selected, candidates }] : state.rejections
  return { ...state, t: state.t + 1, selected, candidates, rejections }
}

/** Share of wealth that a test spends, the j-th after it was earned: 1 / (zeta(1.6) j^1.6). */
function discount(j: number): number {
  return j ** -1.6 / 2.2857656567
}

function checkProbability(value: number, name: string): void {
  if (!(value >= 0 && value <= 1)) throw invalid(`${name} must be from 0 to 1, got ${value}.`)
}
