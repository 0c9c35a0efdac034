import { lazy, Suspense } from 'react'
import { BoneBlock } from './bones.tsx'
import type { IconName } from './icon.tsx'
import type { Tone } from './state-tones.ts'

export interface GraphNode {
  id: string
  title: string
  /** The line under the title. */
  note?: string
  icon?: IconName
  tone?: Tone
  /** The tone in words, for those who cannot see it. */
  state?: string
  /** Where it leads. */
  to?: string
  chosen?: boolean
}

export interface GraphEdge {
  from: string
  to: string
  moving?: boolean
}

export interface GraphProps {
  label: string
  nodes: readonly GraphNode[]
  edges: readonly GraphEdge[]
  height?: number
  direction?: 'down' | 'right'
}

const Canvas = lazy(async () => ({ default: (await import('./graph-canvas.tsx')).GraphCanvas }))

/** A directed graph, laid out in layers. The drawing code is loaded with the first graph. */
export function Graph(props: GraphProps) {
  const { label, height = 420 } = props
  return (
    <div role="group" aria-label={label} style={{ height }}>
      <Suspense fallback={<BoneBlock height={height} />}>
        <Canvas {...props} />
      </Suspense>
    </div>
  )
}
