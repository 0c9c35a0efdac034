import { Digest } from '../../parts/copyable.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { metricText } from '../../parts/number-text.ts'
import type { PredictAnswer } from './endpoint-reads.ts'
import css from './try-it.module.css'

/** What the endpoint said. */
export function TryAnswer({ answer }: { answer: PredictAnswer | undefined }) {
  if (answer === undefined) {
    return (
      <div className={css['answer']}>
        <p className="quiet">The prediction shows here, with the version that made it.</p>
      </div>
    )
  }
  const [first] = answer.predictions
  const values = Array.isArray(first) ? first : [first]
  return (
    <div className={css['answer']} aria-live="polite">
      <p className={css['value']}>{values.map((value) => metricText(value)).join(', ')}</p>
      <KeyValues
        items={[
          [
            'Version',
            answer.version === null ? 'several' : `v${answer.version} ${answer.variant ?? ''}`,
          ],
          ['Id', <Digest key="id" value={answer.ids[0] ?? ''} length={36} />],
        ]}
      />
    </div>
  )
}
