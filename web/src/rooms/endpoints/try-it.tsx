import { Button, NumberInput, Select, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useAct } from '../../parts/client.tsx'
import { Snippet } from '../../parts/copyable.tsx'
import { Failure } from '../../parts/failure.tsx'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import type { EndpointDetail, InputColumn } from './endpoint-reads.ts'
import { TryAnswer } from './try-answer.tsx'
import css from './try-it.module.css'
import { curlText, rowOf, startValues } from './try-request.ts'

/** A form made from what the endpoint asks for; it sends a real prediction. */
export function TryIt({ endpoint }: { endpoint: EndpointDetail }) {
  const project = useProject()
  const [values, setValues] = useState(() => startValues(endpoint.input))
  const row = rowOf(endpoint.input, values)
  const predict = useAct((client) =>
    client.deployments.predict({
      params: { project, endpoint: endpoint.name },
      body: { rows: [row] },
    }),
  )
  const send = (event: FormEvent) => {
    event.preventDefault()
    predict.mutate(undefined)
  }
  return (
    <div className="columns">
      <Section title="Request" hint="One row; it is answered and logged like any other">
        <form onSubmit={send} className={css['form']}>
          {endpoint.input.map((column) => (
            <InputField
              key={column.name}
              column={column}
              value={values[column.name] ?? ''}
              onChange={(value) => setValues({ ...values, [column.name]: value })}
            />
          ))}
          <div className={css['send']}>
            <Button type="submit" loading={predict.isPending} disabled={endpoint.champion === null}>
              Predict
            </Button>
            {endpoint.champion === null ? (
              <span className="quiet">No version serves yet.</span>
            ) : null}
          </div>
        </form>
      </Section>
      <div className="stack">
        <Section title="Answer">
          {predict.error === null ? (
            <TryAnswer answer={predict.data} />
          ) : (
            <Failure error={predict.error} />
          )}
        </Section>
        <Section title="The same from a shell">
          <Snippet label="curl command">{curlText(project, endpoint.name, row)}</Snippet>
        </Section>
      </div>
    </div>
  )
}

interface InputFieldProps {
  column: InputColumn
  value: string
  onChange: (value: string) => void
}

const hints: Record<InputColumn['kind'], string> = {
  key: 'names the entity that features are looked up for',
  request: 'given with the request',
  feature: 'a feature value',
}

function InputField({ column, value, onChange }: InputFieldProps) {
  const label = { label: column.name, description: hints[column.kind] }
  if (column.type === 'boolean') {
    return (
      <Select
        {...label}
        data={['true', 'false']}
        value={value}
        onChange={(next) => onChange(next ?? '')}
      />
    )
  }
  if (column.type === 'number') {
    return (
      <NumberInput
        {...label}
        value={value}
        onChange={(next) => onChange(String(next))}
        hideControls
      />
    )
  }
  return (
    <TextInput
      {...label}
      value={value}
      type={column.type === 'timestamp' ? 'datetime-local' : 'text'}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
