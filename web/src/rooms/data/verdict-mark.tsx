import { Status } from '../../parts/status.tsx'
import type { DataVersion } from './data-reads.ts'

/** How many expectations were met. */
export function VerdictMark({ version }: { version: DataVersion }) {
  const { expectationsMet: met, expectationsFailed: failed } = version
  if (met + failed === 0) return <span className="faint">none</span>
  const tone = failed === 0 ? 'good' : version.state === 'quarantined' ? 'bad' : 'warn'
  return (
    <Status state="expectations" tone={tone} plain>
      {verdictWords(version)}
    </Status>
  )
}

/** `5 met`, `2 of 5 failed`. */
export function verdictWords({ expectationsMet: met, expectationsFailed: failed }: DataVersion) {
  if (met + failed === 0) return 'nothing was expected'
  return failed === 0 ? `${met} met` : `${failed} of ${met + failed} failed`
}
