import { Button, NumberInput, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useAct } from '../../parts/client.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Failure } from '../../parts/failure.tsx'
import { metricText } from '../../parts/number-text.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import type { FeatureService, Lookup } from './feature-reads.ts'
import css from './try-lookup.module.css'

interface Field {
  name: string
  type: FeatureService['request'][number]['type']
}

/** The features of one request, as the endpoint would see them. */
export function TryLookup({ service }: { service: FeatureService }) {
  const project = useProject()
  const fields = fieldsOf(service)
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const lookup = useAct((client) =>
    client.features.lookup({
      params: { project, service: service.name },
      body: {
        columns: Object.fromEntries(
          fields.map(({ name, type }) => [name, [cellOf(type, values[name] ?? '')]]),
        ),
      },
    }),
  )
  const send = (event: FormEvent) => {
    event.preventDefault()
    lookup.mutate(undefined)
  }
  return (
    <div className="columns">
      <Section title="Request">
        <form onSubmit={send} className={css['form']}>
          {fields.map((field) => (
            <LookupField
              key={field.name}
              field={field}
              value={values[field.name] ?? ''}
              onChange={(value) => setValues({ ...values, [field.name]: value })}
            />
          ))}
          <div>
            <Button type="submit" loading={lookup.isPending}>
              Look up
            </Button>
          </div>
        </form>
      </Section>
      <Section title="Features" flush>
        {lookup.error === null ? <Answer answer={lookup.data} /> : <Failure error={lookup.error} />}
      </Section>
    </div>
  )
}

function LookupField(props: { field: Field; value: string; onChange: (value: string) => void }) {
  const { field, value, onChange } = props
  if (field.type === 'number') {
    return (
      <NumberInput
        label={field.name}
        hideControls
        value={value}
        onChange={(next) => onChange(String(next))}
      />
    )
  }
  return (
    <TextInput
      label={field.name}
      type={field.type === 'timestamp' ? 'datetime-local' : 'text'}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

function Answer({ answer }: { answer: Lookup | undefined }) {
  if (answer === undefined) return <p className={css['hint']}>The values show here.</p>
  return (
    <DataTable
      label="Features found"
      rows={answer.features}
      rowKey={(name) => name}
      columns={[
        { id: 'name', header: 'Feature', cell: (name) => name },
        { id: 'value', header: 'Value', align: 'end', cell: (name) => valueOf(answer, name) },
      ]}
    />
  )
}

function valueOf(answer: Lookup, name: string) {
  const value = answer.columns[name]?.[0]
  return value === null || value === undefined ? (
    <span className="faint">not known</span>
  ) : (
    metricText(value)
  )
}

/** Keys are texts; the request's own columns have their types. */
function fieldsOf(service: FeatureService): Field[] {
  const request = service.request.map(({ name, type }) => ({ name, type }))
  const keys = service.keys
    .filter((key) => request.every(({ name }) => name !== key))
    .map((name): Field => ({ name, type: 'string' }))
  return [...keys, ...request]
}

function cellOf(type: Field['type'], text: string): string | number | boolean | null {
  if (text === '') return null
  if (type === 'number') return Number(text)
  if (type === 'boolean') return text === 'true'
  return type === 'timestamp' ? `${text}:00Z` : text
}
