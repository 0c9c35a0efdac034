const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** How far `at` is from `now`, in one unit: `12 s ago`, `in 3 min`, `5 d ago`. */
export function relativeText(at: number, now: number): string {
  const gap = Math.abs(now - at)
  if (gap < 5000) return 'now'
  const text = gapText(gap)
  return at > now ? `in ${text}` : `${text} ago`
}

function gapText(gap: number): string {
  if (gap < minute) return `${Math.round(gap / 1000)} s`
  if (gap < hour) return `${Math.round(gap / minute)} min`
  if (gap < 2 * day) return `${Math.round(gap / hour)} h`
  if (gap < 60 * day) return `${Math.round(gap / day)} d`
  if (gap < 730 * day) return `${Math.round(gap / (30.44 * day))} mo`
  return `${Math.round(gap / (365.25 * day))} y`
}

const absolute = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})

/** In the reader's own time zone, to the second. */
export function absoluteText(at: number): string {
  return absolute.format(at)
}

const utcDay = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})
const utcDayShort = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})

/** Event time: the day in UTC, as the data says it. */
export function dayText(at: number): string {
  return utcDay.format(at)
}

/** `1 Jan – 8 Jan 2001`; with hours where the range is shorter than two days. */
export function rangeText(start: number, end: number): string {
  if (end - start < 2 * day) return `${utcTimeText(start)} – ${utcTimeText(end)}`
  return `${utcDayShort.format(start)} – ${utcDay.format(end)}`
}

/** `2001-01-08 14:30` in UTC. */
export function utcTimeText(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}

/** `14:03:22` in the reader's time zone. */
export function clockText(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}
