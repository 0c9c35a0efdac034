import { Button } from '@mantine/core'
import type { Client } from '#client/client'
import { useAct, useRead } from '../../parts/client.tsx'
import { Command, Digest } from '../../parts/copyable.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Instant } from '../../parts/instant.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText } from '../../parts/number-text.ts'
import { grantsText } from './grants-text.ts'
import { sessionToken, signOut } from '../../parts/session.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'

/** What runs here, who one is, and whether the record is whole. */
export function ServerSection() {
  const server = useRead(['server', 'describe'], (client) => client.server.describe(), {
    watch: ['record'],
  })
  const self = useRead(['access', 'whoami'], (client) => client.access.whoami(), { watch: [] })
  return (
    <div className="columns">
      <Section title="Server">
        <Loaded query={server}>
          {(data) => (
            <KeyValues
              items={[
                ['Version', data.version],
                ['Roles', data.roles.join(', ')],
                ['Started', <Instant key="started" at={data.startedAt} />],
                ['Database', data.tables],
                [
                  'Authentication',
                  data.authentication === 'none' ? 'none: this machine only' : 'tokens and users',
                ],
                ['Journal', `${countText(data.journalSeq)} records`],
              ]}
            />
          )}
        </Loaded>
      </Section>
      <div className="stack">
        <Section
          title="You"
          actions={
            sessionToken() === null ? null : (
              <Button size="compact-sm" variant="default" onClick={signOut}>
                Sign out
              </Button>
            )
          }
        >
          <Loaded query={self} bones={<div style={{ height: 90 }} />}>
            {(data) => (
              <KeyValues
                items={[
                  ['Name', data.name],
                  ['Kind', data.kind],
                  ['Rights', grantsText(data.grants) || 'none'],
                ]}
              />
            )}
          </Loaded>
        </Section>
        <ChainSection />
        <Section title="Documents">
          <ul className="stack-tight">
            <li>
              <a href="/api/v1/openapi.json">OpenAPI document of this server</a>
            </li>
            <li>
              <a href="/metrics">Metrics for Prometheus</a>
            </li>
          </ul>
        </Section>
      </div>
    </div>
  )
}

type ChainReport = Awaited<ReturnType<Client['journal']['verify']>>

function ChainSection() {
  const verify = useAct((client) => client.journal.verify())
  return (
    <Section
      title="Chain of records"
      actions={
        <Button
          size="compact-sm"
          variant="default"
          loading={verify.isPending}
          onClick={() => verify.mutate(undefined)}
        >
          Verify now
        </Button>
      }
    >
      <div className="stack-tight">
        {verify.error === null ? null : <Failure error={verify.error} />}
        {verify.data === undefined ? (
          <p className="quiet">
            Each record holds the hash of the one before it. Without a server:
          </p>
        ) : (
          <ChainResult report={verify.data} />
        )}
        <Command>gyre doctor --journal</Command>
      </div>
    </Section>
  )
}

function ChainResult({ report }: { report: ChainReport }) {
  if (report.firstBroken === null) {
    return (
      <p className="row">
        <Status state="intact" tone="good" /> {countText(report.records)} records, head{' '}
        <Digest value={report.head} />
      </p>
    )
  }
  return (
    <p className="row">
      <Status state="broken" /> at record {report.firstBroken.seq}: {report.firstBroken.problem}
    </p>
  )
}
