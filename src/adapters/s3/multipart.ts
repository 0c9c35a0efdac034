import { GyreError } from '#kernel/errors'
import type { Bucket } from './bucket.ts'

/** Parts of this size, at most 10,000 of them: up to 640 GB. */
export const partBytes = 64 * 1024 * 1024

/** Puts a file that is too large for one request; nothing is seen before the last part is there. */
export async function putInParts(
  bucket: Bucket,
  key: string,
  file: Blob,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const uploadId = await begin(bucket, key, headers)
  try {
    const etags: string[] = []
    for (let start = 0; start < file.size; start += partBytes) {
      const part = file.slice(start, start + partBytes)
      const query = { partNumber: String(etags.length + 1), uploadId }
      const answer = await bucket.send(key, { method: 'PUT', query, body: part })
      await answer.arrayBuffer()
      etags.push(answer.headers.get('etag') ?? '')
    }
    await complete(bucket, key, uploadId, etags)
  } catch (thrown) {
    await bucket.send(key, { method: 'DELETE', query: { uploadId } }).catch(() => undefined)
    throw thrown
  }
}

async function begin(
  bucket: Bucket,
  key: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const answer = await bucket.send(key, { method: 'POST', query: { uploads: '' }, headers })
  const id = /<UploadId>([^<]+)<\/UploadId>/.exec(await answer.text())?.[1]
  if (id === undefined) throw noAnswer('began no upload')
  return id
}

async function complete(
  bucket: Bucket,
  key: string,
  uploadId: string,
  etags: readonly string[],
): Promise<void> {
  const parts = etags.map(
    (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
  )
  const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
  const answer = await bucket.send(key, { method: 'POST', query: { uploadId }, body })
  // It may say so after it has answered 200.
  if (/<Error>/.test(await answer.text())) throw noAnswer('did not put the parts together')
}

function noAnswer(what: string): GyreError {
  return new GyreError({ code: 'unavailable', public: `The object storage ${what}.` })
}
