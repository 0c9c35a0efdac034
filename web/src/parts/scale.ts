/** Maps a range of values onto a range of places; a range without width maps to the middle. */
export function linear(from: readonly [number, number], to: readonly [number, number]) {
  const span = from[1] - from[0]
  return (value: number): number =>
    span === 0 ? (to[0] + to[1]) / 2 : to[0] + ((value - from[0]) / span) * (to[1] - to[0])
}

/** The least and the greatest of the values, widened by a share of their distance on both sides. */
export function extent(values: readonly number[], room = 0.08): [number, number] {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return [0, 1]
  const least = Math.min(...finite)
  const most = Math.max(...finite)
  const pad = most === least ? Math.abs(most) * 0.1 || 0.5 : (most - least) * room
  return [least - pad, most + pad]
}
