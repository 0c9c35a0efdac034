import { DataTable } from '../../parts/data-table.tsx'
import { Instant } from '../../parts/instant.tsx'
import { countText } from '../../parts/number-text.ts'
import { Status } from '../../parts/status.tsx'
import type { RemoteProblem } from './remote-reads.ts'

const kinds: Readonly<Record<string, string>> = {
  unauthenticated: 'wrong or no credentials',
  forbidden: 'no right to do it',
  'not what its name says': 'damaged upload',
  failed: 'the server failed',
}

/** What was refused, as it was: `dvc` shows most of it as missing files. */
export function ProblemTable({ problems }: { problems: readonly RemoteProblem[] }) {
  return (
    <DataTable
      label="What was refused"
      rows={problems}
      rowKey={({ repo, kind, client }) => `${repo} ${kind} ${client}`}
      columns={[
        {
          id: 'kind',
          header: 'What',
          cell: ({ kind }) => (
            <Status state="failed" plain>
              {kinds[kind] ?? kind}
            </Status>
          ),
        },
        { id: 'repo', header: 'Remote', secondary: true, cell: ({ repo }) => repo },
        { id: 'client', header: 'Client', cell: ({ client }) => client },
        { id: 'count', header: 'Times', align: 'end', cell: ({ count }) => countText(count) },
        { id: 'last', header: 'Last', cell: ({ lastAt }) => <Instant at={lastAt} /> },
        { id: 'message', header: 'What it was told', prose: true, cell: ({ message }) => message },
      ]}
    />
  )
}
