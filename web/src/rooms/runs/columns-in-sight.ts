import { useVirtualizer } from '@tanstack/react-virtual'
import type { RefObject } from 'react'
import type { Column } from '../../parts/data-table.tsx'

/** So few are all drawn, each as wide as its content wants. */
const fewColumns = 24
export const chosenWidthPx = 132

interface ColumnsInSight<Row> {
  columns: Column<Row>[]
  /** Of the whole table; undefined where the columns decide. */
  widthPx: number | undefined
}

/**
 * Of many columns those that are in sight, with the room of the others before and after them, so
 * that hundreds cost no more than the window is wide.
 */
export function useColumnsInSight<Row>(
  scroller: RefObject<HTMLDivElement | null>,
  fixed: readonly Column<Row>[],
  chosen: readonly Column<Row>[],
): ColumnsInSight<Row> {
  const fixedPx = fixed.reduce((sum, { width }) => sum + Number.parseInt(width ?? '0', 10), 0)
  const across = useVirtualizer({
    horizontal: true,
    count: chosen.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => chosenWidthPx,
    overscan: 4,
    scrollMargin: fixedPx,
    enabled: chosen.length > fewColumns,
  })
  if (chosen.length <= fewColumns) return { columns: [...fixed, ...chosen], widthPx: undefined }
  const items = across.getVirtualItems()
  const beforePx = (items[0]?.index ?? 0) * chosenWidthPx
  const afterPx = (chosen.length - 1 - (items.at(-1)?.index ?? -1)) * chosenWidthPx
  return {
    columns: [
      ...fixed,
      ...room<Row>('before', beforePx),
      ...items.flatMap(({ index }) => chosen[index] ?? []),
      ...room<Row>('after', afterPx),
    ],
    widthPx: fixedPx + chosen.length * chosenWidthPx,
  }
}

function room<Row>(id: string, widthPx: number): Column<Row>[] {
  return widthPx === 0 ? [] : [{ id, header: null, cell: () => null, width: `${widthPx}px` }]
}
