import { useMemo } from 'react'
import { Empty } from '../../parts/empty.tsx'
import { Graph, type GraphEdge, type GraphNode } from '../../parts/graph.tsx'
import { places } from '../../parts/places.ts'
import { stateText } from '../../parts/status.tsx'
import { toneOf } from '../../parts/state-tones.ts'
import type { StageRun } from './pipeline-reads.ts'

interface StageGraphProps {
  stages: readonly { stage: string; after: readonly string[] }[]
  runs: readonly StageRun[]
  /** The execution that a stage's box leads to. */
  execution: string | undefined
  chosen?: string
}

/** Stages in the order of their dependencies, with their states. */
export function StageGraph({ stages, runs, execution, chosen }: StageGraphProps) {
  const nodes = useMemo(
    () =>
      stages.map(({ stage }): GraphNode => {
        const run = runs.find((each) => each.stage === stage)
        return {
          id: stage,
          title: stage,
          note: run === undefined ? '' : run.reason || stateText(run.state),
          ...(run === undefined ? {} : { state: stateText(run.state) }),
          tone: run === undefined ? 'off' : toneOf(run.state),
          chosen: stage === chosen,
          ...(execution === undefined
            ? {}
            : { to: `${places.execution(execution)}?stage=${encodeURIComponent(stage)}` }),
        }
      }),
    [stages, runs, execution, chosen],
  )
  const edges = useMemo(
    () =>
      stages.flatMap(({ stage, after }) =>
        after.map((from): GraphEdge => ({
          from,
          to: stage,
          moving: runs.some((run) => run.stage === stage && run.state === 'running'),
        })),
      ),
    [stages, runs],
  )
  if (nodes.length === 0) return <Empty icon="pipelines" title="The file has no stages" />
  return (
    <Graph
      label="Stages of the pipeline"
      nodes={nodes}
      edges={edges}
      height={Math.min(460, 180 + nodes.length * 12)}
    />
  )
}
