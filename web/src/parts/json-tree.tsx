import css from './json-tree.module.css'

const openLevels = 2
const mostMembers = 200

/** A JSON value that folds. The first levels are open. */
export function JsonTree({ value }: { value: unknown }) {
  return (
    <div className={css['tree']}>
      <Node name={undefined} value={value} level={0} />
    </div>
  )
}

interface NodeProps {
  name: string | undefined
  value: unknown
  level: number
}

function Node({ name, value, level }: NodeProps) {
  const label = name === undefined ? null : <span className={css['name']}>{name}: </span>
  if (typeof value !== 'object' || value === null) {
    return (
      <div className={css['leaf']}>
        {label}
        <span className={css[value === null ? 'null' : typeof value]}>{JSON.stringify(value)}</span>
      </div>
    )
  }
  const members = Object.entries(value)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (members.length === 0) {
    return (
      <div className={css['leaf']}>
        {label}
        {open + close}
      </div>
    )
  }
  return (
    <details className={css['branch']} open={level < openLevels}>
      <summary>
        {label}
        {open}
        <span className="faint"> {members.length} </span>
        {close}
      </summary>
      {members.slice(0, mostMembers).map(([key, each]) => (
        <Node key={key} name={key} value={each} level={level + 1} />
      ))}
      {members.length > mostMembers ? (
        <div className={`${css['leaf']} faint`}>… {members.length - mostMembers} more</div>
      ) : null}
    </details>
  )
}
