/** A Monday, so that windows of weeks begin on Mondays and those of days at midnight, UTC. */
const anchor = Date.UTC(1970, 0, 5)

/** Begin of the window of this length that an instant of event time falls into. */
export function windowStart(at: number, lengthMs: number): number {
  return anchor + Math.floor((at - anchor) / lengthMs) * lengthMs
}
