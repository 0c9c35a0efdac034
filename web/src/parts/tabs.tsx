import { Anchor } from './anchor.tsx'
import css from './tabs.module.css'
import { useUrlText, useUrlWith } from './url-state.ts'

export interface Tab {
  id: string
  label: string
  count?: number | undefined
}

/** The parts of a page. Each has its own address, so that a link leads to the very part. */
export function Tabs({ tabs, label }: { tabs: readonly Tab[]; label: string }) {
  const [chosen] = useUrlText('tab', tabs[0]?.id ?? '')
  const withTab = useUrlWith()
  return (
    <nav aria-label={label} className={css['tabs']}>
      {tabs.map((tab) => (
        <Anchor
          key={tab.id}
          to={withTab({ tab: tab.id === tabs[0]?.id ? '' : tab.id })}
          className={css['tab']}
          aria-current={tab.id === chosen ? 'page' : undefined}
        >
          {tab.label}
          {tab.count === undefined ? null : <span className={css['count']}>{tab.count}</span>}
        </Anchor>
      ))}
    </nav>
  )
}

/** The chosen tab's id; the first one when the address names none that there is. */
export function useTab(tabs: readonly Tab[]): string {
  const first = tabs[0]?.id ?? ''
  const [chosen] = useUrlText('tab', first)
  return tabs.some(({ id }) => id === chosen) ? chosen : first
}
