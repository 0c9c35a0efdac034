import { Button, Modal, PasswordInput, SegmentedControl, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { type Client, createClient } from '#client/client'
import { Command } from '../parts/copyable.tsx'
import { FailureLine } from '../parts/failure.tsx'
import { sessionToken, signIn } from '../parts/session.ts'

/** The client of this page's own server, with the token of this browser tab if one was given. */
export function createPageClient(fetchWatched: typeof fetch): Client {
  const token = sessionToken()
  return createClient({
    url: '',
    fetch: fetchWatched,
    ...(token === null ? {} : { token }),
    unreachable: 'The server does not answer. It may be starting or stopped: check gyre serve.',
  })
}

/** Asks who is there when the server wants to know. The tab forgets it when closed. */
export function SignIn() {
  // A token that was refused is asked for again, with the reason.
  const [way, setWay] = useState(sessionToken() === null ? 'user' : 'token')
  return (
    <Modal opened onClose={() => {}} withCloseButton={false} title="Sign in to Gyre">
      <div className="stack">
        <SegmentedControl
          fullWidth
          aria-label="How to sign in"
          value={way}
          onChange={setWay}
          data={[
            { value: 'user', label: 'Name and password' },
            { value: 'token', label: 'Token' },
          ]}
        />
        {way === 'user' ? <UserForm /> : <TokenForm />}
      </div>
    </Modal>
  )
}

function UserForm() {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [failure, setFailure] = useState<unknown>(null)
  const send = (event: FormEvent) => {
    event.preventDefault()
    createClient({ url: '' })
      .access.signIn({ body: { name, password } })
      .then(({ secret }) => signIn(secret), setFailure)
  }
  return (
    <form onSubmit={send} className="stack">
      <TextInput
        label="Name"
        data-autofocus
        autoComplete="username"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <FailureLine error={failure} />
      <Button type="submit" disabled={name === '' || password === ''}>
        Sign in
      </Button>
    </form>
  )
}

function TokenForm() {
  const [token, setToken] = useState('')
  const rejected = sessionToken() !== null
  const send = (event: FormEvent) => {
    event.preventDefault()
    signIn(token.trim())
  }
  return (
    <form onSubmit={send} className="stack">
      <p className="quiet">
        The first start printed a token for the administrator; more are made with:
      </p>
      <Command>gyre token create NAME --role viewer</Command>
      <PasswordInput
        label="Token"
        value={token}
        error={rejected ? 'The server did not accept the last token.' : undefined}
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <Button type="submit" disabled={token.trim() === ''}>
        Sign in
      </Button>
    </form>
  )
}
