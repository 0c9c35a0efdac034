import { type ReactNode, useId } from 'react'
import css from './section.module.css'

interface SectionProps {
  title: ReactNode
  /** One line under the heading. */
  hint?: ReactNode
  actions?: ReactNode
  /** Tables go to the edge; text does not. */
  flush?: boolean
  children: ReactNode
}

/** A titled surface of a page. */
export function Section({ title, hint, actions, flush = false, children }: SectionProps) {
  const id = useId()
  return (
    <section className={css['section']} aria-labelledby={id}>
      <header className={css['head']}>
        <div className={css['titles']}>
          <h2 id={id}>{title}</h2>
          {hint === undefined ? null : <p className={css['hint']}>{hint}</p>}
        </div>
        {actions === undefined ? null : <div className={css['actions']}>{actions}</div>}
      </header>
      <div className={flush ? css['flush'] : css['body']}>{children}</div>
    </section>
  )
}
