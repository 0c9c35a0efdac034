import { Outlet, useLocation, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useRead } from '../parts/client.tsx'
import { Failure } from '../parts/failure.tsx'
import { codeOf } from '../parts/failure-text.ts'
import { ProjectProvider } from '../parts/project.tsx'
import { useUrlTexts } from '../parts/url-state.ts'
import { CommandPalette } from './command-palette.tsx'
import { useLive } from './live.ts'
import { Navigation } from './navigation.tsx'
import css from './shell.module.css'
import { Shortcuts } from './shortcuts.tsx'
import { SignIn } from './sign-in.tsx'

const lastProject = 'gyre-project'

/** The frame around every page. It first finds out which project to show. */
export function Shell() {
  const projects = useRead(['access', 'projects'], (client) => client.access.listProjects(), {
    watch: ['project'],
  })
  const named = useUrlTexts()['project']
  const router = useRouter()
  const names = projects.data?.items.map(({ name }) => name)
  const fallback = names === undefined ? undefined : chooseProject(names)
  useEffect(() => {
    if (named !== undefined || fallback === undefined) return
    const { pathname, searchStr, hash } = router.state.location
    const search = new URLSearchParams(searchStr)
    search.set('project', fallback)
    router.history.replace(`${pathname}?${search.toString()}${hash === '' ? '' : `#${hash}`}`)
  }, [named, fallback, router])

  const shown = named ?? fallback
  if (codeOf(projects.error) === 'unauthenticated') return <SignIn />
  if (shown === undefined)
    return <Waiting error={projects.error} retry={() => void projects.refetch()} />
  return (
    <ProjectProvider value={shown}>
      <Frame project={shown} projects={names ?? [shown]} />
    </ProjectProvider>
  )
}

function Frame({ project, projects }: { project: string; projects: readonly string[] }) {
  useLive(project)
  useFocusOnNewPage()
  useEffect(() => localStorage.setItem(lastProject, project), [project])
  return (
    <div className={css['shell']}>
      <a href="#main" className={css['skip']}>
        Skip to the page
      </a>
      <Navigation project={project} projects={projects} />
      <main id="main" tabIndex={-1} className={css['main']}>
        <Outlet />
      </main>
      <Shortcuts />
      <CommandPalette />
    </div>
  )
}

function Waiting({ error, retry }: { error: unknown; retry: () => void }) {
  if (error === null)
    return <main className={css['waiting']} aria-busy="true" aria-label="Loading" />
  return (
    <main className={css['waiting']}>
      <Failure error={error} retry={retry} />
    </main>
  )
}

/** The one seen last, or the newest that is not the empty default. */
function chooseProject(names: readonly string[]): string {
  const last = localStorage.getItem(lastProject)
  if (last !== null && names.includes(last)) return last
  return names.findLast((name) => name !== 'default') ?? names[0] ?? 'default'
}

/** After a link was followed, reading goes on at the top of the new page. */
function useFocusOnNewPage(): void {
  const { pathname } = useLocation()
  useEffect(() => {
    if (document.activeElement === document.body) return
    document.getElementById('main')?.focus({ preventScroll: true })
  }, [pathname])
}
