import { comparePoints, type Point } from '#science/series/points'
import type { Context } from '#domains/access/index'
import type { RunMetricRow } from './store.ts'

/** Points that are remembered of a series, at most; half of them go when they are too many. */
const mostOfSeries = 256
/** Points and series that are remembered of all runs together. */
const mostOfAll = 100_000

interface Series {
  summary: RunMetricRow
  /** Sorted by step. */
  points: Point[]
  /** All points after this moment are remembered; undefined: all that there are. */
  since: Point | undefined
}

export interface RecentRun {
  /** The head that this is true of: each append makes a new one, whoever appends. */
  nextSegment: number
  series: Map<string, Series>
}

/**
 * What was last appended to runs by this process, so that an append need not read it again, and that
 * points which several processes send out of order can be told from points sent twice. Whoever uses
 * it compares the run's head, since other processes append, too.
 */
export class RecentPoints {
  readonly #runs = new Map<string, RecentRun>()
  #size = 0

  static of(ctx: Context): RecentPoints {
    return ctx.memory('runs.recent-points', () => new RecentPoints())
  }

  /** What is known of a run whose next segment is this one. */
  at(run: string, nextSegment: number): RecentRun | undefined {
    const known = this.#runs.get(run)
    if (known?.nextSegment === nextSegment) return known
    this.forget(run)
    return undefined
  }

  /** Remembers what an append wrote. To be forgotten when its change fails. */
  keep(
    run: string,
    nextSegment: number,
    added: readonly {
      summary: RunMetricRow
      points: readonly Point[]
      before: Point | undefined
    }[],
  ): void {
    const known = this.#runs.get(run) ?? { nextSegment, series: new Map<string, Series>() }
    known.nextSegment = nextSegment
    // The one that was used last comes last.
    this.#runs.delete(run)
    this.#runs.set(run, known)
    for (const { summary, points, before } of added) {
      const series = known.series.get(summary.key)
      if (series === undefined) {
        const fresh = { summary, points: [...points], since: before }
        this.#size += 1 + points.length
        known.series.set(summary.key, fresh)
        this.#trim(fresh)
      } else {
        series.summary = summary
        this.#insert(series, points)
      }
    }
    this.#evict(run)
  }

  forget(run: string): void {
    const known = this.#runs.get(run)
    if (known === undefined) return
    for (const { points } of known.series.values()) this.#size -= 1 + points.length
    this.#runs.delete(run)
  }

  #insert(series: Series, points: readonly Point[]): void {
    const last = series.points.at(-1)
    const inOrder = last === undefined || comparePoints(last, points[0] as Point) < 0
    for (const point of points) series.points.push(point)
    if (!inOrder) series.points.sort(comparePoints)
    this.#size += points.length
    this.#trim(series)
  }

  #trim(series: Series): void {
    const excess = series.points.length - mostOfSeries
    if (excess <= 0) return
    const dropped = series.points.splice(0, excess + mostOfSeries / 2)
    this.#size -= dropped.length
    const last = dropped.at(-1)
    const { since } = series
    series.since =
      last !== undefined && (since === undefined || isAfter(last, since)) ? last : since
  }

  /** Forgets the runs that were not appended to for longest; the current one stays. */
  #evict(current: string): void {
    for (const run of this.#runs.keys()) {
      if (this.#size <= mostOfAll || run === current) return
      this.forget(run)
    }
  }
}

/** By step and time alone: at the same moment, another value can be new and still be no greater. */
export function isAfter(point: Point, moment: Pick<Point, 'step' | 'timestamp'>): boolean {
  return (
    point.step - moment.step > 0 ||
    (point.step === moment.step && point.timestamp > moment.timestamp)
  )
}
