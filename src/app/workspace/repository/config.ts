import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { GyreError, invalid } from '#kernel/errors'
import { type ConfigSections, parseConfigText } from './config-text.ts'

export const linkTypes = ['reflink', 'copy', 'hardlink', 'symlink'] as const
export type LinkType = (typeof linkTypes)[number]

/** A remote as it is configured; `options` are all its keys but `url`. */
export interface RemoteConfig {
  name: string
  url: string
  options: ReadonlyMap<string, string>
}

/** DVC's configuration: the system's, the user's, `.dvc/config`, `.dvc/config.local`, later ones win. */
export interface DvcConfig {
  cacheDirectory: string
  /** How files come from the cache into the work tree, the first that works. */
  linkTypes: LinkType[]
  /** Whether the cache is written for a group. */
  shared: boolean
  autostage: boolean
  hardlinkLock: boolean
  noScm: boolean
  /** The remote of that name, else the default one. Errors: `not_found` says how to make one. */
  remote(name?: string): RemoteConfig
  remoteNames: string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the configuration of a repository. Errors: `invalid` names the file and the line. */
export function readConfig(dvcDirectory: string, environment: Environment): DvcConfig {
  const merged: ConfigSections = new Map()
  for (const file of configFiles(dvcDirectory, environment)) mergeFile(merged, file)
  const core = merged.get('core') ?? new Map<string, string>()
  const cache = merged.get('cache') ?? new Map<string, string>()
  const remotes = remotesOf(merged)
  return {
    cacheDirectory: cache.get('dir') ?? join(dvcDirectory, 'cache'),
    linkTypes: linkTypesOf(cache.get('type')),
    shared: cache.get('shared')?.toLowerCase() === 'group',
    autostage: isTrue(core.get('autostage')),
    hardlinkLock: isTrue(core.get('hardlink_lock')),
    noScm: isTrue(core.get('no_scm')),
    remoteNames: [...remotes.keys()],
    remote: (name) => findRemote(remotes, name ?? core.get('remote'), name !== undefined),
  }
}

function configFiles(dvcDirectory: string, environment: Environment): string[] {
  const home = environment['HOME'] ?? homedir()
  const system = environment['DVC_SYSTEM_CONFIG_DIR'] ?? '/etc/xdg/dvc'
  const user =
    environment['DVC_GLOBAL_CONFIG_DIR'] ??
    join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'dvc')
  return [
    join(system, 'config'),
    join(user, 'config'),
    join(dvcDirectory, 'config'),
    join(dvcDirectory, 'config.local'),
  ]
}

function mergeFile(merged: ConfigSections, file: string): void {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return
    throw invalid(`${file} cannot be read (${(thrown as Error).message}).`)
  }
  for (const [section, values] of parseConfigText(text, file)) {
    const into = merged.get(section) ?? new Map<string, string>()
    for (const [key, value] of values) into.set(key, resolved(section, key, value, dirname(file)))
    merged.set(section, into)
  }
}

/** Paths in a configuration are from the directory of its file. */
function resolved(section: string, key: string, value: string, directory: string): string {
  const isPath =
    (section === 'cache' && key === 'dir') ||
    (section.startsWith('remote ') && ['url', 'credentialpath', 'configpath'].includes(key))
  if (!isPath || /^\w+:\/\//.test(value) || isAbsolute(value)) return value
  if (value === '~' || value.startsWith('~/')) return join(homedir(), value.slice(1))
  return resolve(directory, value)
}

function remotesOf(merged: ConfigSections): Map<string, RemoteConfig> {
  const remotes = new Map<string, RemoteConfig>()
  for (const [section, values] of merged) {
    const name = /^\s*remote\s*"(.*)"\s*$/.exec(section)?.[1]
    if (name === undefined) continue
    const options = new Map(values)
    options.delete('url')
    remotes.set(name.toLowerCase(), { name, url: values.get('url') ?? '', options })
  }
  return remotes
}

function findRemote(
  remotes: ReadonlyMap<string, RemoteConfig>,
  name: string | undefined,
  asked: boolean,
): RemoteConfig {
  if (name === undefined) {
    throw new GyreError({
      code: 'not_found',
      public:
        'No remote is configured. Add one with: dvc remote add -d NAME URL, or write it into .dvc/config.',
    })
  }
  const found = remotes.get(name.toLowerCase())
  if (found === undefined || found.url === '') {
    const known = [...remotes.keys()].join(', ') || 'none'
    throw new GyreError({
      code: 'not_found',
      public: `There is no remote "${name}"${asked ? '' : ' (core.remote)'}. Configured: ${known}.`,
    })
  }
  return found
}

function linkTypesOf(text: string | undefined): LinkType[] {
  if (text === undefined) return ['reflink', 'copy']
  return text.split(',').map((part) => {
    const word = part.trim().toLowerCase()
    const known = linkTypes.find((type) => type === word)
    if (known === undefined) {
      throw invalid(`cache.type is ${JSON.stringify(text)}. Use ${linkTypes.join(', ')}.`)
    }
    return known
  })
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && ['true', 'yes', 'on', '1'].includes(text.toLowerCase())
}
