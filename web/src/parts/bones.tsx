import css from './bones.module.css'

/** Grey places of the size of what is coming, so that nothing jumps. */
export function Bones({ rows = 6, height = 36 }: { rows?: number; height?: number }) {
  return (
    <div role="status" aria-label="Loading" className={css['bones']}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={css['row']} style={{ height }}>
          <span style={{ width: `${38 + ((row * 37) % 45)}%` }} />
        </div>
      ))}
    </div>
  )
}

export function BoneBlock({ height }: { height: number }) {
  return <div role="status" aria-label="Loading" className={css['block']} style={{ height }} />
}
