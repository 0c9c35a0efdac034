import css from './histogram-pair.module.css'
import { percentText } from './number-text.ts'

export interface HistogramBar {
  label: string
  /** Counts; they are compared as shares of their own sums. */
  before: number
  after: number
}

interface HistogramPairProps {
  label: string
  bars: readonly HistogramBar[]
  /** Names of the two sides. */
  names: readonly [before: string, after: string]
  height?: number
  /** Labels under the bars; without them it is a small picture in a row. */
  axis?: boolean
}

/** Two distributions side by side, bucket by bucket, each as shares of its own whole. */
export function HistogramPair({
  label,
  bars,
  names,
  height = 120,
  axis = true,
}: HistogramPairProps) {
  const shares = sharesOf(bars)
  const highest = Math.max(...shares.flatMap(({ before, after }) => [before, after]), 1e-9)
  return (
    <figure className={css['figure']}>
      {axis ? <Names names={names} /> : null}
      <div className={css['bars']} style={{ height }} role="img" aria-label={label}>
        {shares.map((bar) => (
          <div key={bar.label} className={css['bucket']} title={titleOf(bar, names)}>
            <i className={css['before']} style={{ height: `${(bar.before / highest) * 100}%` }} />
            <i className={css['after']} style={{ height: `${(bar.after / highest) * 100}%` }} />
          </div>
        ))}
      </div>
      {axis ? <Axis bars={bars} /> : null}
    </figure>
  )
}

function Names({ names }: { names: readonly [string, string] }) {
  return (
    <figcaption className={css['names']}>
      <span className={css['name']}>
        <i className={css['before']} />
        {names[0]}
      </span>
      <span className={css['name']}>
        <i className={css['after']} />
        {names[1]}
      </span>
    </figcaption>
  )
}

/** Every bucket's label where there is room, else the first, the middle and the last. */
function Axis({ bars }: { bars: readonly HistogramBar[] }) {
  const every = bars.length <= 8
  const middle = Math.floor(bars.length / 2)
  const shown = (index: number) =>
    every || index === 0 || index === middle || index === bars.length - 1
  return (
    <div className={css['axis']} aria-hidden="true">
      {bars.map((bar, index) => (
        <span key={bar.label}>{shown(index) ? bar.label : ''}</span>
      ))}
    </div>
  )
}

function sharesOf(bars: readonly HistogramBar[]): HistogramBar[] {
  const sum = (side: 'before' | 'after') =>
    Math.max(
      bars.reduce((total, bar) => total + bar[side], 0),
      1e-9,
    )
  const before = sum('before')
  const after = sum('after')
  return bars.map((bar) => ({ ...bar, before: bar.before / before, after: bar.after / after }))
}

function titleOf(bar: HistogramBar, names: readonly [string, string]): string {
  return `${bar.label}: ${names[0]} ${percentText(bar.before)}, ${names[1]} ${percentText(bar.after)}`
}
