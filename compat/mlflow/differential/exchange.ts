import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** One question of the story and what MLflow answered to it. */
export interface Exchange {
  method: string
  /** With its query; `$name` stands for what an earlier answer of the same server gave. */
  path: string
  /** As it was sent, to the byte. */
  body?: string
  /** Where in the answer to find what later questions name: `run: 'run.info.run_id'`. */
  keep?: Readonly<Record<string, string>>
  about?: string
  status: number
  answer: unknown
}

export interface Answer {
  status: number
  content: unknown
}

/** What `record.py` wrote. */
export async function recorded(): Promise<Exchange[]> {
  const packed = await readFile(join(import.meta.dirname, 'mlflow-3.17.2.jsonl.gz'))
  const lines = gunzipSync(packed).toString('utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Exchange)
}

/** A server under its address, and what its answers named so far. */
export class Asked {
  readonly known = new Map<string, string>()
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async ask({ method, path, body, keep }: Exchange): Promise<Answer> {
    const response = await fetch(this.#url + this.#filled(path), {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : this.#filled(body),
    })
    const content = contentOf(await response.text(), this.#url)
    this.learn(content, keep)
    return { status: response.status, content }
  }

  learn(content: unknown, keep: Exchange['keep'] = {}): void {
    for (const [name, path] of Object.entries(keep)) {
      this.known.set(name, reach(content, path) ?? `(no ${path})`)
    }
  }

  #filled(text: string): string {
    return text.replaceAll(/\$(\w+)/g, (whole, name: string) => this.known.get(name) ?? whole)
  }
}

function contentOf(text: string, url: string): unknown {
  const named = text.replaceAll(url, '<server>')
  try {
    return JSON.parse(named)
  } catch {
    return named
  }
}

function reach(content: unknown, path: string): string | undefined {
  let found = content
  for (const part of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[part]
  if (typeof found === 'number') return String(found)
  return typeof found === 'string' ? found : undefined
}
