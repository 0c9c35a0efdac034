/** Every address of the page. Names are encoded here and nowhere else. */
const part = encodeURIComponent

export const places = {
  loop: () => '/',
  data: () => '/data',
  dataset: (name: string) => `/data/${part(name)}`,
  dataVersion: (name: string, version: string | number) =>
    `/data/${part(name)}/${part(String(version))}`,
  features: () => '/features',
  view: (name: string) => `/features/views/${part(name)}`,
  service: (name: string) => `/features/services/${part(name)}`,
  runs: () => '/runs',
  run: (id: string) => `/runs/${part(id)}`,
  compareRuns: (ids: readonly string[]) => `/compare?runs=${ids.map(part).join(',')}`,
  models: () => '/models',
  model: (name: string) => `/models/${part(name)}`,
  modelVersion: (name: string, version: string | number) =>
    `/models/${part(name)}/${part(String(version))}`,
  pipelines: () => '/pipelines',
  pipeline: (name: string) => `/pipelines/${part(name)}`,
  execution: (id: string) => `/executions/${part(id)}`,
  trigger: (name: string) => `/triggers/${part(name)}`,
  endpoints: () => '/endpoints',
  endpoint: (name: string) => `/endpoints/${part(name)}`,
  rollout: (id: string) => `/rollouts/${part(id)}`,
  monitors: () => '/monitors',
  monitor: (name: string) => `/monitors/${part(name)}`,
  alarm: (id: string) => `/alarms/${part(id)}`,
  alerts: () => '/alerts',
  incident: (id: string) => `/alerts/${part(id)}`,
  journal: () => '/journal',
  record: (seq: string | number) => `/journal/${part(String(seq))}`,
  lineage: (subject: string) => `/lineage/${part(subject)}`,
  why: (subject: string) => `/why/${part(subject)}`,
  settings: () => '/settings',
}

/** The page that shows a subject of the journal (`model:late@3`), or its lineage if it has no page. */
export function placeOfSubject(subject: string): string {
  const { kind, name, version } = splitSubject(subject)
  switch (kind) {
    case 'data':
      return version === undefined ? places.dataset(name) : places.dataVersion(name, version)
    case 'model':
      return version === undefined ? places.model(name) : places.modelVersion(name, version)
    default: {
      const place = pages[kind]
      return place === undefined ? places.lineage(subject) : place(name)
    }
  }
}

const pages: Readonly<Record<string, (name: string) => string>> = {
  view: places.view,
  service: places.service,
  run: places.run,
  pipeline: places.pipeline,
  execution: places.execution,
  trigger: places.trigger,
  endpoint: places.endpoint,
  rollout: places.rollout,
  monitor: places.monitor,
  alarm: places.alarm,
  incident: places.incident,
  record: places.record,
}

export interface SplitSubject {
  kind: string
  name: string
  version: string | undefined
}

/** Takes `kind:name@version` apart. */
export function splitSubject(subject: string): SplitSubject {
  const colon = subject.indexOf(':')
  const kind = subject.slice(0, colon)
  const rest = subject.slice(colon + 1)
  const at = rest.lastIndexOf('@')
  if (at < 1) return { kind, name: rest, version: undefined }
  return { kind, name: rest.slice(0, at), version: rest.slice(at + 1) }
}
