import { SegmentedControl } from '@mantine/core'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useGo } from '../../parts/anchor.tsx'
import { bytesText, counted } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { clockText, dayText, utcTimeText } from '../../parts/time-text.ts'
import { useUrlText } from '../../parts/url-state.ts'
import type { DataVersion } from './data-reads.ts'
import type { VersionMark } from './keeping-reads.ts'
import {
  type TimelineBar,
  type TimelineClock,
  type TimelineMeasure,
  timelineOf,
} from './timeline-layout.ts'
import { verdictWords } from './verdict-mark.tsx'
import css from './version-timeline.module.css'

const measures: { value: TimelineMeasure; label: string }[] = [
  { value: 'rows', label: 'Rows' },
  { value: 'size', label: 'Bytes' },
  { value: 'files', label: 'Files' },
]
const clocks: { value: TimelineClock; label: string }[] = [
  { value: 'committed', label: 'When it was committed' },
  { value: 'events', label: 'When its newest event was' },
]

interface VersionTimelineProps {
  dataset: string
  versions: readonly DataVersion[]
  marks: readonly VersionMark[]
  chosen: number | undefined
}

/** Versions over time. Arrow keys choose one, Enter opens it; the choice stands in the address. */
export function VersionTimeline({ dataset, versions, marks, chosen }: VersionTimelineProps) {
  const hasRows = versions.some(({ rows }) => rows !== null)
  const hasEvents = marks.some(({ newestEvent }) => newestEvent !== null)
  const [measureName, setMeasure] = useUrlText('measure', hasRows ? 'rows' : 'size')
  const [clockName, setClock] = useUrlText('clock', 'committed')
  const measure = measures.find(({ value }) => value === measureName)?.value ?? 'rows'
  const clock = hasEvents && clockName === 'events' ? 'events' : 'committed'
  const { scroller, widthPx: room } = useRoom()
  const { bars, widthPx } = timelineOf(versions, marks, { clock, measure, widthPx: room })
  return (
    <>
      <div className={css['bar-head']}>
        <SegmentedControl
          size="xs"
          aria-label="Height of the bars"
          data={hasRows ? measures : measures.slice(1)}
          value={measure}
          onChange={setMeasure}
        />
        {hasEvents ? (
          <SegmentedControl
            size="xs"
            aria-label="Place of the bars"
            data={clocks}
            value={clock}
            onChange={setClock}
          />
        ) : null}
      </div>
      <div ref={scroller} className={css['scroller']}>
        <Line
          dataset={dataset}
          bars={bars}
          widthPx={widthPx}
          chosen={chosen}
          inUtc={clock === 'events'}
        />
      </div>
      <Legend />
    </>
  )
}

/** How wide the line may be; it starts at its newest end. */
function useRoom() {
  const scroller = useRef<HTMLDivElement>(null)
  const [widthPx, setWidth] = useState(0)
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    scroller.current?.scrollTo({ left: scroller.current.scrollWidth })
  }, [widthPx])
  return { scroller, widthPx }
}

interface LineProps {
  dataset: string
  bars: readonly TimelineBar[]
  widthPx: number
  chosen: number | undefined
  /** Event time is told as the data says it. */
  inUtc: boolean
}

function Line({ dataset, bars, widthPx, chosen, inUtc }: LineProps) {
  const [, choose] = useUrlText('version')
  const go = useGo()
  const at = bars.findIndex(({ version }) => version.version === chosen)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && chosen !== undefined) go(places.dataVersion(dataset, chosen))
    const next = nextIndex(event.key, at, bars.length)
    const bar = next === undefined ? undefined : bars[next]
    if (bar === undefined) return
    event.preventDefault()
    choose(String(bar.version.version))
    document.getElementById(idOf(bar))?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }
  const current = bars[at]
  return (
    <div
      className={css['line']}
      style={{ minWidth: widthPx }}
      role="listbox"
      aria-label="Versions over time"
      aria-orientation="horizontal"
      aria-activedescendant={current === undefined ? undefined : idOf(current)}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={css['axis']} role="presentation" />
      {bars.map((bar) => (
        <Bar
          key={bar.version.version}
          bar={bar}
          chosen={bar === current}
          choose={() => choose(String(bar.version.version))}
          open={() => go(places.dataVersion(dataset, bar.version.version))}
        />
      ))}
      <Days bars={bars} widthPx={widthPx} inUtc={inUtc} />
    </div>
  )
}

function nextIndex(key: string, at: number, count: number): number | undefined {
  const last = count - 1
  if (key === 'ArrowRight') return at < 0 ? last : Math.min(at + 1, last)
  if (key === 'ArrowLeft') return at < 0 ? last : Math.max(at - 1, 0)
  if (key === 'Home') return 0
  return key === 'End' ? last : undefined
}

function idOf({ version }: TimelineBar): string {
  return `version-${version.version}`
}

interface BarProps {
  bar: TimelineBar
  chosen: boolean
  choose: () => void
  open: () => void
}

const highestPx = 104

function Bar({ bar, chosen, choose, open }: BarProps) {
  const { version, mark, x, height } = bar
  const px = Math.max(3, Math.round(height * highestPx))
  return (
    <div
      id={idOf(bar)}
      role="option"
      aria-selected={chosen}
      title={wordsOf(bar)}
      className={css['option']}
      style={{ left: x }}
      onClick={choose}
      onDoubleClick={open}
    >
      <i className={`${css['body']} ${css[kindOf(version)]}`} style={{ height: px }} />
      <span className="visually-hidden">{wordsOf(bar)}</span>
      <span className={css['marks']} aria-hidden="true" style={{ bottom: 44 + px }}>
        {marksOf(mark)}
      </span>
      <span className={css['number']} aria-hidden="true">
        {version.version}
      </span>
    </div>
  )
}

function kindOf({ state, expectationsFailed }: DataVersion): string {
  if (state === 'expired') return 'gone'
  if (state === 'quarantined') return 'refused'
  return expectationsFailed > 0 ? 'warned' : 'passed'
}

function marksOf(mark: VersionMark | undefined): string {
  if (mark === undefined) return ''
  return `${mark.holds.length > 0 ? '■' : ''}${mark.goes ? '○' : ''}`
}

function wordsOf({ version, mark }: TimelineBar): string {
  const { rows, sizeBytes, files, state } = version
  return [
    `v${version.version}`,
    state,
    ...(rows === null ? [] : [counted(rows, 'row')]),
    bytesText(sizeBytes),
    counted(files, 'file'),
    verdictWords(version),
    ...(mark !== undefined && mark.holds.length > 0 ? ['held'] : []),
    ...(mark?.goes === true ? ['goes by the retention rule'] : []),
  ].join(', ')
}

/** Room for the name of a moment, in pixels. */
const nameRoom = 84
const fewDaysMs = 2 * 86_400_000

interface DaysProps {
  bars: readonly TimelineBar[]
  widthPx: number
  inUtc: boolean
}

/** Days below the bars, or times when all is within few days, where there is room for their names. */
function Days({ bars, widthPx, inUtc }: DaysProps) {
  const times = bars.flatMap(({ at }) => at ?? [])
  const isShort = (times.at(-1) ?? 0) - (times[0] ?? 0) < fewDaysMs
  const short = inUtc ? utcTimeText : clockText
  const shown: { x: number; text: string }[] = []
  for (const { x, at } of bars) {
    const left = Math.min(Math.max(0, x - 12), widthPx - nameRoom)
    const last = shown.at(-1)
    if (at === null || (last !== undefined && left < last.x + nameRoom)) continue
    const text = isShort ? short(at) : dayText(at)
    if (text !== last?.text) shown.push({ x: left, text })
  }
  return shown.map(({ x, text }) => (
    <span key={text} className={css['day']} style={{ left: x }} aria-hidden="true">
      {text}
    </span>
  ))
}

function Legend() {
  const kinds = [
    ['passed', 'accepted'],
    ['warned', 'accepted with warnings'],
    ['refused', 'in quarantine'],
    ['gone', 'files given up'],
  ] as const
  return (
    <div className={css['legend']}>
      {kinds.map(([kind, text]) => (
        <span key={kind}>
          <i className={`${css['swatch']} ${css[kind]}`} />
          {text}
        </span>
      ))}
      <span>■ held</span>
      <span>○ goes by the retention rule</span>
    </div>
  )
}
