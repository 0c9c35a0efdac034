import type { FastifyInstance } from 'fastify'
import { GyreError } from '#kernel/errors'
import type { Context, Platform } from '#domains/access/index'
import { sendBytes } from '../http/bytes-answer.ts'

const root = '/artifact-view'
const purpose = 'artifact-view'
const lifeMs = 60_000

/**
 * What a stored page may do: run its own scripts and draw, in an origin of its own, without a
 * network. So it can neither act as this server's page nor tell anybody what it shows.
 */
const policy = [
  'sandbox allow-scripts',
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob: data:",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'font-src data:',
  'worker-src blob:',
  "frame-ancestors 'self'",
].join('; ')

interface View {
  sha256: string
  expiresAt: number
}

/** An address at which a browser, which sends no token there, may show a blob for a minute. */
export function sealView(ctx: Context, sha256: string): { address: string; expiresAt: number } {
  const expiresAt = ctx.clock() + lifeMs
  const view: View = { sha256, expiresAt }
  const sealed = ctx.secrets.seal(JSON.stringify(view), purpose)
  return { address: `${root}/${encodeURIComponent(sealed)}`, expiresAt }
}

/** Shows HTML artifacts in a sandbox, by addresses of `sealView`. */
export function mountArtifactViews(app: FastifyInstance, platform: Platform): void {
  app.get<{ Params: { view: string } }>(`${root}/:view`, async (request, reply) => {
    const { sha256 } = openView(platform, request.params.view)
    const stat = await platform.blobs.stat(sha256)
    if (stat === undefined) throw ended()
    const content = platform.blobs.read(sha256)
    const { sizeBytes } = stat
    return sendBytes(request, reply, {
      contentType: 'text/html; charset=utf-8',
      policy,
      sizeBytes,
      content,
    })
  })
}

function openView(platform: Platform, sealed: string): View {
  let view: View
  try {
    view = JSON.parse(platform.secrets.open(sealed, purpose)) as View
  } catch {
    throw ended()
  }
  if (view.expiresAt <= platform.clock()) throw ended()
  return view
}

function ended(): GyreError {
  return new GyreError({
    code: 'not_found',
    public: 'This view has ended. Open the artifact again on the page of its run.',
  })
}
