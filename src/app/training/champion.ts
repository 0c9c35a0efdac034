import type { Client } from '#client/client'
import { GyreError, invalid } from '#kernel/errors'

/** The model that a new one is compared with. */
export interface Champion {
  model: string
  version: number
  onnx: Uint8Array
  modelSha256: string
  features: string[]
}

/**
 * Fetches `late-flights@champion`, or says why there is none. Errors: `invalid` for a reference that
 * is none; `unavailable` when the server does not answer.
 */
export async function fetchChampion(
  { client, project }: { client: Client; project: string },
  reference: string,
): Promise<Champion | { reason: string }> {
  const at = reference.lastIndexOf('@')
  if (at < 1) throw invalid(`"${reference}" names no version. Write late-flights@champion.`)
  const params = { project, model: reference.slice(0, at), version: reference.slice(at + 1) }
  try {
    const version = await client.models.getVersion({ params })
    const file = version.files.find(({ path }) => path === 'model.onnx')
    const { content } = await client.models.downloadVersionFile({
      params,
      query: { path: 'model.onnx' },
    })
    return {
      model: version.model,
      version: version.version,
      onnx: await bytesOf(content),
      modelSha256: file?.sha256 ?? '',
      features: version.features,
    }
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found') {
      return { reason: `There is no ${reference} yet.` }
    }
    throw thrown
  }
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks)
}
