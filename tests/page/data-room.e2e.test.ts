import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { BlobTables } from '#ports/blobs/blob-tables'
import { type OpenedServer, openServer } from '#app/opened-server.contract'
import type { Client } from '#client/client'
import { noBrowser, openBrowser, openScreen, settle, violations, visit } from './open-browser.ts'
import { seedData, upload } from './seed-data.ts'
import { seedPictures, seedRemote } from './seed-storage.ts'

const project = 'flights'
const manyFiles = 70_000

describe('the data room', { skip: noBrowser }, () => {
  let server: OpenedServer
  let client: Client
  let browser: Browser

  before(async () => {
    const built = join(import.meta.dirname, '../../dist/web/index.html')
    assert.ok(existsSync(built), 'the page is not built: npm run build')
    server = await openServer()
    client = server.client()
    browser = await openBrowser()
    await client.access.createProject({ body: { name: project } })
    await seedData(client, project)
    await seedPictures(client, project)
    await seedRemote(server.url, project)
  })

  after(async () => {
    await browser?.close()
    await server?.close()
  })

  const addressOf = (path: string, url = server.url) =>
    `${url}${path}${path.includes('?') ? '&' : '?'}project=${project}`

  async function open(path: string): Promise<{ page: Page; problems: string[] }> {
    const screen = await openScreen(browser, { theme: 'light', width: 1440 })
    const visited = await visit(screen, addressOf(path))
    visited.page.once('close', () => void screen.close())
    return visited
  }

  it('walks along the time line by the keyboard, and keeps the choice in the address', async () => {
    const { page, problems } = await open('/data/flights')
    const line = page.getByRole('listbox', { name: 'Versions over time' })
    const chosen = () => line.getByRole('option', { selected: true }).innerText()
    assert.match(await chosen(), /^v8, committed, 6,300 rows/)
    await line.focus()
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowLeft')
    await page.waitForURL(/version=5/)
    assert.match(await chosen(), /^v5, quarantined, .* failed/)
    await page.getByRole('heading', { name: 'Version 5' }).waitFor()
    await page.reload()
    await settle(page)
    assert.match(await chosen(), /^v5,/)
    await page.getByText('When its newest event was').click()
    await page.waitForURL(/clock=events/)
    await page.getByText('1 Jan – 4 Feb 2001').waitFor()
    await line.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'flights v5', level: 1 }).waitFor()
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('sets a hold with its reason, and releases it', async () => {
    const { page, problems } = await open('/data/pictures?version=2')
    await page.getByText('goes: no rule keeps it').waitFor()
    await page.getByRole('button', { name: 'Hold v2' }).click()
    const dialog = page.getByRole('dialog', { name: 'Hold pictures v2' })
    await dialog.waitFor()
    assert.ok(await dialog.getByRole('button', { name: 'Hold it' }).isDisabled())
    assert.deepEqual(await violations(page), [])
    await dialog.getByRole('textbox', { name: 'Why it must be kept' }).fill('An audit of labels')
    await dialog.getByRole('button', { name: 'Hold it' }).click()
    await page.getByText('stays: it is held').waitFor()
    await page.goto(addressOf('/data/pictures?tab=keeping'))
    const row = page.getByRole('row', { name: /An audit of labels/ })
    await row.getByRole('button', { name: 'Release' }).click()
    await page.getByRole('textbox', { name: 'Why it is over' }).fill('The audit is over')
    await page.getByRole('button', { name: 'Release it' }).click()
    await row.waitFor({ state: 'detached' })
    const { items } = await client.store.listHolds({ params: { project } })
    assert.deepEqual(
      items.map(({ version }) => version),
      [1],
    )
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('shows what a retention rule would do before it is set', async () => {
    const { page, problems } = await open('/data/flights?tab=keeping')
    await page.getByText('No version goes.').waitFor()
    await page.getByRole('textbox', { name: 'Newest versions kept' }).fill('3')
    // Of the first five, one set off an alarm.
    await page.getByText(/^4 versions would go\./).waitFor()
    const params = { project, dataset: 'flights' }
    assert.equal((await client.store.getRetention({ params })).keepVersions, null)
    await page.getByRole('button', { name: 'Set the rules' }).click()
    await page
      .getByRole('button', { name: 'Back to those in force' })
      .waitFor({ state: 'detached' })
    assert.equal((await client.store.getRetention({ params })).keepVersions, 3)
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('looks for garbage, tells what keeps the rest, and collects after asking', async () => {
    await upload(client, project, 'x', 'named by nothing')
    await server.server.platform.tables.write<BlobTables, void>(async (tx) => {
      await tx
        .updateTable('blob_places')
        .set((eb) => ({ touched_at: eb('touched_at', '-', 100 * 3_600_000) }))
        .execute()
    })
    const { page, problems } = await open('/data?tab=storage')
    await page.getByRole('button', { name: 'Look what would go' }).click()
    await page.getByRole('cell', { name: 'versions of data sets' }).waitFor()
    await page.getByRole('button', { name: 'Collect it now' }).click()
    const dialog = page.getByRole('dialog', { name: 'Collect garbage now' })
    await dialog.getByText(/go into quarantine/).waitFor()
    assert.deepEqual(await violations(page), [])
    const quarantined = async () => (await client.store.describeStore()).quarantined.blobs
    assert.equal(await quarantined(), 0)
    await dialog.getByRole('button', { name: 'Collect it' }).click()
    await page.getByText('Garbage was collected.').waitFor()
    assert.ok((await quarantined()) > 0)
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('draws a folder of 70,000 files by what is in sight', async () => {
    const params = { project, dataset: 'many' }
    await client.data.declareDataset({ params, body: {} })
    const { path: _, ...file } = await upload(client, project, 'x', 'the same everywhere')
    const files = Array.from({ length: manyFiles }, (__, i) => ({
      path: `all/${String(i).padStart(6, '0')}.txt`,
      ...file,
    }))
    await client.data.commitVersion({ params, body: { files } })
    const { page, problems } = await open('/data/many/1?tab=files')
    await page.getByRole('link', { name: 'all/' }).click()
    const table = page.getByRole('table', { name: 'Files' })
    await page.getByRole('link', { name: '000000.txt', exact: true }).waitFor()
    assert.equal(await table.getAttribute('aria-rowcount'), String(manyFiles))
    const scroller = page.getByRole('group', { name: 'Files' })
    const further = page.getByRole('link', { name: '000900.txt', exact: true })
    for (let step = 0; step < 100 && (await further.count()) === 0; step++) {
      await scroller.evaluate((element) => element.scrollBy(0, 400))
      await page.waitForTimeout(30)
    }
    await further.waitFor()
    assert.ok((await table.locator('tbody tr').count()) < 100)
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('says what of a file cannot be read', async () => {
    const { page } = await open('/data/pictures/3?tab=files&file=model.bin')
    await page.getByText('This file is not text. Download it to look inside.').waitFor()
    await page.goto(addressOf('/data/pictures/3?tab=files&file=labels.csv&look=columns'))
    await page.getByRole('cell', { name: 'seats', exact: true }).waitFor()
    await page.close()
  })

  it('reads a remote through and says what is whole', async () => {
    const { page, problems } = await open('/data?tab=remotes')
    await page.getByText('day-7.csv, day-8.csv, day-9.csv').waitFor()
    await page.getByText('damaged upload').waitFor()
    await page.getByRole('button', { name: 'Check flights' }).click()
    await page.getByText(/17 objects, .* read: all whole/).waitFor()
    const lost = createHash('md5').update('whole 3').digest('hex')
    await server.server.platform.tables.write<BlobTables, void>(async (tx) => {
      await tx.deleteFrom('blob_places').where('md5', '=', lost).execute()
    })
    await page.getByRole('button', { name: 'Check flights' }).click()
    await page.getByText(new RegExp(`1 missing, 0 damaged.*${lost.slice(2)}`)).waitFor()
    assert.deepEqual(problems, [])
    await page.close()
  })

  it('tells of wrong credentials as such, and offers a viewer nothing that is refused', async () => {
    const guarded = await openServer({ auth: 'tokens' })
    const admin = guarded.client(guarded.server.adminToken)
    await admin.access.createProject({ body: { name: project } })
    await admin.data.declareDataset({ params: { project, dataset: 'flights' }, body: {} })
    const object = `${guarded.url}/dvc/${project}/files/md5/00/${'0'.repeat(30)}`
    await fetch(object, { headers: { authorization: 'Bearer wrong', 'user-agent': 'dvc/3.67.1' } })
    const { secret: viewer } = await admin.access.createToken({
      body: { name: 'viewer', grants: [{ project, role: 'viewer' }] },
    })
    const screen = await openScreen(browser, { theme: 'light', width: 1440 })
    const signedIn = async (token: string | undefined, path: string) => {
      const page = await screen.newPage()
      await page.goto(guarded.url)
      await page.evaluate((text) => sessionStorage.setItem('gyre-token', text), token ?? '')
      await page.goto(addressOf(path, guarded.url))
      return page
    }
    const owner = await signedIn(guarded.server.adminToken, '/data?tab=remotes')
    await owner.getByText('wrong or no credentials').waitFor()
    await owner.getByText(/dvc remote modify --local gyre password/).waitFor()
    const reader = await signedIn(viewer, '/data?tab=storage')
    await reader.getByText(/shown to admins of every project/).waitFor()
    await reader.goto(addressOf('/data/flights?tab=keeping', guarded.url))
    await reader.getByText('An admin of the project may set the rules.').waitFor()
    assert.equal(await reader.getByRole('button', { name: 'Hold all versions' }).count(), 0)
    await screen.close()
    await guarded.close()
  })
})
