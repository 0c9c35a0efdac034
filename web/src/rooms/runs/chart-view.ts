import { useUrlText } from '../../parts/url-state.ts'

export type ChartScale = 'step' | 'time' | 'relative'

/** How metrics are drawn, kept in the address: all charts of a page share it. */
export interface ChartView {
  x: ChartScale
  logarithmic: boolean
  /** Weight of what came before in the drawn line, 0 to 0.99. */
  smoothing: number
  /** Steps that are shown; the server gathers them anew. */
  from: number | undefined
  to: number | undefined
}

const scales: readonly ChartScale[] = ['step', 'time', 'relative']

export function useChartView(): ChartView {
  const [x] = useUrlText('x', 'step')
  const [scale] = useUrlText('scale', 'linear')
  const [smooth] = useUrlText('smooth', '0')
  const [range] = useUrlText('steps')
  const [from, to] = range.split('-').map((text) => Number.parseInt(text, 10))
  const weight = Number(smooth)
  return {
    x: scales.find((each) => each === x) ?? 'step',
    logarithmic: scale === 'log',
    smoothing: weight > 0 && weight < 1 ? weight : 0,
    from: Number.isSafeInteger(from) ? from : undefined,
    to: Number.isSafeInteger(to) ? to : undefined,
  }
}

/** Sets the steps that are shown; without an argument all of them. */
export function useChartRange(): (from?: number, to?: number) => void {
  const [, setRange] = useUrlText('steps')
  return (from, to) =>
    setRange(from === undefined || to === undefined ? '' : `${Math.floor(from)}-${Math.ceil(to)}`)
}
