import { deflateRawSync, inflateRawSync } from 'node:zlib'

export function deflateText(text: string): Uint8Array {
  return deflateRawSync(text)
}

export function inflateText(bytes: Uint8Array): string {
  return inflateRawSync(bytes).toString('utf8')
}
