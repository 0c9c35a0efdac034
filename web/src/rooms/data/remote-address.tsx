import { Snippet } from '../../parts/copyable.tsx'
import { useRead } from '../../parts/client.tsx'

/** What to run in a DVC repository so that it pushes here. */
export function RemoteAddress({ repo }: { repo: string }) {
  const server = useRead(['server', 'describe'], (client) => client.server.describe(), {
    watch: ['record'],
  })
  const address = `${location.origin}/dvc/${encodeURIComponent(repo)}`
  const lines = [`dvc remote add -d gyre ${address}`]
  if (server.data !== undefined && server.data.authentication !== 'none') {
    lines.push(
      'dvc remote modify gyre auth basic',
      'dvc remote modify --local gyre user token',
      'dvc remote modify --local gyre password <a service token>',
    )
  }
  lines.push('dvc push')
  return <Snippet label={`Commands that add the remote ${repo}`}>{lines.join('\n')}</Snippet>
}
