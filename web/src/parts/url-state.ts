import { useLocation, useRouter } from '@tanstack/react-router'
import { useCallback } from 'react'

/** What stands in the address after `?`, as texts. */
export function useUrlTexts(): Readonly<Record<string, string>> {
  return useLocation({ select: (location) => location.search as Record<string, string> })
}

/** One text kept in the address: a filter, a tab, a choice. The fallback is never written. */
export function useUrlText(name: string, fallback = ''): [string, (value: string) => void] {
  const value = useUrlTexts()[name]
  const router = useRouter()
  const set = useCallback(
    (next: string) => {
      const { pathname, search } = router.state.location
      const kept = withTexts(search as Record<string, string>, {
        [name]: next === fallback ? '' : next,
      })
      router.history.replace(`${pathname}${kept}`)
    },
    [router, name, fallback],
  )
  return [value ?? fallback, set]
}

/** A list kept in the address, joined by commas. */
export function useUrlList(name: string): [readonly string[], (values: readonly string[]) => void] {
  const [text, set] = useUrlText(name)
  const setList = useCallback(
    (values: readonly string[]) => set(values.map(encodeURIComponent).join(',')),
    [set],
  )
  return [text === '' ? [] : text.split(',').map(decodeURIComponent), setList]
}

/** Makes the path of this page with other texts after `?`; an empty text is left out. */
export function useUrlWith(): (texts: Record<string, string>) => string {
  const { pathname, search } = useLocation()
  return (texts) => {
    const { project: _, ...kept } = search as Record<string, string>
    return `${pathname}${withTexts(kept, texts)}`
  }
}

function withTexts(search: Record<string, string>, texts: Record<string, string>): string {
  const entries = Object.entries({ ...search, ...texts }).filter(([, value]) => value !== '')
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`
}
