import { text } from 'node:stream/consumers'
import { invalid } from '#kernel/errors'

/** How the commands that need a password say where it comes from. */
export const passwordHelp = 'The password is read from GYRE_PASSWORD, else from standard input.'

/** Never from the command line, where other users of the machine could read it. */
export async function readPassword(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const given = environment['GYRE_PASSWORD']
  if (given !== undefined) return given
  if (process.stdin.isTTY) process.stderr.write('Password (shown while typed; end with Ctrl-D): ')
  const typed = (await text(process.stdin)).replace(/\r?\n$/, '')
  if (typed !== '') return typed
  throw invalid('No password was given. Set GYRE_PASSWORD, or write it to standard input.')
}
