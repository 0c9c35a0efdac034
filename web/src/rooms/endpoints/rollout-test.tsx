import { IntervalPlot } from '../../parts/interval-plot.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { metricName } from '../../parts/metric-name.ts'
import { countText, metricText, percentText, termText } from '../../parts/number-text.ts'
import { Status } from '../../parts/status.tsx'
import type { ReleaseGuard, Rollout } from './endpoint-reads.ts'
import css from './rollout-test.module.css'

const verdicts = {
  continue: { tone: 'waiting', text: 'not decided yet' },
  'better-or-equal': { tone: 'good', text: 'better or equal' },
  worse: { tone: 'bad', text: 'worse' },
} as const

/** The last look at live results: the anytime-valid interval against the tolerance, and the guards. */
export function RolloutTest({ rollout }: { rollout: Rollout }) {
  const { test } = rollout
  return (
    <div className={css['pair']}>
      <div>
        <h3>Live results</h3>
        {test === null ? (
          <p className="quiet">Nothing is compared yet: labels of both versions are needed.</p>
        ) : (
          <TestNumbers test={test} />
        )}
      </div>
      <div>
        <h3>Guards</h3>
        {rollout.guards.length === 0 ? (
          <p className="quiet">They are read once the canary gets traffic.</p>
        ) : (
          <ul className={css['guards']}>
            {rollout.guards.map((guard) => (
              <GuardLine key={guard.guard} guard={guard} />
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}

function TestNumbers({ test }: { test: NonNullable<Rollout['test']> }) {
  const verdict = verdicts[test.verdict]
  return (
    <>
      <KeyValues
        items={[
          [
            `Canary’s ${metricName(test.metric)}`,
            `${metricText(test.canary.mean)} on ${countText(test.canary.rows)} rows`,
          ],
          [
            'Champion',
            `${metricText(test.champion.mean)} on ${countText(test.champion.rows)} rows`,
          ],
          ['Chance of error', `${percentText(test.alpha, 2)} in this step, at every look together`],
          [
            'Verdict',
            <Status key="verdict" state={test.verdict} tone={verdict.tone} plain>
              {verdict.text}
            </Status>,
          ],
        ]}
      />
      {test.estimate === null ? null : (
        <figure className={css['interval']}>
          <figcaption className="quiet">
            Canary minus champion; tolerated up to {termText(test.tolerance)}
          </figcaption>
          <IntervalPlot
            label="Difference of the loss"
            value={test.estimate}
            low={test.lower ?? undefined}
            high={test.upper ?? undefined}
            threshold={test.tolerance}
            good="below"
            tone={test.verdict === 'worse' ? 'bad' : test.verdict === 'continue' ? 'plain' : 'good'}
          />
        </figure>
      )}
    </>
  )
}

function GuardLine({ guard }: { guard: ReleaseGuard }) {
  return (
    <li className={css['guard']}>
      <Status state={guard.guard} tone={guard.ok ? 'good' : 'bad'} plain />
      <span className="quiet">{guard.text}</span>
    </li>
  )
}
