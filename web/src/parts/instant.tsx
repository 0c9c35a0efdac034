import { createContext, type ReactNode, use, useEffect, useState } from 'react'
import { durationText } from './number-text.ts'
import { absoluteText, relativeText } from './time-text.ts'

const Now = createContext(0)

/** One clock for all relative times of the page. */
export function NowProvider({ children }: { children: ReactNode }) {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000)
    return () => clearInterval(timer)
  }, [])
  return <Now value={now}>{children}</Now>
}

/** Milliseconds, moving on every five seconds. */
export function useNow(): number {
  return use(Now)
}

/** A moment as `3 min ago`, with the exact time on hover and for machines. */
export function Instant({ at }: { at: number }) {
  const now = useNow()
  return (
    <time dateTime={new Date(at).toISOString()} title={absoluteText(at)} className="nowrap">
      {relativeText(at, Math.max(now, at < now + 5000 ? at : now))}
    </time>
  )
}

/** How long something took, or has taken so far. */
export function Took({ from, to }: { from: number; to: number | null | undefined }) {
  const now = useNow()
  return <span className="nowrap">{durationText(Math.max(0, (to ?? now) - from))}</span>
}
