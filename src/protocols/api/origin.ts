import { GyreError } from '#kernel/errors'

export interface HostRules {
  /**
   * Names and addresses under which this server may be reached, without port; `undefined` for any,
   * which is only safe where every request needs a token.
   */
  hosts: ReadonlySet<string> | undefined
  /** Pages of other origins that may change things here, such as a development server. */
  origins: ReadonlySet<string>
}

interface Headers {
  host?: string | undefined
  origin?: string | undefined
  'sec-fetch-site'?: string | string[] | undefined
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what a foreign web page could make a browser send: a request to a name that is not ours
 * (DNS rebinding), and a change asked for by another origin (CSRF). Clients that are no browsers
 * send no `Origin` and pass.
 */
export function checkOrigin(rules: HostRules, method: string, headers: Headers): void {
  const host = headers.host
  const name = host === undefined ? undefined : hostName(host)
  if (rules.hosts !== undefined && (name === undefined || !rules.hosts.has(name))) {
    throw refusal(
      `This server does not answer to the name ${JSON.stringify(host ?? '')}. ` +
        'Start it with --allowed-host NAME if that name is right.',
    )
  }
  if (safeMethods.has(method)) return
  const { origin } = headers
  const foreign =
    origin === undefined ? headers['sec-fetch-site'] === 'cross-site' : !isOwn(rules, origin, host)
  if (foreign) {
    throw refusal(
      `A page of ${JSON.stringify(origin ?? 'another site')} may not change anything here.`,
    )
  }
}

function isOwn(rules: HostRules, origin: string, host: string | undefined): boolean {
  if (rules.origins.has(origin)) return true
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)
}

/** The name in a Host header, without its port; `undefined` for what is none. */
function hostName(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^:/@\s]+)(:\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase()
}

function refusal(message: string): GyreError {
  return new GyreError({ code: 'forbidden', public: message })
}
