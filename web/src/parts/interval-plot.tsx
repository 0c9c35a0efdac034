import css from './interval-plot.module.css'
import { metricText, termText } from './number-text.ts'
import { extent, linear } from './scale.ts'

export interface IntervalPlotProps {
  /** What is estimated. */
  label: string
  value: number
  low?: number | undefined
  high?: number | undefined
  /** Where the decision flips. */
  threshold?: number | undefined
  /** Which side of the threshold is good. */
  good?: 'above' | 'below' | undefined
  tone?: 'good' | 'bad' | 'plain'
  /** The same for plots that stand under each other. */
  domain?: readonly [number, number] | undefined
  /** Leaves out the threshold's number, where it stands elsewhere. */
  quiet?: boolean
}

const width = 220
const height = 34

/** One estimate with its interval against a threshold, on one line. */
export function IntervalPlot(props: IntervalPlotProps) {
  const { label, value, low, high, threshold, tone = 'plain', quiet = false } = props
  const values = [value, low, high, threshold].filter((each) => each !== undefined)
  const place = linear(props.domain ?? extent(values, 0.25), [6, width - 6])
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={describe(props)}
      className={`${css['plot']} ${css[tone]}`}
    >
      <title>{`${label}: ${describe(props)}`}</title>
      {threshold === undefined ? null : (
        <GoodSide place={place} threshold={threshold} good={props.good} />
      )}
      <line x1="0" x2={width} y1="14" y2="14" className={css['axis']} />
      {low === undefined || high === undefined ? null : (
        <path
          d={`M${place(low)} 14H${place(high)}M${place(low)} 10v8M${place(high)} 10v8`}
          className={css['interval']}
        />
      )}
      <circle cx={place(value)} cy="14" r="4" className={css['point']} />
      {threshold === undefined ? null : (
        <>
          <line
            x1={place(threshold)}
            x2={place(threshold)}
            y1="2"
            y2="24"
            className={css['threshold']}
          />
          {quiet ? null : (
            <text
              x={Math.min(Math.max(place(threshold), 18), width - 18)}
              y="33"
              textAnchor="middle"
              className={css['text']}
            >
              {termText(threshold)}
            </text>
          )}
        </>
      )}
    </svg>
  )
}

interface GoodSideProps {
  place: (value: number) => number
  threshold: number
  good: 'above' | 'below' | undefined
}

function GoodSide({ place, threshold, good }: GoodSideProps) {
  if (good === undefined) return null
  const at = Math.min(Math.max(place(threshold), 0), width)
  const [x, size] = good === 'above' ? [at, width - at] : [0, at]
  return <rect x={x} y="4" width={size} height="20" className={css['side']} />
}

function describe({ value, low, high, threshold }: IntervalPlotProps): string {
  const interval =
    low === undefined || high === undefined
      ? ''
      : `, interval ${metricText(low)} to ${metricText(high)}`
  const against = threshold === undefined ? '' : `, threshold ${metricText(threshold)}`
  return `${metricText(value)}${interval}${against}`
}
