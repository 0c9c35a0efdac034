/** The palette's colour for the n-th series, as CSS. */
export function seriesColor(index: number): string {
  return `var(--series-${index % 10})`
}
