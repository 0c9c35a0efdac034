const grouped = new Intl.NumberFormat('en-US')
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

/** `115,203` */
export function countText(count: number): string {
  return grouped.format(count)
}

/** `115K`; small counts stay exact. */
export function compactText(count: number): string {
  return Math.abs(count) < 10_000 ? grouped.format(count) : compact.format(count)
}

/** `3 rows`, `1 row`; `plural` where adding an s is wrong. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped.format(count)} ${count === 1 ? noun : plural}`
}

/** A measured number with four significant digits: `0.6634`, `1.2e-7`, `12,345`. */
export function metricText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 1e9 || size < 1e-4) return minus(Number(value.toPrecision(3)).toExponential())
  if (Number.isInteger(value)) return minus(grouped.format(value))
  if (size >= 1000) return minus(grouped.format(Math.round(value)))
  return minus(size >= 1 ? value.toPrecision(4) : value.toFixed(4))
}

/** A number that somebody chose (a threshold, a tick): no digits beyond what it needs. */
export function termText(value: number, digits = 5): string {
  const size = Math.abs(value)
  if (value !== 0 && (size >= 1e9 || size < 1e-4)) return metricText(value)
  return minus(size >= 1000 ? grouped.format(value) : String(Number(value.toPrecision(digits))))
}

/** The same with its sign always written, for differences. */
export function signedText(value: number): string {
  return value > 0 ? `+${metricText(value)}` : metricText(value)
}

/** `0.1534` as `15.3 %`. */
export function percentText(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–'
  return `${minus((share * 100).toFixed(digits))} %`
}

export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1)
  const value = bytes / 1000 ** power
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[power] ?? 'B'}`
}

/** `840 ms`, `4.2 s`, `3 min 12 s`, `2 h 05 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  if (ms < 1) return ms <= 0 ? '0 ms' : `${ms.toPrecision(2)} ms`
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${padded(Math.floor(seconds % 60))} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${padded(minutes % 60)} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** A window's length as people say it: `7 days`, `6 hours`. */
export function spanText(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ]
  const unit = units.find(([size]) => ms >= size && ms % size === 0)
  return unit === undefined ? durationText(ms) : counted(ms / unit[0], unit[1])
}

function minus(text: string): string {
  return text.replace('-', '−').replace('e−', 'e-').replace('e+', 'e')
}

function padded(value: number): string {
  return String(value).padStart(2, '0')
}
