import { GyreError } from '#kernel/errors'
import type { Remote, TransferFailure } from '../remotes/remote.ts'

const advice: Readonly<Record<TransferFailure['reason'], string>> = {
  missing: 'Whoever has them must push them: gyre data push.',
  changed: 'It was left where it is: find damaged objects with gyre data fsck, there or here.',
  refused: 'See what the remote says.',
}

/** What to say when objects did not arrive. `how` reads as "sent to", "had from". */
export function failedTransfer(
  how: string,
  { name }: Remote,
  failures: readonly TransferFailure[],
): GyreError {
  const [first] = failures
  const count = failures.length === 1 ? 'An object' : `${failures.length} objects`
  return new GyreError({
    code: failures.every(({ reason }) => reason === 'missing') ? 'not_found' : 'conflict',
    public: `${count} could not be ${how} ${name}, first ${first?.digest ?? ''}: ${first?.message ?? ''} ${advice[first?.reason ?? 'missing']} Everything else is done.`,
    details: failures.slice(0, 1000).map(({ digest, message }) => ({ path: digest, message })),
  })
}
