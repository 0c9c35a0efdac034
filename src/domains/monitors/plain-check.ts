import type { CheckKind, MonitorCheck } from './monitor.ts'

/** A check without a test: the number itself is what is compared. */
export function plainCheck(
  kind: CheckKind,
  column: string | null,
  measure: string,
  size: number | null,
  limit: { threshold: number | null; isOver: (size: number, threshold: number) => boolean },
  text: string,
): MonitorCheck {
  const { threshold } = limit
  const over = size !== null && threshold !== null && limit.isOver(size, threshold)
  const watched = size === null ? 'undecided' : over ? 'alarm' : 'ok'
  return {
    kind,
    column,
    measure,
    size,
    low: null,
    high: null,
    threshold,
    p: null,
    level: null,
    verdict: threshold === null ? 'not-watched' : watched,
    text,
    values: {},
  }
}

/** Larger is worse. */
export const above = (size: number, threshold: number): boolean => size > threshold
