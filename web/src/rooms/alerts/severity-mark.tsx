import { Status } from '../../parts/status.tsx'
import type { Incident } from './alert-reads.ts'

export function SeverityMark({ severity }: { severity: Incident['severity'] }) {
  return <Status state={severity} tone={severity === 'critical' ? 'bad' : 'warn'} plain />
}
