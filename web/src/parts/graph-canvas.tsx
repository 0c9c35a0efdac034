import dagre from '@dagrejs/dagre'
import { useComputedColorScheme } from '@mantine/core'
import {
  Background,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  type ReactFlowInstance,
} from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { useMemo } from 'react'
import { Anchor } from './anchor.tsx'
import css from './graph-canvas.module.css'
import type { GraphNode, GraphProps } from './graph.tsx'
import { Icon } from './icon.tsx'
import { StatusShape } from './status.tsx'

type BoxNode = Node<{ node: GraphNode; direction: 'down' | 'right' }, 'box'>

const boxWidth = 190
const boxHeight = 50
const readableZoom = 0.62
const nodeTypes = { box: Box }

/** xyflow with dagre's places; the boxes are links. */
export function GraphCanvas({ nodes, edges, direction = 'right' }: GraphProps) {
  const scheme = useComputedColorScheme('light')
  const placed = useMemo(() => placeNodes(nodes, edges, direction), [nodes, edges, direction])
  const lines = useMemo(() => {
    const drawn = new Set(nodes.map(({ id }) => id))
    return edges
      .filter(({ from, to }) => drawn.has(from) && drawn.has(to))
      .map((edge): Edge => ({
        id: `${edge.from}→${edge.to}`,
        source: edge.from,
        target: edge.to,
        animated: edge.moving === true,
        focusable: false,
      }))
  }, [nodes, edges])
  return (
    <ReactFlow
      key={nodes.map(({ id }) => id).join()}
      nodes={placed}
      edges={lines}
      nodeTypes={nodeTypes}
      colorMode={scheme}
      onInit={(flow) => void showWhole(flow)}
      minZoom={0.15}
      maxZoom={1.6}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      zoomOnScroll={false}
      preventScrolling={false}
      proOptions={{ hideAttribution: true }}
      className={css['flow'] ?? ''}
    >
      <Background gap={20} size={1} color="var(--line)" />
      <Controls showInteractive={false} position="bottom-right" />
    </ReactFlow>
  )
}

/** Shows the whole graph, or, where that would be too small to read, the part around the chosen box. */
async function showWhole(flow: ReactFlowInstance<BoxNode, Edge>): Promise<void> {
  await flow.fitView({ maxZoom: 1, padding: 0.08 })
  const chosen = flow.getNodes().find(({ data }) => data.node.chosen === true)
  if (chosen === undefined || flow.getZoom() >= readableZoom) return
  const { x, y } = chosen.position
  await flow.setCenter(x + boxWidth / 2, y + boxHeight / 2, { zoom: 0.8 })
}

function placeNodes(
  nodes: GraphProps['nodes'],
  edges: GraphProps['edges'],
  direction: 'down' | 'right',
): BoxNode[] {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: direction === 'down' ? 'TB' : 'LR', nodesep: 18, ranksep: 46 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of nodes) graph.setNode(id, { width: boxWidth, height: boxHeight })
  for (const { from, to } of edges)
    if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to)
  dagre.layout(graph)
  return nodes.map((node) => {
    const { x = 0, y = 0 } = graph.node(node.id)
    return {
      id: node.id,
      type: 'box',
      position: { x: x - boxWidth / 2, y: y - boxHeight / 2 },
      width: boxWidth,
      height: boxHeight,
      data: { node, direction },
    }
  })
}

function Box({ data: { node, direction } }: NodeProps<BoxNode>) {
  const [into, out] =
    direction === 'down' ? [Position.Top, Position.Bottom] : [Position.Left, Position.Right]
  const inside = (
    <>
      <span className={css['title']}>
        {node.tone === undefined ? null : <StatusShape tone={node.tone} />}
        {node.state === undefined ? null : <span className="visually-hidden">{node.state}: </span>}
        {node.icon === undefined ? null : <Icon name={node.icon} size={14} />}
        <span className={css['name']}>{node.title}</span>
      </span>
      <span className={css['note']}>{node.note}</span>
    </>
  )
  return (
    <div
      className={`${css['box']} ${node.chosen === true ? css['chosen'] : ''}`}
      title={`${node.title}${node.note === undefined ? '' : `: ${node.note}`}`}
    >
      <Handle type="target" position={into} className={css['handle'] ?? ''} isConnectable={false} />
      {node.to === undefined ? (
        <span className={css['inside']}>{inside}</span>
      ) : (
        <Anchor to={node.to} className={`${css['inside']} nopan`}>
          {inside}
        </Anchor>
      )}
      <Handle type="source" position={out} className={css['handle'] ?? ''} isConnectable={false} />
    </div>
  )
}
