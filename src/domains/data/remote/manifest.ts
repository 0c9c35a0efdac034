import { dvcManifest, type ManifestEntry, parseDvcManifest } from '#kernel/dvc-manifest'
import { invalid } from '#kernel/errors'
import type { Context, Md5 } from '#domains/access/index'

/**
 * Reads DVC's `.dir` manifest and compares it with its name. Errors: `invalid` for what is no
 * manifest, is not what the name says, or has members that lie outside, are given twice, or are both
 * file and directory.
 */
export function readManifest(
  { createMd5 }: Pick<Context, 'createMd5'>,
  content: Uint8Array,
  digest: string,
): ManifestEntry[] {
  const members = parseDvcManifest(decode(content), 'The manifest')
  const plain = createMd5().update(content).hex()
  // DVC names a manifest with metadata by what it is without.
  if (plain !== digest && canonicalMd5(createMd5(), members) !== digest) {
    throw invalid(
      `The manifest has md5 ${plain}, not ${digest} as its name says. It was damaged or cut short; push it again.`,
    )
  }
  return members
}

function canonicalMd5(md5: Md5, members: readonly ManifestEntry[]): string {
  return md5.update(new TextEncoder().encode(dvcManifest(members))).hex()
}

function decode(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    throw invalid('The manifest is not valid UTF-8.')
  }
}
