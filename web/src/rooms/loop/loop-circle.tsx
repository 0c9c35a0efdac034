import { Anchor } from '../../parts/anchor.tsx'
import { Icon } from '../../parts/icon.tsx'
import { StatusShape } from '../../parts/status.tsx'
import { LoopCenter } from './loop-center.tsx'
import css from './loop-circle.module.css'
import type { LoopNode } from './loop-state.ts'

const width = 760
const height = 538
/** With seven places the ring's lowest lie above its lowest point. */
const center = { x: width / 2, y: 280 }
const radius = { x: 284, y: 222 }
/** Half of a card with the room around it, in the ring's own units. */
const card = { x: 106, y: 56 }

/** The rooms on a ring, in the order in which work passes through them. */
export function LoopCircle({ nodes }: { nodes: readonly LoopNode[] }) {
  return (
    <section className={css['frame']} aria-label="The loop">
      <div className={css['stage']}>
        <svg viewBox={`0 0 ${width} ${height}`} className={css['ring']} aria-hidden="true">
          {nodes.map((node, index) => (
            <Arc
              key={node.id}
              from={index}
              count={nodes.length}
              moving={nodes[(index + 1) % nodes.length]?.moving ?? false}
            />
          ))}
        </svg>
        <ol>
          {nodes.map((node, index) => (
            <li key={node.id} className={css['place']} style={placeStyle(index, nodes.length)}>
              <NodeCard node={node} />
            </li>
          ))}
        </ol>
        <LoopCenter />
      </div>
    </section>
  )
}

function NodeCard({ node }: { node: LoopNode }) {
  return (
    <Anchor to={node.to} className={css['card']} data-tone={node.tone}>
      <span className={css['head']}>
        <Icon name={node.icon} size={15} />
        {node.title}
      </span>
      <span className={css['fact']}>{node.fact ?? <i className={css['bone']} />}</span>
      <span className={css['state']} title={node.state}>
        {node.fact === undefined ? (
          <i className={css['bone']} />
        ) : (
          <>
            <StatusShape tone={node.tone} size={11} />
            <span>{node.state}</span>
          </>
        )}
      </span>
    </Anchor>
  )
}

function Arc({ from, count, moving }: { from: number; count: number; moving: boolean }) {
  const start = outsideCard(angleOf(from, count), 1)
  const end = outsideCard(angleOf(from + 1, count), -1)
  const path = `M${pointText(start)}A${radius.x} ${radius.y} 0 0 1 ${pointText(end)}`
  return (
    <g data-moving={moving} className={css['arc']}>
      <path d={path} />
      <path d={path} className={css['flow']} />
      <path d={headPath(end)} className={css['head-mark']} />
    </g>
  )
}

function angleOf(index: number, count: number): number {
  return -Math.PI / 2 + (index * 2 * Math.PI) / count
}

/** The first angle from a card's own, going round in a direction, at which the ring is free of it. */
function outsideCard(angle: number, direction: 1 | -1): number {
  const middle = pointAt(angle)
  const covers = (step: number) => {
    const { x, y } = pointAt(angle + direction * step)
    return Math.abs(x - middle.x) < card.x && Math.abs(y - middle.y) < card.y
  }
  const steps = Array.from({ length: 60 }, (_, index) => index * 0.01)
  return angle + direction * (steps.find((step) => !covers(step)) ?? 0.4)
}

function pointAt(angle: number): { x: number; y: number } {
  return { x: center.x + radius.x * Math.cos(angle), y: center.y + radius.y * Math.sin(angle) }
}

function pointText(angle: number): string {
  const { x, y } = pointAt(angle)
  return `${x.toFixed(1)} ${y.toFixed(1)}`
}

/** An arrow head at the end of an arc, along its direction. */
function headPath(angle: number): string {
  const tip = pointAt(angle)
  const along = Math.atan2(radius.y * Math.cos(angle), -radius.x * Math.sin(angle))
  const side = (turn: number) =>
    `${(tip.x - 9 * Math.cos(along + turn)).toFixed(1)} ${(tip.y - 9 * Math.sin(along + turn)).toFixed(1)}`
  return `M${side(0.5)}L${tip.x.toFixed(1)} ${tip.y.toFixed(1)}L${side(-0.5)}`
}

function placeStyle(index: number, count: number) {
  const { x, y } = pointAt(angleOf(index, count))
  return { left: `${(x / width) * 100}%`, top: `${(y / height) * 100}%` }
}
