import { Fragment, type ReactNode, useEffect } from 'react'
import { Anchor } from './anchor.tsx'
import css from './page.module.css'

export interface Crumb {
  to: string
  label: string
}

interface PageProps {
  /** Also the title of the browser's tab. */
  title: string
  /** What stands beside the heading: a status, an alias. */
  beside?: ReactNode
  crumbs?: readonly Crumb[]
  /** A line of facts under the heading. */
  facts?: ReactNode
  actions?: ReactNode
  tabs?: ReactNode
  children: ReactNode
}

/** The frame of every page: where one is, what it is, what one can do. */
export function Page(props: PageProps) {
  const { title, crumbs = [] } = props
  useEffect(() => {
    document.title = `${[title, ...crumbs.map(({ label }) => label).toReversed()].join(' · ')} – Gyre`
  })
  return (
    <div className={css['page']}>
      <header className={css['head']}>
        {crumbs.length === 0 ? null : <Crumbs crumbs={crumbs} />}
        <div className={css['line']}>
          <h1 className={css['title']}>{title}</h1>
          {props.beside}
          {props.actions === undefined ? null : (
            <div className={css['actions']}>{props.actions}</div>
          )}
        </div>
        {props.facts === undefined ? null : <div className={css['facts']}>{props.facts}</div>}
        {props.tabs}
      </header>
      <div className={css['body']}>{props.children}</div>
    </div>
  )
}

function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Breadcrumb" className={css['crumbs']}>
      {crumbs.map((crumb, index) => (
        <Fragment key={crumb.to}>
          {index === 0 ? null : <span aria-hidden="true">/</span>}
          <Anchor to={crumb.to}>{crumb.label}</Anchor>
        </Fragment>
      ))}
    </nav>
  )
}
