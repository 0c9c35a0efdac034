import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { chartData, chartOptions } from './line-chart-options.ts'
import type { LineChartProps } from './line-chart.tsx'
import css from './line-chart.module.css'

/** uPlot in React: made anew when its shape changes, fed when only its data does. */
export function LineChartCanvas(props: LineChartProps & { height: number }) {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const latest = useRef(props)
  latest.current = props
  const scheme = useComputedColorScheme('light')
  const shape = shapeOf(props)

  useEffect(() => {
    const element = host.current
    if (element === null) return
    const options = chartOptions(() => latest.current, element, css['tip'] ?? '')
    const made = new uPlot(options, chartData(latest.current.lines), element)
    chart.current = made
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0)
        made.setSize({ width: element.clientWidth, height: latest.current.height })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      chart.current = undefined
    }
  }, [shape, scheme])

  useEffect(() => {
    chart.current?.setData(chartData(props.lines))
  }, [props.lines])

  return <div ref={host} className={css['host']} />
}

/** What cannot be changed in a standing chart. */
function shapeOf({
  lines,
  x,
  height,
  logarithmic,
  thresholds,
  marks,
  include,
}: LineChartProps): string {
  const drawn = lines.map((line) => [
    line.name,
    line.color,
    line.dashed,
    line.dots,
    line.low !== undefined,
  ])
  return JSON.stringify([drawn, x, height, logarithmic, thresholds, marks, include])
}
