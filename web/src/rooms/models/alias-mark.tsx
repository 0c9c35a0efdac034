import type { ReactNode } from 'react'
import css from './alias-mark.module.css'

/** A name that points at a version. */
export function AliasMark({ alias, children }: { alias: string; children?: ReactNode }) {
  return (
    <span className={css['alias']} data-champion={alias === 'champion'}>
      {alias}
      {children === undefined ? null : <b>{children}</b>}
    </span>
  )
}
