import type { BlobUpkeep } from '#ports/blobs/upkeep'
import { collect } from './collect.ts'
import type { HashThread } from './hash-thread-client.ts'
import type { StoreParts } from './parts.ts'
import { touchPlaces } from './places.ts'
import { rebuildIndex } from './rebuild-index.ts'
import { scrub, verify } from './scrub.ts'
import { copyObjects } from './second-copy.ts'
import { summarize } from './summary.ts'

export function createUpkeep(parts: StoreParts, hashes: HashThread): BlobUpkeep {
  return {
    collect: (live, policy) => collect(parts, live, policy),
    scrub: (input) => scrub(parts, hashes, input),
    verify: (digests, signal) => verify(parts, hashes, digests, signal),
    copy: (input) => copyObjects(parts, input),
    touch: async (digests) => void (await touchPlaces(parts, digests)),
    rebuildIndex: (onObject) => rebuildIndex(parts, onObject),
    summary: () => summarize(parts),
  }
}
