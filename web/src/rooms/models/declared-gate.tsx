import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Section } from '../../parts/section.tsx'
import { termText } from '../../parts/number-text.ts'
import type { Model } from './model-reads.ts'

/** What a version must show before it may be champion. */
export function DeclaredGate({ model }: { model: Model }) {
  return (
    <Section title="Gate" hint="Every check must pass" flush>
      <DataTable
        label="Checks of the gate"
        rows={model.gate}
        rowKey={(check) => JSON.stringify(check)}
        empty={
          <Empty
            icon="models"
            title="No gate: every version may become champion"
            commands={['gyre plan', 'gyre apply']}
          >
            Declare checks under <code>models: {model.name}: gate:</code> in <code>gyre.yaml</code>.
          </Empty>
        }
        columns={[
          {
            id: 'check',
            header: 'Check',
            cell: ({ check }) => <b>{check.replaceAll('-', ' ')}</b>,
          },
          { id: 'terms', header: 'Terms', cell: termsOf },
        ]}
      />
    </Section>
  )
}

function termsOf({ check: _, ...terms }: Model['gate'][number]) {
  const words = Object.entries(terms).map(([name, value]) => {
    const text = typeof value === 'number' ? termText(value) : String(value)
    return `${name.replaceAll('_', ' ')} ${text.replaceAll('_', ' ')}`
  })
  return words.length === 0 ? <span className="faint">–</span> : words.join(', ')
}
