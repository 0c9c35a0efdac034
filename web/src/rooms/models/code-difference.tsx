import { Digest, Snippet } from '../../parts/copyable.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { type CodeComparison, useCodeComparison } from './model-reads.ts'

/** What changed in the code between two versions, where the server has the repository. */
export function CodeDifference({
  model,
  left,
  right,
}: {
  model: string
  left: string
  right: string
}) {
  const code = useCodeComparison(model, left, right)
  return (
    <Loaded query={code}>
      {(data) => (
        <Section
          title="Code"
          hint={
            <span className="row">
              <Commit value={data.commits.left} /> → <Commit value={data.commits.right} />
            </span>
          }
        >
          <CodeView code={data} />
        </Section>
      )}
    </Loaded>
  )
}

function CodeView({ code }: { code: CodeComparison }) {
  return (
    <div className="stack-tight">
      <p className="quiet">{code.reason}</p>
      {code.files.length === 0 ? null : (
        <DataTable
          label="Files of the code that changed"
          rows={code.files}
          rowKey={({ path }) => path}
          columns={[
            { id: 'path', header: 'Path', cell: ({ path }) => <code>{path}</code> },
            { id: 'added', header: '+', align: 'end', cell: ({ added }) => added ?? 'binary' },
            { id: 'removed', header: '−', align: 'end', cell: ({ removed }) => removed ?? '' },
          ]}
        />
      )}
      {code.diff === '' ? null : (
        <Snippet label="Difference of the code">
          {code.isCut ? `${code.diff}\n… cut off here` : code.diff}
        </Snippet>
      )}
    </div>
  )
}

function Commit({ value }: { value: string | null }) {
  return value === null ? 'not recorded' : <Digest value={value} />
}
