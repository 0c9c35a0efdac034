import { lazy, Suspense } from 'react'
import { BoneBlock } from './bones.tsx'
import css from './line-chart.module.css'
import { seriesColor } from './series-color.ts'

export interface ChartLine {
  name: string
  x: readonly number[]
  y: readonly (number | null)[]
  /** An interval around the line, drawn as a band. */
  low?: readonly (number | null)[]
  high?: readonly (number | null)[]
  /** Place in the palette; default: its place in the list. */
  color?: number
  dashed?: boolean
  /** Leaves holes where values are missing, instead of drawing on. */
  gaps?: boolean
  /** Dots at the points: for few and separate ones. */
  dots?: boolean
}

export interface ChartThreshold {
  value: number
  label: string
}

export interface ChartMark {
  x: number
  label: string
  tone: 'bad' | 'good' | 'plain'
}

export interface LineChartProps {
  /** What it shows, for those who cannot see it. */
  label: string
  lines: readonly ChartLine[]
  /** Milliseconds of event time (`day`), of now (`time`), or plain numbers. */
  x?: 'number' | 'time' | 'day'
  yText?: (value: number) => string
  height?: number
  thresholds?: readonly ChartThreshold[]
  marks?: readonly ChartMark[]
  /** The y range always holds these values. */
  include?: readonly number[]
  logarithmic?: boolean
  legend?: boolean
  /** Told which x was clicked. */
  onPick?: (x: number) => void
  /** Told which range of x was drawn over; without it the chart shows that range by itself. */
  onZoom?: (from: number, to: number) => void
}

const Canvas = lazy(async () => ({
  default: (await import('./line-chart-canvas.tsx')).LineChartCanvas,
}))

/** Lines over a number or over time. The drawing code is loaded with the first chart. */
export function LineChart(props: LineChartProps) {
  const { label, lines, height = 220, legend = lines.length > 1 } = props
  return (
    <figure className={css['figure']}>
      {legend ? <Legend lines={lines} /> : null}
      <div role="img" aria-label={label} style={{ height }} className={css['canvas']}>
        <Suspense fallback={<BoneBlock height={height} />}>
          <Canvas {...props} height={height} />
        </Suspense>
      </div>
    </figure>
  )
}

function Legend({ lines }: { lines: readonly ChartLine[] }) {
  return (
    <figcaption className={css['legend']}>
      {lines.map((line, index) => (
        <span key={line.name} className={css['key']}>
          <svg width="16" height="8" aria-hidden="true">
            <line
              x1="0"
              x2="16"
              y1="4"
              y2="4"
              stroke={seriesColor(line.color ?? index)}
              strokeWidth="2"
              strokeDasharray={line.dashed === true ? '4 3' : undefined}
            />
          </svg>
          {line.name}
        </span>
      ))}
    </figcaption>
  )
}
