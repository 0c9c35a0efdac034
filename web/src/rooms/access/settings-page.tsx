import { Page } from '../../parts/page.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { ServerSection } from './server-section.tsx'
import { TokensSection } from './tokens-section.tsx'
import { UsersSection } from './users-section.tsx'

const tabs = [
  { id: 'server', label: 'Server' },
  { id: 'tokens', label: 'Tokens' },
  { id: 'users', label: 'Users' },
]

/** The server itself, and who may speak to it. */
export function SettingsPage() {
  const tab = useTab(tabs)
  return (
    <Page title="Settings" tabs={<Tabs tabs={tabs} label="Parts of the settings" />}>
      {tab === 'users' ? (
        <UsersSection />
      ) : tab === 'tokens' ? (
        <TokensSection />
      ) : (
        <ServerSection />
      )}
    </Page>
  )
}
