import { Button, Modal, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useAct } from '../../parts/client.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { useProject } from '../../parts/project.tsx'
import { type Rights, RightsFields } from './rights-fields.tsx'

interface Wish extends Rights {
  name: string
  password: string
}

const nothing: Wish = { name: '', password: '', role: 'editor', everywhere: false }

/** Makes a user with a first password, which they can change. */
export function NewUser({ opened, close }: { opened: boolean; close: () => void }) {
  const project = useProject()
  const [wish, setWish] = useState<Wish>(nothing)
  const create = useAct((client, { name, password, role, everywhere }: Wish) =>
    client.access.createUser({
      body: { name, password, grants: [{ role, project: everywhere ? '*' : project }] },
    }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate(wish, {
      onSuccess: () => {
        setWish(nothing)
        close()
      },
    })
  }
  return (
    <Modal opened={opened} onClose={close} title="New user">
      <form onSubmit={submit} className="stack">
        <TextInput
          label="Name"
          description="Stands in the journal as user:NAME"
          data-autofocus
          autoComplete="off"
          value={wish.name}
          onChange={(event) => setWish({ ...wish, name: event.currentTarget.value })}
        />
        <PasswordInput
          label="First password"
          description="At least 12 characters"
          autoComplete="new-password"
          value={wish.password}
          onChange={(event) => setWish({ ...wish, password: event.currentTarget.value })}
        />
        <RightsFields wish={wish} setWish={setWish} project={project} />
        <FailureLine error={create.error} />
        <Button
          type="submit"
          loading={create.isPending}
          disabled={wish.name.trim() === '' || wish.password.length < 12}
        >
          Create the user
        </Button>
      </form>
    </Modal>
  )
}
