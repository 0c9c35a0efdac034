import type { Bucket } from './bucket.ts'

export interface ListedObject {
  key: string
  sizeBytes: number
  modifiedAt: number
}

/** Every object whose key begins so, in their order. */
export async function* listBucket(bucket: Bucket, prefix: string): AsyncGenerator<ListedObject> {
  for (let token: string | undefined; ;) {
    const query = {
      'list-type': '2',
      prefix: bucket.nameOf(prefix),
      ...(token === undefined ? {} : { 'continuation-token': token }),
    }
    const text = await (await bucket.send('', { query })).text()
    for (const [, entry = ''] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
      yield {
        key: bucket.keyOf(member(entry, 'Key')),
        sizeBytes: Number(member(entry, 'Size')),
        modifiedAt: Date.parse(member(entry, 'LastModified')),
      }
    }
    token = /<IsTruncated>true</.test(text) ? member(text, 'NextContinuationToken') : undefined
    if (token === undefined) return
  }
}

function member(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}
