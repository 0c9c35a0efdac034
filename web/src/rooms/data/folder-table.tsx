import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef } from 'react'
import { Anchor } from '../../parts/anchor.tsx'
import { type Column, TableHead, TableRow } from '../../parts/data-table.tsx'
import tableCss from '../../parts/data-table.module.css'
import { DownloadLink } from '../../parts/download-link.tsx'
import { Digest } from '../../parts/copyable.tsx'
import { Icon } from '../../parts/icon.tsx'
import { bytesText, countText } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { useProject } from '../../parts/project.tsx'
import { moveAlongRows } from '../../parts/row-keys.ts'
import { RowSpacer } from '../../parts/row-spacer.tsx'
import { useUrlWith } from '../../parts/url-state.ts'
import { contentAddress } from './content-address.ts'
import type { DataVersionDetail } from './data-reads.ts'
import type { FolderEntry } from './folder-reads.ts'
import css from './folder-table.module.css'

const rowHeight = 34

interface FolderTableProps {
  version: DataVersionDetail
  pages: UseInfiniteQueryResult<{ pages: { items: FolderEntry[]; entries: number }[] }>
  chosen: string
}

/** Draws only the rows in sight, however many a folder has, and asks for the next ones in time. */
export function FolderTable({ version, pages, chosen }: FolderTableProps) {
  const entries = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data])
  const total = pages.data?.pages[0]?.entries ?? 0
  const scroller = useRef<HTMLDivElement>(null)
  const withTexts = useUrlWith()
  const columns = useColumns(version, chosen !== '')
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 15,
  })
  const rows = virtual.getVirtualItems()
  const lastShown = rows.at(-1)?.index ?? 0
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastShown > entries.length - 100) {
      void fetchNextPage()
    }
  }, [lastShown, entries.length, hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <div
      ref={scroller}
      className={css['scroller']}
      role="group"
      aria-label="Files"
      tabIndex={0}
      onKeyDown={moveAlongRows}
    >
      <table
        className={`${tableCss['table']} ${css['table']}`}
        aria-label="Files"
        aria-rowcount={total}
      >
        <TableHead columns={columns} />
        <tbody>
          <RowSpacer height={rows[0]?.start ?? 0} columns={columns.length} />
          {rows.map(({ index }) => {
            const entry = entries[index]
            if (entry === undefined) return null
            return (
              <TableRow
                key={entry.path}
                row={entry}
                columns={columns}
                height={rowHeight}
                rowTo={({ path, isFolder }) =>
                  withTexts(isFolder ? { folder: path, file: '' } : { file: path })
                }
                rowMark={({ path }) => (path === chosen ? 'chosen' : undefined)}
              />
            )
          })}
          <RowSpacer
            height={virtual.getTotalSize() - (rows.at(-1)?.end ?? 0)}
            columns={columns.length}
          />
        </tbody>
      </table>
    </div>
  )
}

/** Beside an open file there is room for names and sizes only. */
function useColumns(version: DataVersionDetail, narrow: boolean): Column<FolderEntry>[] {
  const project = useProject()
  const all: Column<FolderEntry>[] = [
    { id: 'name', header: 'Name', cell: (entry) => <EntryName entry={entry} /> },
    {
      id: 'files',
      header: 'Files',
      align: 'end',
      cell: ({ isFolder, files }) => (isFolder ? countText(files) : ''),
    },
    { id: 'size', header: 'Size', align: 'end', cell: ({ sizeBytes }) => bytesText(sizeBytes) },
  ]
  if (narrow) return all
  return [
    ...all,
    {
      id: 'sha256',
      header: 'sha256',
      secondary: true,
      cell: ({ sha256 }) => (sha256 === null ? '' : <Digest value={sha256} length={10} />),
    },
    {
      id: 'md5',
      header: 'md5',
      secondary: true,
      cell: ({ md5 }) => (md5 === null ? '' : <Digest value={md5} length={8} />),
    },
    {
      id: 'get',
      header: <span className="visually-hidden">Why it is kept, download</span>,
      align: 'end',
      cell: (entry) =>
        entry.isFolder ? null : (
          <span className={css['name']}>
            <Anchor to={places.why(`blob:${entry.sha256}`)}>Why kept</Anchor>
            <DownloadLink
              address={contentAddress(project, version, entry.path)}
              name={nameOf(entry)}
            />
          </span>
        ),
    },
  ]
}

function EntryName({ entry }: { entry: FolderEntry }) {
  return (
    <span className={css['name']}>
      <Icon name={entry.isFolder ? 'right' : 'file'} size={14} />
      {nameOf(entry)}
      {entry.isFolder ? '/' : ''}
    </span>
  )
}

function nameOf({ path }: FolderEntry): string {
  return path.split('/').at(-1) ?? path
}
