import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const pagePolicy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** What belongs to wires: an unknown address there is an error, not a view of the page. */
const wires =
  /^\/(api|ajax-api|v1|v2|dvc|feast|invocations|webhooks|terraform|health|ready|metrics|get-artifact|model-versions|graphql|version)(\/|$)/

/**
 * Serves the built page at `/`, every view of it under its own address. Without a built page the
 * root says how to get one.
 */
export async function mountPage(app: FastifyInstance, directory: string): Promise<void> {
  if (!existsSync(join(directory, 'index.html'))) {
    app.get('/', (_request, reply) =>
      reply
        .type('text/plain; charset=utf-8')
        .send('Gyre runs. The page is not built here: npm run build. The API is at /api/v1.\n'),
    )
    return
  }
  await app.register(fastifyStatic, {
    root: directory,
    preCompressed: true,
    // A route for each file would be made at the start, for hundreds of them.
    serve: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header('content-security-policy', pagePolicy)
      reply.header('cache-control', cachingOf(path))
    },
  })
  app.get('/', (_request, reply) => reply.sendFile('index.html'))
  app.get<{ Params: { file: string } }>('/assets/:file', (request, reply) =>
    reply.sendFile(`assets/${request.params.file}`),
  )
  for (const file of topFiles(directory)) {
    app.get(`/${file}`, (_request, reply) => reply.sendFile(file))
  }
}

/** What lies beside the assets, such as the icon; compressed copies are sent in place of these. */
function topFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
    .map((entry) => entry.name)
}

/** Whether an unknown address is a view of the page: asked for by a browser's address bar. */
export function isView(request: FastifyRequest): boolean {
  const [path = ''] = request.url.split('?')
  const wantsHtml = request.headers.accept?.includes('text/html') === true
  return request.method === 'GET' && wantsHtml && !wires.test(path) && !path.startsWith('/assets/')
}

/** Files under assets carry a digest of their content in their name. */
function cachingOf(path: string): string {
  return /[/\\]assets[/\\]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
}
