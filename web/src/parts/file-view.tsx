import { type ReactNode, useEffect, useMemo, useState } from 'react'
import type { UseQueryResult } from '@tanstack/react-query'
import { useRead } from './client.tsx'
import type { Client } from '#client/client'
import { Snippet } from './copyable.tsx'
import { bytesOf, type FileText, textOf } from './file-bytes.ts'
import { fileKindOf, imageTypeOf } from './file-kind.ts'
import css from './file-view.module.css'
import { Framed, FramedMarkdown } from './framed.tsx'
import { JsonTree } from './json-tree.tsx'
import { Loaded } from './loaded.tsx'
import { type Preview, TablePreview } from './table-preview.tsx'

const mostTextBytes = 400_000
const mostJsonBytes = 5_000_000

/** How a stored file is read, wherever it is stored. */
export interface FileReads {
  /** Names the file and its content: another content has another key. */
  key: readonly unknown[]
  watch: readonly string[]
  content: (client: Client) => Promise<{ content: AsyncIterable<Uint8Array> }>
  table: (client: Client) => Promise<Preview>
  /** Where a browser may show it as a page of its own; without it a page is shown as its text. */
  view?: (client: Client) => Promise<{ address: string }>
}

/** Looks into a file: tables, pictures, JSON, Markdown, pages in a sandbox, and any text. */
export function FileView({ path, reads }: { path: string; reads: FileReads }) {
  switch (fileKindOf(path)) {
    case 'image':
      return <ImageView path={path} reads={reads} />
    case 'table':
      return <TableView path={path} reads={reads} />
    case 'html':
      return reads.view === undefined ? (
        <TextView path={path} reads={reads} most={mostTextBytes} show={plain} />
      ) : (
        <PageView path={path} reads={reads} view={reads.view} />
      )
    case 'json':
      return <TextView path={path} reads={reads} most={mostJsonBytes} show={jsonOf} />
    case 'markdown':
      return <TextView path={path} reads={reads} most={mostTextBytes} show={markdownOf} />
    case 'text':
      return <TextView path={path} reads={reads} most={mostTextBytes} show={plain} />
  }
}

interface ViewProps {
  path: string
  reads: FileReads
}

function useFile<T>(
  { key, watch }: FileReads,
  what: string,
  read: (client: Client) => Promise<T>,
): UseQueryResult<T> {
  return useRead(['file', what, ...key], read, { watch })
}

interface TextViewProps extends ViewProps {
  most: number
  show: (path: string, file: FileText) => ReactNode
}

function TextView({ path, reads, most, show }: TextViewProps) {
  const text = useFile(reads, `text ${most}`, async (client) =>
    textOf((await reads.content(client)).content, most),
  )
  return (
    <Loaded query={text}>
      {(file) =>
        file === null ? (
          <p className="quiet">This file is not text. Download it to look inside.</p>
        ) : (
          show(path, file)
        )
      }
    </Loaded>
  )
}

function plain(path: string, { text, isCut }: FileText): ReactNode {
  return <Snippet label={`Content of ${path}`}>{isCut ? `${text}\n… cut off here` : text}</Snippet>
}

function jsonOf(path: string, file: FileText): ReactNode {
  try {
    return <JsonTree value={JSON.parse(file.text)} />
  } catch {
    // Cut off, or no JSON whatever its name says: it is a text all the same.
    return plain(path, file)
  }
}

function markdownOf(path: string, { text }: FileText): ReactNode {
  return <FramedMarkdown title={path} text={text} />
}

function TableView({ path, reads }: ViewProps) {
  const preview = useFile(reads, 'table', reads.table)
  return (
    <Loaded query={preview}>
      {(data) => <TablePreview label={`First rows of ${path}`} preview={data} />}
    </Loaded>
  )
}

interface PageViewProps extends ViewProps {
  view: NonNullable<FileReads['view']>
}

function PageView({ path, reads, view }: PageViewProps) {
  const address = useFile(reads, 'view', view)
  return (
    <Loaded query={address}>{(shown) => <Framed title={path} address={shown.address} />}</Loaded>
  )
}

function ImageView({ path, reads }: ViewProps) {
  const image = useFile(reads, 'image', async (client) => {
    const chunks = await bytesOf((await reads.content(client)).content)
    return new Blob(chunks, { type: imageTypeOf(path) })
  })
  return <Loaded query={image}>{(blob) => <Picture path={path} blob={blob} />}</Loaded>
}

function Picture({ path, blob }: { path: string; blob: Blob }) {
  const [broken, setBroken] = useState(false)
  const address = useMemo(() => URL.createObjectURL(blob), [blob])
  useEffect(() => () => URL.revokeObjectURL(address), [address])
  if (broken) return <p className="quiet">No browser can draw this picture. Download it.</p>
  return <img className={css['image']} src={address} alt={path} onError={() => setBroken(true)} />
}
