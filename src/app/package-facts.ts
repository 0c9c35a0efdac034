import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of this package: of the checkout, or where it was installed. */
export function packageDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory)
  return directory
}

export function packageVersion(): string {
  const manifest = readFileSync(join(packageDirectory(), 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** Where the built page is. */
export function pageDirectory(): string {
  return join(packageDirectory(), 'dist', 'web')
}

/** The program's first module: its source, or what was built of it, which lies beside this file. */
export function mainModule(): { path: string; isSource: boolean } {
  const isSource = import.meta.url.endsWith('.ts')
  const path = isSource
    ? join(packageDirectory(), 'src/cli/main.ts')
    : fileURLToPath(new URL('./main.js', import.meta.url))
  return { path, isSource }
}
