import { Button, Modal, Select, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useAct } from '../../parts/client.tsx'
import { Command } from '../../parts/copyable.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { useProject } from '../../parts/project.tsx'
import { type Rights, RightsFields } from './rights-fields.tsx'

const lives = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'a year' },
  { value: '', label: 'for ever' },
]

interface Wish extends Rights {
  name: string
  days: string
}

/** Makes a token. Its secret is shown once, here, and is nowhere afterwards. */
export function NewToken({ opened, close }: { opened: boolean; close: () => void }) {
  const project = useProject()
  const [wish, setWish] = useState<Wish>({
    name: '',
    role: 'editor',
    everywhere: false,
    days: '90',
  })
  const create = useAct((client, { name, role, everywhere, days }: Wish) =>
    client.access.createToken({
      body: {
        name,
        grants: [{ role, project: everywhere ? '*' : project }],
        ...(days === '' ? {} : { expiresAt: Date.now() + Number(days) * 86_400_000 }),
      },
    }),
  )
  const finish = () => {
    create.reset()
    close()
  }
  return (
    <Modal opened={opened} onClose={finish} title="New service token">
      {create.data === undefined ? (
        <TokenForm
          wish={wish}
          setWish={setWish}
          project={project}
          busy={create.isPending}
          error={create.error}
          send={() => create.mutate(wish)}
        />
      ) : (
        <div className="stack">
          <p>
            The secret of <b>{create.data.token.name}</b>. Copy it now: it is stored only as a
            digest and cannot be shown again.
          </p>
          <Command>{create.data.secret}</Command>
          <Button onClick={finish}>I have copied it</Button>
        </div>
      )}
    </Modal>
  )
}

interface TokenFormProps {
  wish: Wish
  setWish: (wish: Wish) => void
  project: string
  busy: boolean
  error: unknown
  send: () => void
}

function TokenForm({ wish, setWish, project, busy, error, send }: TokenFormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send()
  }
  return (
    <form onSubmit={submit} className="stack">
      <TextInput
        label="Name"
        description="Stands in the journal as token:NAME"
        data-autofocus
        value={wish.name}
        onChange={(event) => setWish({ ...wish, name: event.currentTarget.value })}
      />
      <RightsFields wish={wish} setWish={setWish} project={project} />
      <Select
        label="Valid"
        allowDeselect={false}
        data={lives}
        value={wish.days}
        onChange={(value) => setWish({ ...wish, days: value ?? '' })}
      />
      <FailureLine error={error} />
      <Button type="submit" loading={busy} disabled={wish.name.trim() === ''}>
        Make the token
      </Button>
    </form>
  )
}
