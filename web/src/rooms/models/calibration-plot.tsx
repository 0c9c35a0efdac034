import { countText, metricText, percentText } from '../../parts/number-text.ts'
import { linear } from '../../parts/scale.ts'
import css from './calibration-plot.module.css'
import type { Evaluation } from './model-reads.ts'

const size = 250
const margin = { left: 38, bottom: 34, top: 8, right: 18 }
const width = 380

/** Predicted probability against observed frequency; on the diagonal it means what it says. */
export function CalibrationPlot({ calibration }: { calibration: Evaluation['calibration'] }) {
  const { bins, error } = calibration
  const top = roundTop(Math.max(0.1, ...bins.flatMap(({ predicted, high }) => [predicted, high])))
  const x = linear([0, top], [margin.left, width - margin.right])
  const y = linear([0, top], [size - margin.bottom, margin.top])
  const ticks = Array.from({ length: Math.round(top / 0.1) + 1 }, (_, index) => index / 10).filter(
    (tick) => top <= 0.5 || Math.round(tick * 10) % 2 === 0,
  )
  const most = Math.max(1, ...bins.map(({ rows }) => rows))
  return (
    <svg
      viewBox={`0 0 ${width} ${size}`}
      className={css['plot']}
      role="img"
      aria-label={`Calibration in ${bins.length} groups, mean error ${metricText(error)}`}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={x(0)} x2={x(top)} y1={y(tick)} y2={y(tick)} className={css['grid']} />
          <text x={x(0) - 6} y={y(tick) + 3.5} textAnchor="end">
            {percentText(tick, 0)}
          </text>
          <text x={x(tick)} y={size - margin.bottom + 15} textAnchor="middle">
            {percentText(tick, 0)}
          </text>
        </g>
      ))}
      <line x1={x(0)} y1={y(0)} x2={x(top)} y2={y(top)} className={css['ideal']} />
      <path
        d={`M${bins.map((bin) => `${x(bin.predicted)} ${y(bin.observed)}`).join('L')}`}
        className={css['curve']}
      />
      {bins.map((bin) => (
        <g key={bin.predicted} className={css['bin']}>
          <title>{`predicted ${percentText(bin.predicted)}, observed ${percentText(bin.observed)} (${percentText(bin.low)} to ${percentText(bin.high)}), ${countText(bin.rows)} rows`}</title>
          <line x1={x(bin.predicted)} x2={x(bin.predicted)} y1={y(bin.low)} y2={y(bin.high)} />
          <circle
            cx={x(bin.predicted)}
            cy={y(bin.observed)}
            r={2.5 + 2.5 * Math.sqrt(bin.rows / most)}
          />
        </g>
      ))}
      <text x={(x(0) + x(top)) / 2} y={size - 4} textAnchor="middle">
        predicted
      </text>
    </svg>
  )
}

/** The next tenth; above a half the next fifth, so that the last tick is the end. */
function roundTop(most: number): number {
  const tenths = Math.ceil(Math.min(1, most) * 10 - 1e-9)
  return (tenths > 5 ? tenths + (tenths % 2) : tenths) / 10
}
