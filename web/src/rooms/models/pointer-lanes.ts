import type { AliasMove, StageMove } from './model-reads.ts'

/** Where something was for a while. */
export interface LaneSpan {
  from: number
  /** null: still. */
  to: number | null
  text: string
  /** Moved there against the gate. */
  override: boolean
}

/** One line of the picture: an alias with its versions, or a version with its stages. */
export interface Lane {
  name: string
  spans: LaneSpan[]
}

/** Every alias with where it pointed, then every version with its stages. Pure. */
export function lanesOf(aliases: readonly AliasMove[], stages: readonly StageMove[]): Lane[] {
  const byAlias = aliases.map(({ alias, version, ...move }) => ({
    ...move,
    name: alias,
    text: version === null ? null : `v${version}`,
  }))
  const byVersion = stages.map(({ version, stage, ...move }) => ({
    ...move,
    name: `v${version}`,
    text: stage === 'None' ? null : stage,
  }))
  return [...gather(byAlias), ...gather(byVersion)]
}

interface Move {
  name: string
  /** null: it ended there. */
  text: string | null
  at: number
  override: boolean
}

/** Moves come newest first. */
function gather(moves: readonly Move[]): Lane[] {
  const lanes = Map.groupBy(moves.toReversed(), ({ name }) => name)
  return [...lanes]
    .map(([name, own]) => ({
      name,
      spans: own.flatMap(({ text, at, override }, index) =>
        text === null ? [] : [{ from: at, to: own[index + 1]?.at ?? null, text, override }],
      ),
    }))
    .filter(({ spans }) => spans.length > 0)
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
}

/** The moments at which something moved, in their order, each once. Pure. */
export function momentsOf(moves: readonly { at: number }[]): number[] {
  return [...new Set(moves.map(({ at }) => at))].sort((a, b) => a - b)
}
