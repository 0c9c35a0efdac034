import { type MouseEvent, useState } from 'react'
import { FailureLine } from './failure.tsx'
import { sessionToken } from './session.ts'

/** A file of the server. A plain link, unless the tab has a token, which links do not send. */
export function DownloadLink({
  address,
  name,
  text = 'Download',
}: {
  address: string
  name: string
  text?: string
}) {
  const [error, setError] = useState<unknown>(undefined)
  const follow = (event: MouseEvent) => {
    const token = sessionToken()
    if (token === null) return
    event.preventDefault()
    setError(undefined)
    save(address, name, token).catch(setError)
  }
  return (
    <>
      <a href={address} download={name} aria-label={`${text} ${name}`} onClick={follow}>
        {text}
      </a>
      <FailureLine error={error} />
    </>
  )
}

async function save(address: string, name: string, token: string): Promise<void> {
  const answer = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
  if (!answer.ok) throw new Error(`The server answered with status ${answer.status}.`)
  const content = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = content
  link.download = name
  link.click()
  URL.revokeObjectURL(content)
}
