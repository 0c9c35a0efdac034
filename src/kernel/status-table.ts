import { GyreError } from './errors.ts'

/**
 * A total state machine: every state answers every event, with the next state or with `null` where
 * the event is not allowed. The compiler refuses a table with a hole.
 */
export type StatusTable<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Record<Event, State | null>>>
>

/** The next state, or a `conflict` that says what `thing` is and what would be allowed. */
export function nextStatus<State extends string, Event extends string>(
  table: StatusTable<State, Event>,
  thing: string,
  state: State,
  event: Event,
): State {
  const next = table[state][event]
  if (next !== null) return next
  const allowed = (Object.keys(table[state]) as Event[]).filter((e) => table[state][e] !== null)
  throw new GyreError({
    code: 'conflict',
    public: `${thing} is ${state}, so it cannot ${event}. ${
      allowed.length === 0 ? 'That is its final state.' : `It can: ${allowed.join(', ')}.`
    }`,
  })
}

/** The states that no event leaves. */
export function finalStates<State extends string, Event extends string>(
  table: StatusTable<State, Event>,
): State[] {
  return (Object.keys(table) as State[]).filter((state) =>
    Object.values<State | null>(table[state]).every((next) => next === null),
  )
}
