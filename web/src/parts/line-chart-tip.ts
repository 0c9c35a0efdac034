import type uPlot from 'uplot'
import type { LineChartProps } from './line-chart.tsx'
import { metricText } from './number-text.ts'
import { absoluteText, dayText } from './time-text.ts'

/** The values under the pointer, in a small box beside it; a click picks the x. */
export function chartTip(read: () => LineChartProps, className: string): uPlot.Plugin {
  const tip = document.createElement('div')
  tip.className = className
  return {
    hooks: {
      init: (chart) => {
        chart.over.append(tip)
        chart.over.addEventListener('mouseleave', () => (tip.style.display = 'none'))
        chart.over.addEventListener('click', () => pick(chart, read()))
      },
      setCursor: (chart) => fillTip(chart, tip, read()),
    },
  }
}

function pick(chart: uPlot, props: LineChartProps): void {
  const { idx } = chart.cursor
  const x = idx === null || idx === undefined ? undefined : chart.data[0][idx]
  if (x !== undefined) props.onPick?.(x)
}

function fillTip(chart: uPlot, tip: HTMLElement, props: LineChartProps): void {
  const { idx, left = 0 } = chart.cursor
  const x = idx === null || idx === undefined ? undefined : chart.data[0][idx]
  if (x === undefined || left < 0) {
    tip.style.display = 'none'
    return
  }
  const yText = props.yText ?? metricText
  const rows = chart.series.flatMap((series, index) => {
    const value =
      index === 0 || series.label === undefined || idx === null
        ? null
        : chart.data[index]?.[idx ?? -1]
    if (value === null || value === undefined || series.width === 0) return []
    if (typeof series.label !== 'string') return []
    return [tipRow(series.label, yText(value), inkOfSeries(series, chart, index))]
  })
  tip.replaceChildren(line('tip-x', xText(x, props)), ...rows, ...markRows(x, props))
  tip.style.display = 'block'
  const room = chart.over.clientWidth - tip.offsetWidth
  const beside = left + 14 > room ? left - tip.offsetWidth - 14 : left + 14
  tip.style.left = `${Math.max(0, beside)}px`
}

function inkOfSeries(series: uPlot.Series, chart: uPlot, index: number): string {
  const { stroke } = series
  const ink: unknown = typeof stroke === 'function' ? stroke(chart, index) : stroke
  return typeof ink === 'string' ? ink : 'currentColor'
}

function markRows(x: number, props: LineChartProps): HTMLElement[] {
  return (props.marks ?? []).filter((mark) => mark.x === x).map((mark) => line('tip-x', mark.label))
}

function xText(x: number, props: LineChartProps): string {
  if (props.x === 'day') return dayText(x)
  return props.x === 'time' ? absoluteText(x) : metricText(x)
}

function tipRow(name: string, value: string, ink: string): HTMLElement {
  const row = line('tip-row', '')
  const dot = document.createElement('i')
  dot.style.background = ink
  const strong = document.createElement('b')
  strong.textContent = value
  row.append(dot, name, strong)
  return row
}

function line(className: string, text: string): HTMLElement {
  const element = document.createElement('div')
  element.className = className
  element.textContent = text
  return element
}
