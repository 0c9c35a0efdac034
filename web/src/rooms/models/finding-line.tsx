import { IntervalPlot } from '../../parts/interval-plot.tsx'
import { StatusShape } from '../../parts/status.tsx'
import { plotOfFinding } from './finding-plot.ts'
import css from './gate-evidence.module.css'
import type { GateFinding } from './model-reads.ts'

/** One check of the gate: what was found, against what was asked. */
export function FindingLine({ finding }: { finding: GateFinding }) {
  const plot = plotOfFinding(finding)
  return (
    <li className={css['finding']} data-passed={finding.passed}>
      <span className={css['check']}>
        <StatusShape tone={finding.passed ? 'good' : 'bad'} size={14} />
        <span className="visually-hidden">{finding.passed ? 'passed: ' : 'failed: '}</span>
        {finding.check.replaceAll('-', ' ')}
      </span>
      <span>{finding.text}</span>
      <span className={css['plot']}>
        {plot === undefined ? null : (
          <IntervalPlot {...plot} label={finding.check} tone={finding.passed ? 'good' : 'bad'} />
        )}
      </span>
    </li>
  )
}
