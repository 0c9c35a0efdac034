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
import { grantsText } from './grants-text.ts'
import { NewUser } from './new-user.tsx'

type User = Awaited<ReturnType<Client['access']['listUsers']>>['items'][number]

/** People who sign in with a name and a password, here and with tools such as mlflow. */
export function UsersSection() {
  const [making, setMaking] = useState(false)
  const users = useRead(['access', 'users'], (client) => client.access.listUsers(), {
    watch: ['user'],
  })
  const remove = useAct((client, user: string) => client.access.removeUser({ params: { user } }))
  return (
    <>
      <Section
        title="Users"
        hint="People who sign in with a name and a password, here and with their tools"
        flush
        actions={
          <Button size="compact-sm" onClick={() => setMaking(true)}>
            New user
          </Button>
        }
      >
        <Loaded query={users}>
          {({ items }) => (
            <DataTable
              label="Users"
              rows={items}
              rowKey={({ name }) => name}
              empty={
                <Empty
                  icon="settings"
                  title="No user yet"
                  commands={['gyre user add alice --role editor']}
                >
                  On this machine none is needed. Others sign in as one.
                </Empty>
              }
              columns={[
                { id: 'name', header: 'Name', cell: ({ name }) => name },
                { id: 'rights', header: 'Rights', cell: rightsOf },
                { id: 'made', header: 'Made', cell: madeOf },
                {
                  id: 'remove',
                  header: <span className="visually-hidden">Remove</span>,
                  align: 'end',
                  cell: ({ name }) => (
                    <Button
                      size="compact-xs"
                      variant="default"
                      aria-label={`Remove ${name}`}
                      onClick={() => {
                        if (confirm(`Remove the user ${name}?`)) remove.mutate(name)
                      }}
                    >
                      Remove
                    </Button>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
      </Section>
      <FailureLine error={remove.error} />
      <NewUser opened={making} close={() => setMaking(false)} />
    </>
  )
}

function rightsOf({ isAdmin, grants }: User) {
  if (isAdmin) return 'admin: everything'
  return grantsText(grants) || <span className="faint">none yet</span>
}

function madeOf({ createdAt, createdBy }: User) {
  return (
    <>
      <Instant at={createdAt} /> <span className="quiet">by {createdBy}</span>
    </>
  )
}
