import type { Context } from '#domains/access/index'
import type { Repository } from './repository.ts'

/** One thing that is declared: what it is to be, and how to make it so. */
export interface Declared {
  name: string
  /** Compared with what is there; JSON. */
  value: unknown
  apply(ctx: Context): Promise<void>
}

/** A part of the declaration: what is declared of a kind, and what there is of it. */
export interface Section {
  /** As it is called in a plan. */
  kind: string
  declared(repository: Repository, ctx: Context): Promise<readonly Declared[]>
  /** What is there, in the same form as what is declared, by name. */
  present(ctx: Context, project: string): Promise<ReadonlyMap<string, unknown>>
  /** Removes what is no longer declared; absent where things outlive their declaration. */
  remove?(ctx: Context, project: string, name: string): Promise<void>
}
