import type { ReactNode } from 'react'
import css from './key-values.module.css'

export type KeyValue = readonly [label: string, value: ReactNode]

/** Facts, one to a line; absent ones are left out by the caller. */
export function KeyValues({ items, wide = false }: { items: readonly KeyValue[]; wide?: boolean }) {
  return (
    <dl className={`${css['list']} ${wide ? css['wide'] : ''}`}>
      {items.map(([label, value]) => (
        <div key={label} className={css['item']}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A few numbers that matter, large. */
export function Figures({ items }: { items: readonly KeyValue[] }) {
  return (
    <dl className={css['figures']}>
      {items.map(([label, value]) => (
        <div key={label} className={css['figure']}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
