import { Anchor } from './anchor.tsx'
import { Icon, type IconName } from './icon.tsx'
import { placeOfSubject, splitSubject } from './places.ts'
import css from './subject-link.module.css'

const icons: Readonly<Record<string, IconName>> = {
  data: 'data',
  view: 'features',
  service: 'features',
  run: 'runs',
  experiment: 'runs',
  model: 'models',
  pipeline: 'pipelines',
  execution: 'play',
  trigger: 'clock',
  endpoint: 'endpoints',
  rollout: 'endpoints',
  monitor: 'monitors',
  alarm: 'warning',
  incident: 'alerts',
  commit: 'branch',
  record: 'journal',
  token: 'settings',
  blob: 'file',
}

/** Whatever the journal speaks of, as a link to its page. */
export function SubjectLink({ subject, bare = false }: { subject: string; bare?: boolean }) {
  return (
    <Anchor to={placeOfSubject(subject)} className={css['link']} title={subject}>
      {bare ? null : <Icon name={iconOfSubject(subject)} size={13} />}
      <span className={css['name']}>{subjectText(subject)}</span>
    </Anchor>
  )
}

/** The drawing for a subject's kind. */
export function iconOfSubject(subject: string): IconName {
  return icons[splitSubject(subject).kind] ?? 'file'
}

/** `data:flights@12` as `flights v12`, `run:0198…` as `run 0198a3f1`. */
export function subjectText(subject: string): string {
  const { kind, name, version } = splitSubject(subject)
  const short = /^[0-9a-f]{32,64}$/.test(name) ? `${kind} ${shortId(name)}` : name
  const named = kind === 'record' ? `record ${name}` : short
  if (version === undefined) return named
  return /^\d+$/.test(version) ? `${named} v${version}` : `${named} @${version.slice(0, 8)}`
}

/** Ids are ordered by time, so that their ends tell them apart best. */
export function shortId(id: string): string {
  return id.length > 12 ? id.slice(-8) : id
}
