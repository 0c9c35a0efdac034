/** What a state means for the reader. Each tone has its own colour and its own shape. */
export type Tone = 'good' | 'bad' | 'warn' | 'moving' | 'waiting' | 'off'

const tones: Record<Tone, readonly string[]> = {
  good: [
    'finished', 'succeeded', 'passed', 'promoted', 'serving', 'ready', 'ok', 'resolved', 'healthy',
    'consistent', 'accepted', 'closed', 'fired', 'materialized', 'fresh', 'current', 'enabled',
    'champion', 'committed', 'equal', 'completed', 'live', 'done', 'calm', 'quiet', 'valid',
  ],
  bad: [
    'failed', 'refused', 'rejected', 'error', 'broken', 'alarm', 'alarmed', 'rolled-back', 'rolled_back',
    'quarantined', 'killed', 'open', 'inconsistent', 'critical', 'expired', 'revoked', 'invalid', 'lost',
  ],
  warn: ['degraded', 'stale', 'warning', 'acknowledged', 'drifted', 'shedding', 'unknown-champion'],
  moving: [
    'running', 'rolling-out', 'canary', 'warming', 'parity', 'evaluating', 'started', 'in-progress',
    'training', 'materializing', 'draining', 'shadow', 'advancing', 'loading', 'promoting', 'rolling-back',
  ],
  waiting: ['pending', 'waiting', 'queued', 'scheduled', 'registered', 'created', 'paused', 'new'],
  off: ['skipped', 'canceled', 'cancelled', 'retired', 'archived', 'cached', 'disabled', 'unknown', 'superseded', 'idle', 'not-evaluated', 'empty', 'none'],
}

/** The tone of a state by its name; a state that is not known is `off`. */
export function toneOf(state: string): Tone {
  const found = (Object.keys(tones) as Tone[]).find((tone) => tones[tone].includes(state))
  return found ?? 'off'
}
