import { Loaded } from '../../parts/loaded.tsx'
import { useProject } from '../../parts/project.tsx'
import { useMay } from '../../parts/rights.ts'
import { Section } from '../../parts/section.tsx'
import { RemoteAddress } from './remote-address.tsx'
import { useProblems, useRemotes } from './remote-reads.ts'
import { ProblemTable } from './remote-problems.tsx'
import { RemoteSections } from './remote-sections.tsx'

/** Each DVC remote: its address, who was there, what waits, what went wrong. */
export function RemotesTab() {
  const project = useProject()
  const remotes = useRemotes()
  const may = useMay('editor')
  const problems = useProblems(may)
  return (
    <Loaded query={remotes}>
      {({ items }) => {
        const names = items.map(({ repo }) => repo)
        // Whoever was refused at a remote that is not there yet must be seen as well.
        const strangers = (problems.data?.items ?? []).filter(({ repo }) => !names.includes(repo))
        return (
          <>
            {items.length === 0 ? (
              <Section
                title="No remote yet"
                hint="The first push to this address makes it; its project is this one"
              >
                <RemoteAddress repo={project} />
              </Section>
            ) : null}
            {items.map((remote) => (
              <RemoteSections
                key={remote.repo}
                remote={remote}
                problems={(problems.data?.items ?? []).filter(({ repo }) => repo === remote.repo)}
              />
            ))}
            {strangers.length === 0 ? null : (
              <Section title="Refused at other addresses" flush>
                <ProblemTable problems={strangers} />
              </Section>
            )}
          </>
        )
      }}
    </Loaded>
  )
}
