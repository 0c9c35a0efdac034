import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Client } from '#client/client'
import { useAct, useRead } from '../../parts/client.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { grantsText } from './grants-text.ts'
import { NewToken } from './new-token.tsx'

type ServiceToken = Awaited<ReturnType<Client['access']['listTokens']>>['items'][number]

/** Who else may speak to the server: service tokens. */
export function TokensSection() {
  const [making, setMaking] = useState(false)
  const tokens = useRead(['access', 'tokens'], (client) => client.access.listTokens(), {
    watch: ['token'],
  })
  const revoke = useAct((client, token: string) => client.access.revokeToken({ params: { token } }))
  return (
    <>
      <Section
        title="Service tokens"
        hint="For clients, pipelines and people without a login"
        flush
        actions={
          <Button size="compact-sm" onClick={() => setMaking(true)}>
            New token
          </Button>
        }
      >
        <Loaded query={tokens}>
          {({ items }) => (
            <DataTable
              label="Service tokens"
              rows={items}
              rowKey={({ id }) => id}
              empty={
                <Empty
                  icon="settings"
                  title="No token yet"
                  commands={['gyre token create ci --role editor']}
                >
                  On this machine none is needed. Others need one each.
                </Empty>
              }
              columns={[
                { id: 'name', header: 'Name', cell: ({ name }) => name },
                { id: 'state', header: 'State', cell: stateOf },
                { id: 'grants', header: 'Rights', cell: ({ grants }) => grantsText(grants) },
                { id: 'made', header: 'Made', cell: madeOf },
                { id: 'expires', header: 'Expires', cell: expiryOf },
                {
                  id: 'revoke',
                  header: <span className="visually-hidden">Revoke</span>,
                  align: 'end',
                  cell: ({ id, name, revokedAt }) =>
                    revokedAt === null ? (
                      <Button
                        size="compact-xs"
                        variant="default"
                        aria-label={`Revoke ${name}`}
                        onClick={() => revoke.mutate(id)}
                      >
                        Revoke
                      </Button>
                    ) : null,
                },
              ]}
            />
          )}
        </Loaded>
      </Section>
      <FailureLine error={revoke.error} />
      <NewToken opened={making} close={() => setMaking(false)} />
    </>
  )
}

function stateOf({ revokedAt, expiresAt }: ServiceToken) {
  if (revokedAt !== null) return <Status state="revoked" tone="off" plain />
  if (expiresAt !== null && expiresAt < Date.now()) return <Status state="expired" plain />
  return <Status state="valid" plain />
}

function madeOf({ createdAt, createdBy }: ServiceToken) {
  return (
    <>
      <Instant at={createdAt} /> <span className="quiet">by {createdBy}</span>
    </>
  )
}

function expiryOf({ expiresAt }: ServiceToken) {
  return expiresAt === null ? <span className="faint">never</span> : <Instant at={expiresAt} />
}
