import { Button, Modal, PasswordInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { type Client, createClient } from '#client/client'
import { Command } from '../parts/copyable.tsx'
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

/** Asks for a token when the server wants to know who is there. The tab forgets it when closed. */
export function SignIn() {
  const [token, setToken] = useState('')
  const rejected = sessionToken() !== null
  const send = (event: FormEvent) => {
    event.preventDefault()
    signIn(token.trim())
  }
  return (
    <Modal opened onClose={() => {}} withCloseButton={false} title="Sign in to Gyre">
      <form onSubmit={send} className="stack">
        <p className="quiet">
          This server asks for a token. The first start printed one for the administrator; more are
          made with:
        </p>
        <Command>gyre token create NAME --role viewer</Command>
        <PasswordInput
          label="Token"
          data-autofocus
          value={token}
          error={rejected ? 'The server did not accept the last token.' : undefined}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <Button type="submit" disabled={token.trim() === ''}>
          Sign in
        </Button>
      </form>
    </Modal>
  )
}
