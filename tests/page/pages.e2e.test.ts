import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { type OpenedServer, openServer } from '#app/opened-server.contract'
import type { Client } from '#client/client'
import { noBrowser, openBrowser, openScreen, settle, violations, visit } from './open-browser.ts'
import { type Address, addressesOf } from './seed-addresses.ts'
import { seedProject } from './seed-project.ts'

const project = 'flights'
const manyRuns = 10_000

describe('the page', { skip: noBrowser }, () => {
  let server: OpenedServer
  let client: Client
  let browser: Browser
  let repository: string
  let addresses: Address[]

  before(async () => {
    const built = join(import.meta.dirname, '../../dist/web/index.html')
    assert.ok(existsSync(built), 'the page is not built: npm run build')
    repository = await mkdtemp(join(tmpdir(), 'gyre-page-'))
    await writeFile(join(repository, 'dvc.yaml'), 'stages: {}\n')
    server = await openServer()
    client = server.client()
    browser = await openBrowser()
    await seedProject(client, { project, url: server.url, directory: repository, manyRuns })
    addresses = await addressesOf(client, project)
  })

  after(async () => {
    await browser?.close()
    await server?.close()
    await rm(repository, { recursive: true, force: true })
  })

  const addressOf = (path: string) =>
    `${server.url}${path}${path.includes('?') ? '&' : '?'}project=${project}`

  /** For one story each: nobody remembers anything from another one. */
  const open = async (path: string) => {
    const screen = await openScreen(browser, { theme: 'light', width: 1440 })
    const visited = await visit(screen, addressOf(path))
    visited.page.once('close', () => void screen.close())
    return visited
  }

  for (const theme of ['light', 'dark'] as const) {
    for (const width of [1440, 800]) {
      it(`shows every page, ${theme}, ${width} px wide`, async () => {
        const screen = await openScreen(browser, { theme, width })
        for (const [path, heading] of addresses) {
          const { page, problems } = await visit(screen, addressOf(path))
          const title = await page.getByRole('heading', { level: 1 }).innerText()
          assert.equal(title, heading, path)
          assert.deepEqual(problems, [], path)
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - window.innerWidth,
          )
          assert.ok(overflow <= 0, `${path} is ${overflow} px wider than the screen`)
          assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), theme)
          // Each theme once: axe takes longer than all the rest.
          if ((theme === 'light') === (width === 1440)) {
            assert.deepEqual(await violations(page), [], path)
          }
          await page.close()
        }
        await screen.close()
      })
    }
  }

  it('stands before the application has loaded', async () => {
    const answer = await fetch(`${server.url}/`, { headers: { accept: 'text/html' } })
    const html = await answer.text()
    assert.match(html, /class="first-nav"/)
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'self'/)
    assert.doesNotMatch(html, /<script(?![^>]*src=)/, 'no script stands in the document itself')
  })

  it('keeps ten thousand runs in a table that draws only what is in sight', async () => {
    const { page, problems } = await open('/runs?order=attributes.run_name%20asc')
    const table = page.getByRole('table', { name: 'Runs' })
    assert.equal(await table.getAttribute('aria-rowcount'), String(manyRuns + 13))
    const scroller = page.getByRole('group', { name: 'Runs' })
    const last = page.getByRole('link', { name: 'trees-8' })
    for (let step = 0; step < 200 && (await last.count()) === 0; step++) {
      await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight))
      await page.waitForTimeout(60)
    }
    await last.waitFor()
    const drawn = await table.locator('tbody tr').count()
    assert.ok(drawn < 100, `${drawn} rows are drawn`)
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('filters, sorts and chooses runs in its address', async () => {
    const { page } = await open('/runs')
    const filter = page.getByRole('textbox', { name: 'Filter runs' })
    await page.keyboard.press('/')
    assert.ok(await filter.evaluate((element) => element === document.activeElement))
    await filter.fill("params.trees = '60' and metrics.valid_auc > 0.1")
    await page.getByRole('link', { name: 'trees-11' }).waitFor()
    await page.waitForFunction(() => document.querySelectorAll('[data-row-link]').length === 12)
    await page.getByRole('button', { name: 'valid_auc' }).click()
    await page.waitForURL(/order=metrics\.valid_auc/)
    await page.getByRole('checkbox', { name: 'Choose trees-1', exact: true }).check()
    await page.getByRole('checkbox', { name: 'Choose trees-2', exact: true }).check()
    await page.reload()
    await page.getByRole('link', { name: 'Compare 2 runs' }).click()
    await page.getByRole('heading', { name: 'Compare 2 runs' }).waitFor()
    await page.goto(addressOf('/runs?filter=metrics.auc%20%3D%3D%3D'))
    await page.getByText(/Near character 13, a number or a text in quotes is expected/).waitFor()
    await page.close()
  })

  it('follows the keyboard', async () => {
    const { page, problems } = await open('/')
    await page.keyboard.press('g')
    await page.keyboard.press('d')
    await page.getByRole('heading', { name: 'Data', level: 1 }).waitFor()
    await settle(page)
    await page.getByRole('group', { name: 'Data sets' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'flights', level: 1 }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    assert.deepEqual(await violations(page), [])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' })
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to' }).fill('late-flights-weekly')
    await page.getByRole('option', { name: /late-flights-weekly/ }).waitFor()
    assert.deepEqual(await violations(page), [])
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'late-flights-weekly', level: 1 }).waitFor()
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('shows what happens elsewhere without being asked', async () => {
    const { page } = await open("/runs?filter=tags.origin%20%3D%20'elsewhere'")
    await page.getByText('No run matches').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    const { id } = await client.runs.createRun({
      params: { project },
      body: { name: 'from-elsewhere', tags: { origin: 'elsewhere' } },
    })
    await page.getByRole('link', { name: 'from-elsewhere' }).click()
    await page.getByRole('heading', { name: 'from-elsewhere' }).waitFor()
    const params = { project, run: id }
    await client.runs.logToRun({ params, body: { metrics: [{ key: 'pulse', value: 0.1234 }] } })
    await page.getByText('0.1234').first().waitFor()
    await client.runs.finishRun({ params, body: {} })
    await page.getByText('finished').waitFor()
    await page.close()
  })

  it('shows Markdown in a frame that can run nothing', async () => {
    // Nor can axe run in there, so that this page is not among the others.
    const { items } = await client.runs.searchRuns({
      params: { project },
      body: { filter: "params.trees = '60'", limit: 1 },
    })
    const { page, problems } = await open(
      `/runs/${items[0]?.id}?tab=artifacts&path=model&file=model/notes.md`,
    )
    const frame = page.locator('iframe[sandbox=""]')
    await frame.waitFor()
    assert.match((await frame.getAttribute('srcdoc')) ?? '', /<h1>Notes<\/h1>.*<strong>/s)
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('shows the card of a model in such a frame', async () => {
    const { page, problems } = await open('/models/late-flights/2?tab=card')
    const frame = page.locator('iframe[sandbox=""]')
    await frame.waitFor()
    const card = (await frame.getAttribute('srcdoc')) ?? ''
    assert.match(card, /<h2>Intended use<\/h2>.*Two more months of data\..*<h2>Fairness<\/h2>/s)
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('shows what pointed where at a moment that is picked', async () => {
    const { page, problems } = await open('/models/late-flights?tab=history')
    const then = page.getByRole('table', { name: 'Pointers at that moment' })
    const beta = then.getByRole('row').filter({ hasText: 'beta' })
    await beta.getByText('more data than version 1').waitFor()
    // Back over the moves: into production, archived, into staging, and the second move of beta.
    for (let step = 0; step < 10; step++) {
      if ((await beta.getByText('the trial begins').count()) > 0) break
      await page.getByRole('button', { name: 'Move before' }).click()
      await page.waitForTimeout(150)
    }
    await beta.getByRole('link', { name: 'late-flights v1' }).waitFor()
    assert.match(page.url(), /at=\d+/)
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('keeps what somebody says of a version', async () => {
    const { page, problems } = await open('/models/late-flights/3?tab=reviews')
    const words = 'The slices are worse by more than noise.'
    await page.getByRole('textbox', { name: 'Words' }).fill(words)
    await page.getByRole('button', { name: 'Reject' }).click()
    const said = page.getByRole('table', { name: 'Reviews' }).getByRole('row')
    await said.filter({ hasText: words }).getByText('rejected').waitFor()
    const params = { project, model: 'late-flights', version: '3' }
    const { items } = await client.registry.listReviews({ params })
    assert.deepEqual(items.map(({ verdict, comment }) => [verdict, comment]).at(-1), [
      'rejected',
      words,
    ])
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('sends a real prediction from its form', async () => {
    const { page, problems } = await open('/endpoints/late-flights?tab=try')
    await page.getByRole('textbox', { name: 'distance' }).fill('900')
    await page.getByRole('textbox', { name: 'hour' }).fill('17')
    await page.getByText('"distance": 900').waitFor()
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.getByText(/^0\.\d+$/).waitFor()
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('looks after an incident', async () => {
    const { items } = await client.alerts.listIncidents({
      params: { project },
      query: { state: 'open' },
    })
    const { page } = await open(`/alerts/${items.at(-1)?.id}`)
    await page.getByRole('textbox', { name: 'Note' }).fill('Looking at it.')
    await page.getByRole('button', { name: 'Acknowledge' }).click()
    await page.getByText('acknowledged').first().waitFor()
    await page.getByRole('button', { name: 'Resolve' }).click()
    await page.getByText('resolved').first().waitFor()
    await page.close()
  })

  it('shows the secret of a new token once', async () => {
    const { page } = await open('/settings?tab=tokens')
    await page.getByRole('button', { name: 'New token' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('from-the-page')
    await page.getByRole('button', { name: 'Make the token' }).click()
    await page.getByText(/Copy it now/).waitFor()
    assert.deepEqual(await violations(page), [])
    const secret = await page.getByRole('dialog').locator('code').innerText()
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByRole('button', { name: 'Revoke from-the-page' }).click()
    await page.getByText('revoked').waitFor()
    assert.equal(await page.getByText(secret).count(), 0)
    await page.close()
  })

  it('changes its colours and remembers them', async () => {
    const { page } = await open('/')
    const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme')
    await page.getByRole('button', { name: /Colours follow the system/ }).click()
    await page.getByRole('button', { name: /Light colours/ }).click()
    await page.getByRole('button', { name: /Dark colours/ }).waitFor()
    assert.equal(await scheme(), 'dark')
    await page.reload()
    await settle(page)
    assert.equal(await scheme(), 'dark')
    await page.close()
  })

  it('asks who is there where the server wants to know', async () => {
    const guarded = await openServer({ auth: 'tokens' })
    const ann = { name: 'ann', password: 'a password for ann' }
    await guarded.client(guarded.server.adminToken).access.createUser({
      body: { ...ann, grants: [{ project: 'default', role: 'viewer' }] },
    })
    const screen = await openScreen(browser, { theme: 'light', width: 1440 })
    const page = await screen.newPage()
    await page.goto(`${guarded.url}/settings`)
    await page.getByRole('dialog', { name: 'Sign in to Gyre' }).waitFor()
    assert.deepEqual(await violations(page), [])
    await page.getByText('Token', { exact: true }).click()
    assert.deepEqual(await violations(page), [])
    const field = page.getByRole('textbox', { name: 'Token' })
    await field.fill('not a token')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The server did not accept the last token.').waitFor()
    await field.fill(guarded.server.adminToken ?? '')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('admin in every project').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('dialog', { name: 'Sign in to Gyre' }).waitFor()
    await page.getByRole('textbox', { name: 'Name' }).fill(ann.name)
    await page.getByRole('textbox', { name: 'Password' }).fill('not her password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The user name or the password is wrong.').waitFor()
    await page.getByRole('textbox', { name: 'Password' }).fill(ann.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('viewer in default').waitFor()
    await screen.close()
    await guarded.close()
  })

  it('says what is wrong, and lets one try again', async () => {
    const { page } = await open(`/runs/${'0'.repeat(32)}`)
    await page
      .getByRole('alert')
      .getByText(/^Run with id=0{32} not found/)
      .waitFor()
    await page.getByRole('button', { name: 'Try again' }).waitFor()
    assert.deepEqual(await violations(page), [])
    await page.close()
  })

  it('guides in an empty project', async () => {
    await client.access.createProject({ body: { name: 'empty' } })
    const screen = await openScreen(browser, { theme: 'light', width: 1440 })
    for (const path of [
      '/',
      '/data',
      '/features',
      '/runs',
      '/models',
      '/pipelines',
      '/endpoints',
      '/monitors',
      '/alerts',
    ]) {
      const { page, problems } = await visit(screen, `${server.url}${path}?project=empty`)
      await page
        .getByText(/yet|Nothing is wrong/)
        .first()
        .waitFor()
      assert.deepEqual(problems, [], path)
      assert.deepEqual(await violations(page), [], path)
      await page.close()
    }
  })
})
