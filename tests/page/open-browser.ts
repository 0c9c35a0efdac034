import { existsSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

export const chromiumPath = process.env['GYRE_TEST_CHROMIUM'] ?? '/usr/bin/chromium'

/** Why browser tests cannot run here; nothing when they can. */
export const noBrowser = existsSync(chromiumPath)
  ? false
  : `there is no Chromium at ${chromiumPath}: apt-get install chromium, or set GYRE_TEST_CHROMIUM`

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export interface Screen {
  theme: 'light' | 'dark'
  width: number
}

/** A person with an empty cache and a screen of their own. */
export async function openScreen(
  browser: Browser,
  { theme, width }: Screen,
): Promise<BrowserContext> {
  return browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme })
}

/** Opens an address and gathers what goes wrong there. */
export async function visit(
  screen: BrowserContext,
  url: string,
): Promise<{ page: Page; problems: string[] }> {
  const page = await screen.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`thrown: ${error.message}`))
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
  })
  await page.goto(url)
  await settle(page)
  return { page, problems }
}

/** Waits until everything that was to be loaded stands. */
export async function settle(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null)
}

/** What axe finds, one line for each rule. */
export async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  return found.map(({ id, nodes }) => {
    const places = nodes.slice(0, 3).map((node) => node.target.join(' '))
    return `${id}: ${places.join(', ')}`
  })
}
