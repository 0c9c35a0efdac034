import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mainModule } from '../../package-facts.ts'

/**
 * A directory with a program `gyre` that is this very installation on this very Node, so that a
 * stage's `gyre train …` needs nothing installed and starts without a detour. What `bin/launch.js` sets
 * for Node is set here, too: a stage's environment is clean.
 */
export async function makeGyreShim(directory: string): Promise<string> {
  const { path: main, isSource } = mainModule()
  const condition = isSource ? ' --conditions=gyre-source' : ''
  const text = [
    '#!/bin/sh',
    `export NODE_COMPILE_CACHE="\${NODE_COMPILE_CACHE:-${compileCache()}}"`,
    'export UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-16}"',
    `exec ${quote(process.execPath)}${condition} ${quote(main)} "$@"`,
    '',
  ].join('\n')
  const program = join(directory, 'gyre')
  if ((await readFile(program, 'utf8').catch(() => '')) === text) return directory
  await mkdir(directory, { recursive: true })
  const draft = `${program}.${process.pid}`
  await writeFile(draft, text)
  await chmod(draft, 0o755)
  await rename(draft, program)
  return directory
}

/** Where the launcher keeps compiled code: starting costs half without it. */
function compileCache(): string {
  const own = process.env['NODE_COMPILE_CACHE']
  return own === undefined || /["$`\\]/.test(own) ? '/tmp/gyre-cache/compiled' : own
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
