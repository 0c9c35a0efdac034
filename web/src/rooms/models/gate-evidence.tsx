import { BoneBlock } from '../../parts/bones.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { CalibrationPlot } from './calibration-plot.tsx'
import { EvaluationMetrics } from './evaluation-metrics.tsx'
import { FairnessTable } from './fairness-table.tsx'
import { FindingLine } from './finding-line.tsx'
import {
  type GateDecision,
  type ModelVersion,
  useEvaluation,
  useGateDecisions,
} from './model-reads.ts'
import { SliceTable } from './slice-table.tsx'
import css from './gate-evidence.module.css'

/** Why a version may serve or may not, with all the numbers that it was decided on. */
export function GateEvidence({ version }: { version: ModelVersion }) {
  const decisions = useGateDecisions(version.model, version.version)
  const evaluation = useEvaluation(version)
  return (
    <>
      <Loaded query={decisions} bones={<BoneBlock height={260} />}>
        {({ items }) => <Decisions version={version} decisions={items} />}
      </Loaded>
      {version.evaluatedAt === null ? null : (
        <Loaded query={evaluation} bones={<BoneBlock height={400} />}>
          {(data) => (
            <>
              <div className="columns">
                <div className="stack">
                  <EvaluationMetrics evaluation={data} />
                  {data.fairness.map((result) => (
                    <FairnessTable key={result.by} result={result} />
                  ))}
                </div>
                <Section title="Calibration" hint="What was predicted, and what came true">
                  <CalibrationPlot calibration={data.calibration} />
                </Section>
              </div>
              {data.slices.length === 0 ? null : <SliceTable evaluation={data} />}
            </>
          )}
        </Loaded>
      )}
    </>
  )
}

function Decisions({
  version,
  decisions,
}: {
  version: ModelVersion
  decisions: readonly GateDecision[]
}) {
  const [latest, ...older] = decisions
  if (latest === undefined) {
    return (
      <Empty
        icon="models"
        title="The gate has not decided yet"
        commands={[`gyre models gate ${version.model} ${version.version}`]}
      >
        {version.evaluatedAt === null
          ? 'It waits for an evaluation of this version.'
          : 'It decides a moment after the evaluation is stored.'}
      </Empty>
    )
  }
  return (
    <Section
      title={latest.passed ? 'The gate let it pass' : 'The gate refused it'}
      hint={
        <span className="row">
          <Instant at={latest.decidedAt} />
          {latest.champion === null ? (
            'there was no champion to compare with'
          ) : (
            <>
              against the champion{' '}
              <SubjectLink subject={`model:${version.model}@${latest.champion}`} bare />
            </>
          )}
        </span>
      }
      actions={<Status state={latest.passed ? 'passed' : 'refused'} />}
      flush
    >
      <ul className={css['findings']}>
        {latest.findings.map((finding) => (
          <FindingLine key={`${finding.check} ${finding.text}`} finding={finding} />
        ))}
      </ul>
      {older.length === 0 ? null : (
        <p className={css['older']}>
          Decided {older.length === 1 ? 'once' : `${older.length} times`} before:{' '}
          {older.map(({ decidedAt, passed }) => (
            <span key={decidedAt} className="row">
              <Status state={passed ? 'passed' : 'refused'} plain /> <Instant at={decidedAt} />
            </span>
          ))}
        </p>
      )}
    </Section>
  )
}
