import { percentText } from './number-text.ts'
import { seriesColor } from './series-color.ts'
import css from './split-bar.module.css'

export interface Share {
  name: string
  share: number
  note?: string
}

/** How a whole is divided: a bar, and the same in words. */
export function SplitBar({ label, shares }: { label: string; shares: readonly Share[] }) {
  return (
    <div className={css['split']}>
      <div
        className={css['bar']}
        role="img"
        aria-label={`${label}: ${shares.map(wordsOf).join(', ')}`}
      >
        {shares.map((each, index) => (
          <i
            key={each.name}
            style={{ width: `${each.share * 100}%`, background: seriesColor(index) }}
          />
        ))}
      </div>
      <ul className={css['names']}>
        {shares.map((each, index) => (
          <li key={each.name}>
            <i style={{ background: seriesColor(index) }} />
            <b>{percentText(each.share, 0)}</b>
            <span>{each.name}</span>
            {each.note === undefined ? null : <span className="quiet">{each.note}</span>}
          </li>
        ))}
      </ul>
    </div>
  )
}

function wordsOf({ name, share }: Share): string {
  return `${name} ${percentText(share, 0)}`
}
