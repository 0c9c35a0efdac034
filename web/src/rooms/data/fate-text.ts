import type { VersionMark } from './keeping-reads.ts'

const texts: Record<VersionMark['because'], string> = {
  'given up before': 'its files were given up',
  latest: 'stays: it is the latest',
  held: 'stays: it is held',
  'no rule': 'stays: there is no retention rule',
  'among the newest': 'stays: it is among the newest',
  young: 'stays: it is young enough',
  used: 'stays: something was made of it',
  rule: 'goes: no rule keeps it',
}

/** What the retention rules do to a version, and why. */
export function fateText(because: VersionMark['because']): string {
  return texts[because]
}
