import { hash } from 'node:crypto'

/** File systems take names of 255 bytes; some is left for what is written beside a file. */
const mostBytes = 200

/** The name itself, or when it is too long for a file system, its start and its digest. */
export function safeFileName(name: string): string {
  if (Buffer.byteLength(name) <= mostBytes) return name
  const dot = name.lastIndexOf('.')
  const ending = dot > 0 && name.length - dot <= 10 ? name.slice(dot) : ''
  return `${[...name].slice(0, 20).join('')}-${hash('sha256', name, 'hex').slice(0, 32)}${ending}`
}
