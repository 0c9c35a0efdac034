import { useRouter } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, MouseEvent } from 'react'
import { useProject } from './project.tsx'

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** A path of this page, as `places.ts` makes it; the project is added. */
  to: string
}

/** A link inside the page: followed without a reload, and a true link for the mouse's other buttons. */
export function Anchor({ to, onClick, ...rest }: AnchorProps) {
  const router = useRouter()
  const href = useHref(to)
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || event.button !== 0 || rest.target !== undefined) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    router.history.push(href)
  }
  return <a {...rest} href={href} onClick={follow} />
}

/** The address of a place within the chosen project. */
export function useHref(to: string): string {
  return withProject(to, useProject())
}

/** Goes to a place of this page by program: after a form was sent, on a key. */
export function useGo(): (to: string) => void {
  const router = useRouter()
  const project = useProject()
  return (to) => router.history.push(withProject(to, project))
}

function withProject(to: string, project: string): string {
  return `${to}${to.includes('?') ? '&' : '?'}project=${encodeURIComponent(project)}`
}
