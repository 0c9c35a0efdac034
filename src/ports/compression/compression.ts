/**
 * Makes bytes fewer, and gives them back as they were. Both work beside the event loop. What one
 * version compressed, every later one decompresses; `decompress` throws for anything else.
 */
export interface Compression {
  compress(bytes: Uint8Array): Promise<Uint8Array>
  decompress(bytes: Uint8Array): Promise<Uint8Array>
}
