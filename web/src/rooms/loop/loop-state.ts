import type { IconName } from '../../parts/icon.tsx'
import { compactText, counted } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import type { Tone } from '../../parts/state-tones.ts'
import type { Job, LoopParts } from './loop-reads.ts'

/** One room on the circle. */
export interface LoopNode {
  id: string
  title: string
  icon: IconName
  to: string
  /** The newest thing in it. `undefined` while it is not known yet. */
  fact: string | undefined
  tone: Tone
  /** What moves, waits or is wrong. */
  state: string
  /** Whether work flows into it now. */
  moving: boolean
}

/** What each room would say of itself in two lines; `failed` names the reads that did not succeed. */
export function loopNodes(parts: LoopParts, failed: readonly string[]): LoopNode[] {
  const nodes = [
    dataNode(parts),
    featuresNode(parts),
    runsNode(parts),
    modelsNode(parts),
    endpointsNode(parts),
    monitorsNode(parts),
    pipelinesNode(parts),
  ]
  return nodes.map((node) =>
    node.fact === undefined && failed.some((part) => partsOf[node.id]?.includes(part))
      ? { ...node, fact: '', tone: 'bad', state: 'cannot be read' }
      : node,
  )
}

/** Which reads a node is made from. */
const partsOf: Readonly<Record<string, readonly string[]>> = {
  data: ['data'],
  features: ['views'],
  runs: ['runs'],
  models: ['models'],
  endpoints: ['endpoints'],
  monitors: ['monitors'],
  pipelines: ['triggers', 'executions'],
}

const nothing = { tone: 'off', state: 'nothing yet', moving: false } as const

function dataNode({ data }: LoopParts): LoopNode {
  const base = { id: 'data', title: 'Data', icon: 'data', to: places.data() } as const
  const sets = data?.items
  if (sets === undefined || sets.length === 0)
    return { ...base, ...nothing, fact: sets && 'no data set' }
  const newest = sets.toSorted((a, b) => b.updatedAt - a.updatedAt)[0]
  const quarantined = sets.reduce((sum, set) => sum + set.quarantined, 0)
  const versions = sets.reduce((sum, set) => sum + set.versions, 0)
  return {
    ...base,
    fact: newest === undefined ? '' : `${newest.name} v${newest.latestVersion ?? '–'}`,
    tone: 'good',
    state:
      quarantined === 0 ? counted(versions, 'version') : `${quarantined} of ${versions} refused`,
    moving: false,
  }
}

function featuresNode({ views, jobs }: LoopParts): LoopNode {
  const base = {
    id: 'features',
    title: 'Features',
    icon: 'features',
    to: places.features(),
  } as const
  const items = views?.items
  if (items === undefined || items.length === 0)
    return { ...base, ...nothing, fact: items && 'no view' }
  const features = items.reduce((sum, view) => sum + view.features.length, 0)
  const missing = items.filter(({ materialized }) => materialized === null).length
  const newest = Math.max(...items.map(({ materialized }) => materialized?.dataVersion ?? 0))
  const moving = isBusy(jobs?.items, 'features.materialize')
  return {
    ...base,
    fact: `${counted(features, 'feature')} in ${counted(items.length, 'view')}`,
    tone: moving ? 'moving' : missing > 0 ? 'waiting' : 'good',
    state: moving
      ? 'materializing'
      : missing > 0
        ? `${missing} not online yet`
        : `online at v${newest}`,
    moving,
  }
}

function runsNode({ runs }: LoopParts): LoopNode {
  const base = { id: 'runs', title: 'Train', icon: 'runs', to: places.runs() } as const
  if (runs === undefined || runs.total === 0) return { ...base, ...nothing, fact: runs && 'no run' }
  const running = runs.items.filter(({ status }) => status === 'running')
  const [newest] = runs.items
  const state = running.length > 0 ? `${running.length} running` : `last ${newest?.status ?? ''}`
  return {
    ...base,
    fact: newest === undefined ? '' : newest.name,
    tone: running.length > 0 ? 'moving' : newest?.status === 'failed' ? 'bad' : 'good',
    state: `${state}, ${counted(runs.total, 'run')}`,
    moving: running.length > 0,
  }
}

function modelsNode({ models, versions }: LoopParts): LoopNode {
  const base = { id: 'models', title: 'Evaluate', icon: 'models', to: places.models() } as const
  const [first] = models?.items ?? []
  if (models === undefined || first === undefined)
    return { ...base, ...nothing, fact: models && 'no model' }
  const newest = versions?.toSorted((a, b) => b.createdAt - a.createdAt)[0]
  const gate = newest?.gate ?? 'undecided'
  const looks = {
    passed: { tone: 'good', state: 'gate passed' },
    refused: { tone: 'bad', state: 'gate refused' },
    undecided: { tone: 'waiting', state: 'waits for its gate' },
  } as const
  if (newest === undefined)
    return { ...base, fact: first.name, tone: 'off', state: 'no version yet', moving: false }
  return {
    ...base,
    fact: `${newest.model} v${newest.version}`,
    ...looks[gate],
    moving: gate === 'undecided',
  }
}

function endpointsNode({ endpoints }: LoopParts): LoopNode {
  const base = {
    id: 'endpoints',
    title: 'Deploy',
    icon: 'endpoints',
    to: places.endpoints(),
  } as const
  const [first] = endpoints?.items ?? []
  if (endpoints === undefined || first === undefined) {
    return { ...base, ...nothing, fact: endpoints && 'no endpoint' }
  }
  const releasing = endpoints.items.find(({ rollout }) => rollout !== null)?.rollout
  const requests = endpoints.items.reduce((sum, { lastHour }) => sum + lastHour.predictions, 0)
  const fact = first.champion === null ? first.name : `${first.name} v${first.champion}`
  if (releasing !== undefined && releasing !== null) {
    const share = Math.round(releasing.share * 100)
    return {
      ...base,
      fact,
      tone: 'moving',
      state: `v${releasing.version} ${releasing.state} ${share} %`,
      moving: true,
    }
  }
  if (first.champion === null)
    return { ...base, fact, tone: 'waiting', state: 'waits for a version', moving: false }
  return {
    ...base,
    fact,
    tone: 'good',
    state: `${compactText(requests)} predictions/h`,
    moving: false,
  }
}

function monitorsNode({ monitors, jobs }: LoopParts): LoopNode {
  const base = {
    id: 'monitors',
    title: 'Monitor',
    icon: 'monitors',
    to: places.monitors(),
  } as const
  const [first] = monitors?.items ?? []
  if (monitors === undefined || first === undefined)
    return { ...base, ...nothing, fact: monitors && 'no monitor' }
  const alarming = monitors.items.filter(({ lastWindow }) => (lastWindow?.alarms ?? 0) > 0)
  const windows = monitors.items.reduce((sum, monitor) => sum + monitor.windows, 0)
  const moving = isBusy(jobs?.items, 'labels.judge')
  const fact = counted(windows, 'window')
  if (alarming.length > 0) return { ...base, fact, tone: 'bad', state: 'in alarm', moving }
  if (first.lastWindow === null)
    return {
      ...base,
      fact: first.name,
      tone: 'waiting',
      state: first.waiting?.text ?? 'waits',
      moving,
    }
  return { ...base, fact, tone: 'good', state: 'last window is calm', moving }
}

function pipelinesNode({ triggers, executions }: LoopParts): LoopNode {
  const base = {
    id: 'pipelines',
    title: 'Retrain',
    icon: 'pipelines',
    to: places.pipelines(),
  } as const
  if (triggers === undefined || executions === undefined)
    return { ...base, ...nothing, fact: undefined }
  const enabled = triggers.items.filter((trigger) => trigger.enabled)
  const [newest] = executions.items
  const running = executions.items.find(({ state }) => state === 'running')
  const queued = executions.items.find(({ state }) => state === 'queued')
  const fact = enabled.length === 0 ? 'no trigger' : counted(enabled.length, 'trigger')
  if (running !== undefined)
    return { ...base, fact, tone: 'moving', state: `${running.pipeline} runs`, moving: true }
  if (queued !== undefined)
    return { ...base, fact, tone: 'waiting', state: queued.reason, moving: false }
  if (newest === undefined)
    return { ...base, fact, tone: 'off', state: 'nothing executed yet', moving: false }
  return {
    ...base,
    fact,
    tone: newest.state === 'failed' ? 'bad' : newest.state === 'succeeded' ? 'good' : 'off',
    state: `last ${newest.state}`,
    moving: false,
  }
}

function isBusy(jobs: readonly Job[] | undefined, kind: string): boolean {
  return jobs?.some((job) => job.kind === kind && job.state === 'running') ?? false
}
