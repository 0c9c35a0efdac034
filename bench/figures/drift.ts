import { flightsFile } from '#app/demo/weeks'
import { withFrames } from '#app/training/frames'
import { testRelevantDrift } from '#science/drift'
import { median } from '../process.ts'

const columns = ['delay', 'distance', 'hour(date)']
const bins = 20

/** Drift of all 3,000,000 flights against those of January, three columns, days as blocks. */
export async function measureDrift(): Promise<object> {
  return withFrames(async (session) => {
    const source = session.scan([flightsFile()])
    const [range] = await session.rows<{ rows: number }>(`SELECT count(*) AS rows FROM ${source}`)
    const seconds: number[] = []
    for (let round = 0; round < 5; round++) {
      const startedAt = performance.now()
      const counted = columns.map(
        (column) =>
          `SELECT ${quote(column)} AS name, date_diff('day', TIMESTAMP '2001-01-01', date) AS day,
             least(${bins - 1}, greatest(0, floor((${column} + 60) / 40)))::INTEGER AS bin, count(*) AS n
           FROM ${source} GROUP BY ALL`,
      )
      const rows = await session.rows<{ name: string; day: number; bin: number; n: number }>(
        counted.join(' UNION ALL '),
      )
      for (const column of columns) judge(rows.filter(({ name }) => name === column))
      seconds.push((performance.now() - startedAt) / 1000)
    }
    return { rows: range?.rows, columns: columns.length, seconds: median(seconds) }
  })
}

function judge(rows: readonly { day: number; bin: number; n: number }[]): void {
  const reference = new Array<number>(bins).fill(0)
  const blocks = new Map<number, number[]>()
  for (const { day, bin, n } of rows) {
    const block = day < 31 ? reference : (blocks.get(day) ?? new Array<number>(bins).fill(0))
    block[bin] = (block[bin] ?? 0) + n
    if (day >= 31) blocks.set(day, block)
  }
  testRelevantDrift({
    reference,
    blocks: [...blocks.values()],
    minimumSize: 0.1,
    distance: 'jensen-shannon',
  })
}

function quote(text: string): string {
  return `'${text}'`
}
