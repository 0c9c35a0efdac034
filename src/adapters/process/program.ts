import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import { invalid } from '#kernel/errors'
import type { Command } from '#ports/executor/executor'

const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR']

/** Only what every program needs, and what the command brings: never the server's secrets. */
export function environmentOf(command: Command): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const name of inherited) {
    const value = process.env[name]
    if (value !== undefined) environment[name] = value
  }
  for (const [name, value] of Object.entries(command.environment)) {
    if (name === '' || /[=\0]/.test(name) || value.includes('\0')) {
      throw invalid(`${JSON.stringify(name)} cannot be set in a command's environment.`)
    }
    environment[name] = value
  }
  return environment
}

/** Program and arguments, found and executable; `invalid` says what is missing. */
export async function argumentsOf(
  command: Command,
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  await checkDirectory(command.workingDirectory)
  if (command.shell !== undefined) return ['/bin/sh', '-c', withoutNul(command.shell)]
  const [program, ...rest] = command.argv ?? []
  if (program === undefined || program === '') throw invalid('The command is empty.')
  const path = await findProgram(program, command.workingDirectory, environment['PATH'] ?? '')
  return [path, ...rest.map(withoutNul)]
}

function withoutNul(text: string): string {
  if (!text.includes('\0')) return text
  throw invalid('A command cannot hold a NUL character.')
}

async function checkDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true) return
  const problem = found === undefined ? 'does not exist' : 'is not a directory'
  throw invalid(`The command's working directory ${path} ${problem}.`)
}

async function findProgram(program: string, directory: string, path: string): Promise<string> {
  const places = program.includes('/')
    ? [resolve(directory, program)]
    : path.split(delimiter).map((place) => resolve(directory, place, program))
  for (const place of places) if (await isExecutable(place)) return place
  throw invalid(
    `The program "${program}" ${program.includes('/') ? 'is not there or not executable' : 'is not on the PATH'}. ` +
      'Install it, or correct the command.',
  )
}

async function isExecutable(path: string): Promise<boolean> {
  if (path.includes('\0')) return false
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    // Not here; perhaps in the next place.
    return false
  }
}
