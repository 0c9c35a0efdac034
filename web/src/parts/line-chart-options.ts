import uPlot from 'uplot'
import { chartTip } from './line-chart-tip.ts'
import type { ChartLine, LineChartProps } from './line-chart.tsx'
import { termText } from './number-text.ts'
import { dayText } from './time-text.ts'

/** A colour of the page as the canvas can take it. */
export function inkOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** One column of x that all lines share, then per line its values and, with an interval, both ends. */
export function chartData(lines: readonly ChartLine[]): uPlot.AlignedData {
  const tables = lines.map((line): uPlot.AlignedData => [
    [...line.x],
    [...line.y],
    ...(line.low === undefined || line.high === undefined ? [] : [[...line.low], [...line.high]]),
  ])
  const [first] = tables
  if (first === undefined) return [[]]
  return tables.length === 1 ? first : uPlot.join(tables)
}

/** The options of the chart whose properties `read` gives; thresholds and marks are drawn on top. */
export function chartOptions(
  read: () => LineChartProps & { height: number },
  host: HTMLElement,
  tipClass: string,
): uPlot.Options {
  const props = read()
  const { series, bands } = seriesOf(props.lines)
  return {
    width: Math.max(host.clientWidth, 100),
    height: props.height,
    padding: [10, props.x === 'day' || props.x === 'time' ? 22 : 14, 0, 0],
    series,
    bands,
    legend: { show: false },
    cursor: {
      points: { size: 7 },
      drag: { x: true, y: false, setScale: props.onZoom === undefined },
    },
    scales: {
      x: {
        time: props.x === 'time' || props.x === 'day',
      },
      y: {
        distr: props.logarithmic === true ? 3 : 1,
        range: (_, low, high) => yRange(read(), low, high),
      },
    },
    ms: 1,
    tzDate: (at) => (props.x === 'day' ? uPlot.tzDate(new Date(at), 'Etc/UTC') : new Date(at)),
    axes: axesOf(props),
    hooks: {
      draw: [(chart) => drawGuides(chart, read())],
      setSelect: [(chart) => tellZoom(chart, read())],
    },
    plugins: [chartTip(read, tipClass)],
  }
}

function tellZoom(chart: uPlot, { onZoom }: LineChartProps): void {
  const { left, width } = chart.select
  if (onZoom === undefined || width === 0) return
  onZoom(chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x'))
  chart.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false)
}

function seriesOf(lines: readonly ChartLine[]): { series: uPlot.Series[]; bands: uPlot.Band[] } {
  const series: uPlot.Series[] = [{}]
  const bands: uPlot.Band[] = []
  lines.forEach((line, index) => {
    const ink = inkOf(`--series-${(line.color ?? index) % 10}`)
    series.push({
      label: line.name,
      stroke: ink,
      width: 1.75,
      spanGaps: line.gaps !== true,
      points: { show: line.dots === true, size: 6, fill: ink, stroke: ink },
      ...(line.dashed === true ? { dash: [5, 4] } : {}),
    })
    if (line.low === undefined || line.high === undefined) return
    const at = series.length
    // Thin, but there: a single extreme among many points would vanish in the band.
    const edge: uPlot.Series = {
      stroke: `${ink}66`,
      width: 0.75,
      points: { show: false },
      spanGaps: true,
    }
    series.push(edge, { ...edge })
    bands.push({ series: [at + 1, at], fill: `${ink}26` })
  })
  return { series, bands }
}

function axesOf(props: LineChartProps): uPlot.Axis[] {
  const base: uPlot.Axis = {
    stroke: inkOf('--text-2'),
    font: `11.5px ${inkOf('--font')}`,
    grid: { stroke: inkOf('--line'), width: 1 },
    ticks: { show: false },
  }
  const yText = props.yText ?? termText
  return [
    { ...base, size: 28, gap: 6, grid: { show: false }, ...xValues(props.x) },
    {
      ...base,
      size: (_, values) =>
        14 + 6.6 * Math.max(3, ...(values ?? []).map((text) => text?.length ?? 0)),
      gap: 6,
      space: 34,
      values: (_, splits) => splits.map((value) => (value === null ? '' : yText(value))),
    },
  ]
}

/** Steps, versions and rows are counted: nothing lies between two of them. */
const wholeSteps = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].flatMap((unit) => [
  unit,
  2 * unit,
  5 * unit,
])

function xValues(x: LineChartProps['x']): Partial<uPlot.Axis> {
  if (x === 'day') {
    return { space: 76, values: (_, splits) => splits.map((at) => dayText(at).slice(0, -5)) }
  }
  if (x === 'time')
    return {
      space: 64,
      values: (_, splits) => splits.map((at, index) => timeTick(at, splits[index - 1])),
    }
  return {
    space: 54,
    incrs: wholeSteps,
    values: (_, splits) => splits.map((value) => termText(value)),
  }
}

/** The time of day; where a day begins, or days are far apart, the day. */
function timeTick(at: number, before: number | undefined): string {
  const moment = new Date(at)
  const midnight = moment.getHours() === 0 && moment.getMinutes() === 0
  const far = before !== undefined && at - before >= 86_400_000
  if (midnight || far) return moment.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
  return moment.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}

/** Room around the values; a flat line gets a range of its own size. */
function yRange(props: LineChartProps, low: number | null, high: number | null): [number, number] {
  const fixed = [...(props.include ?? []), ...(props.thresholds ?? []).map(({ value }) => value)]
  const least = Math.min(...fixed, low ?? Number.POSITIVE_INFINITY)
  const most = Math.max(...fixed, high ?? Number.NEGATIVE_INFINITY)
  if (!Number.isFinite(least) || !Number.isFinite(most)) return [0, 1]
  if (props.logarithmic === true) return [least > 0 ? least * 0.9 : 1e-6, most * 1.1]
  const room = most === least ? Math.abs(most) * 0.1 || 0.5 : (most - least) * 0.08
  const floor = least >= 0 && least - room < 0 ? 0 : least - room
  return [floor, most + room]
}

function drawGuides(chart: uPlot, props: LineChartProps): void {
  const { ctx, bbox } = chart
  const ratio = devicePixelRatio
  ctx.save()
  ctx.font = `${11 * ratio}px ${inkOf('--font')}`
  ctx.lineWidth = ratio
  for (const { value, label } of props.thresholds ?? []) {
    const y = chart.valToPos(value, 'y', true)
    ctx.strokeStyle = ctx.fillStyle = inkOf('--warn')
    ctx.setLineDash([4 * ratio, 4 * ratio])
    strokeLine(ctx, bbox.left, y, bbox.left + bbox.width, y)
    ctx.textAlign = 'right'
    ctx.fillText(label, bbox.left + bbox.width - 4 * ratio, y - 5 * ratio)
  }
  for (const { x, tone } of props.marks ?? []) {
    const at = chart.valToPos(x, 'x', true)
    if (at < bbox.left || at > bbox.left + bbox.width) continue
    const ink = inkOf(tone === 'plain' ? '--text-3' : `--${tone}`)
    ctx.strokeStyle = ctx.fillStyle = ink
    ctx.setLineDash([2 * ratio, 3 * ratio])
    strokeLine(ctx, at, bbox.top, at, bbox.top + bbox.height)
    drawFlag(ctx, at, bbox.top, 5 * ratio)
  }
  ctx.restore()
}

function strokeLine(
  ctx: CanvasRenderingContext2D,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}

/** A filled triangle that points down at its line. */
function drawFlag(ctx: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  ctx.beginPath()
  ctx.moveTo(x - size, y - size)
  ctx.lineTo(x + size, y - size)
  ctx.lineTo(x, y + size * 0.8)
  ctx.fill()
}
