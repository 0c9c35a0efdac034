import type { DataVersion } from './data-reads.ts'
import type { VersionMark } from './keeping-reads.ts'

export type TimelineMeasure = 'rows' | 'size' | 'files'
export type TimelineClock = 'committed' | 'events'

export interface TimelineBar {
  version: DataVersion
  mark: VersionMark | undefined
  /** Of the chosen clock; null where the version has no events. */
  at: number | null
  /** Middle, in pixels. */
  x: number
  /** 0 to 1 of the highest. */
  height: number
}

/** Bars keep this distance, however close in time they are. */
const step = 26
const margin = 22

/**
 * Versions from left to right where their time puts them, pushed apart as far as they can be told
 * apart, and as high as they have rows, bytes or files.
 */
export function timelineOf(
  versions: readonly DataVersion[],
  marks: readonly VersionMark[],
  by: { clock: TimelineClock; measure: TimelineMeasure; widthPx: number },
): { bars: TimelineBar[]; widthPx: number } {
  const markOf = new Map(marks.map((mark) => [mark.version, mark]))
  const timed = versions.map((version) => {
    const mark = markOf.get(version.version)
    const at = by.clock === 'events' ? (mark?.newestEvent ?? null) : version.createdAt
    return { version, mark, at }
  })
  const sorted = timed.toSorted(
    (a, b) => (a.at ?? 0) - (b.at ?? 0) || a.version.version - b.version.version,
  )
  const known = sorted.flatMap(({ at }) => at ?? [])
  const first = known[0] ?? 0
  const span = Math.max(1, (known.at(-1) ?? first) - first)
  const widthPx = Math.max(by.widthPx, sorted.length * step + 2 * margin)
  const room = widthPx - 2 * margin
  const highest = Math.max(1, ...versions.map((version) => measured(version, by.measure)))
  const wished = sorted.map(({ at }) => margin + (((at ?? first) - first) / span) * room)
  const places = pushedApart(wished, margin + room)
  const bars = sorted.map((each, index) => ({
    ...each,
    x: places[index] ?? margin,
    height: measured(each.version, by.measure) / highest,
  }))
  return { bars, widthPx }
}

export function measured(version: DataVersion, measure: TimelineMeasure): number {
  if (measure === 'rows') return version.rows ?? 0
  return measure === 'size' ? version.sizeBytes : version.files
}

/** To the right as far as needed, then back from the end. */
function pushedApart(wished: readonly number[], end: number): number[] {
  const places = [...wished]
  for (let i = 1; i < places.length; i++) {
    places[i] = Math.max(places[i] ?? 0, (places[i - 1] ?? 0) + step)
  }
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i] ?? 0, end - (places.length - 1 - i) * step)
  }
  return places
}
