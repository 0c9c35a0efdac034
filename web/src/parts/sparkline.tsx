import css from './sparkline.module.css'
import { metricText } from './number-text.ts'
import { extent, linear } from './scale.ts'

interface SparklineProps {
  label: string
  values: readonly number[]
  width?: number
  height?: number
}

/** The course of a number in a line of text. */
export function Sparkline({ label, values, width = 96, height = 22 }: SparklineProps) {
  if (values.length < 2) return <span className="faint">–</span>
  const x = linear([0, values.length - 1], [2, width - 3])
  const y = linear(extent(values), [height - 2, 2])
  const points = values.map((value, index) => `${x(index).toFixed(1)} ${y(value).toFixed(1)}`)
  const last = values.at(-1) ?? 0
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={`${label}, now ${metricText(last)}`}
      className={css['sparkline']}
    >
      <path d={`M${points.join('L')}`} />
      <circle cx={x(values.length - 1)} cy={y(last)} r="2.2" />
    </svg>
  )
}
