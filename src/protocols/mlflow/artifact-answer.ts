import type { FastifyReply, FastifyRequest } from 'fastify'
import { type BytesAnswer, sendBytes } from '../http/bytes-answer.ts'
import { contentTypeOf } from './artifact-paths.ts'

/** Sends a file as what its name says that it is, to be saved under that name. */
export function sendArtifact(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  file: { sha256: string; sizeBytes: number; content: BytesAnswer['content'] },
): Promise<FastifyReply> {
  const { sha256: etag, sizeBytes, content } = file
  const fileName = path.slice(path.lastIndexOf('/') + 1)
  const contentType = contentTypeOf(fileName)
  return sendBytes(request, reply, { contentType, sizeBytes, etag, fileName, content })
}

/** A value of an address; undefined when it is not there or empty. */
export function queryText(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[name]
  const first = Array.isArray(value) ? value[0] : value
  return first === '' ? undefined : first
}
