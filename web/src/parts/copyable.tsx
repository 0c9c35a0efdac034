import { useEffect, useState } from 'react'
import css from './copyable.module.css'
import { Icon } from './icon.tsx'

/** A command or id in its own line, with a button that copies it. */
export function Command({ children }: { children: string }) {
  return (
    <div className={css['command']}>
      <code className={css['text']}>{children}</code>
      <CopyButton text={children} />
    </div>
  )
}

/** A longer text (a request, a snippet) that keeps its lines. */
export function Snippet({ children, label }: { children: string; label: string }) {
  return (
    <div className={css['snippet']}>
      <pre tabIndex={0} role="group" aria-label={label}>
        {children}
      </pre>
      <CopyButton text={children} />
    </div>
  )
}

/** An id or digest in the text, short, copied as a whole. */
export function Digest({ value, length = 12 }: { value: string; length?: number }) {
  return (
    <span className={css['digest']}>
      <code title={value}>{value.slice(0, length)}</code>
      <CopyButton text={value} small />
    </span>
  )
}

export function CopyButton({ text, small = false }: { text: string; small?: boolean }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1500)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <button
      type="button"
      className={`${css['button']} ${small ? css['small'] : ''}`}
      aria-label={copied ? 'Copied' : 'Copy'}
      title={copied ? 'Copied' : 'Copy'}
      onClick={() => void copy(text).then(setCopied)}
    >
      <Icon name={copied ? 'check' : 'copy'} size={small ? 12 : 14} />
    </button>
  )
}

/** Browsers offer the clipboard only to secure pages; elsewhere the older way still works. */
async function copy(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text)
    return true
  }
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}
