import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

export interface Nginx {
  url: string
  stop(): Promise<void>
}

/** nginx as a place to PUT files into, the simplest remote that dvc knows; null: it is not installed. */
export async function startNginx(directory: string): Promise<Nginx | null> {
  const port = await freePort()
  const files = join(directory, 'files')
  await mkdir(files, { recursive: true })
  const path = join(directory, 'nginx.conf')
  await writeFile(path, configuration(directory, files, port))
  const child = spawn('/usr/sbin/nginx', ['-c', path, '-p', directory], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  if (!(await isUp(child, url))) return null
  return {
    url,
    async stop() {
      const closed = once(child, 'close')
      child.kill('SIGTERM')
      await closed
    },
  }
}

function configuration(directory: string, files: string, port: number): string {
  return `daemon off; error_log ${directory}/error.log; pid ${directory}/pid; worker_processes 2;
user ${process.getuid?.() === 0 ? 'root' : (process.env['USER'] ?? 'nobody')};
events { worker_connections 1024; }
http { access_log off; client_max_body_size 0; client_body_temp_path ${directory}/temp;
  proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u;
  scgi_temp_path ${directory}/s;
  server { listen 127.0.0.1:${port}; root ${files};
    location / { dav_methods PUT DELETE; create_full_put_path on; } } }
`
}

async function isUp(child: ChildProcess, url: string): Promise<boolean> {
  let failed = false
  child.on('error', () => (failed = true))
  for (let attempt = 0; attempt < 100 && !failed && child.exitCode === null; attempt++) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer !== undefined) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  server.close()
  await once(server, 'close')
  return port
}
