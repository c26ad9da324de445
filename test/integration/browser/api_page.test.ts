import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { hasChromium, openChromium } from '../../fixtures/browser/chromium.js'
import { buildReader, type Reader, shown } from '../../fixtures/query/reader.js'
import { storedTopic } from '../../fixtures/records/stored_topic.js'

/** What a person sees who opens `/docs` in a browser, authorizes, and presses "Try it out" and "Execute". */
describe.skipIf(!hasChromium())('the API page', () => {
  let reader: Reader
  let browser: Browser
  let page: Page
  const faults: string[] = []

  beforeAll(async () => {
    reader = await buildReader(inject('servers'))
    const time = new Date(Date.now() - 60_000).toISOString().replace('Z', '000Z')
    await storedTopic(reader.client('ingest')).add(0, [
      shown({ user_id: 'ada', trace_id: 'trace-of-ada', stage: 'Login', event: 'Wrong password', org_id: 'o1', time }),
    ])
    const url = await reader.app.listen({ host: '127.0.0.1', port: 0 })
    browser = await openChromium()
    page = await browser.newPage()
    page.on('pageerror', (error) => faults.push(String(error)))
    await page.goto(`${url}/docs`)
    await page.getByRole('button', { name: 'Authorize' }).first().click()
    const dialog = page.locator('.modal-ux')
    expect(await dialog.textContent()).toContain('npx gatelog token')
    await dialog.locator('#auth-bearer-value').fill((await reader.authorization()).replace('Bearer ', ''))
    await dialog.getByRole('button', { name: 'Apply credentials' }).first().click()
    await dialog.getByRole('button', { name: 'Close' }).first().click()
  })

  afterAll(async () => {
    await browser?.close()
    await reader.close()
  })

  /** The block of one operation, opened. */
  async function operation(path: string): Promise<Locator> {
    const block = page.locator('.opblock').filter({ has: page.locator(`[data-path="${path}"]`) })
    await block.locator('.opblock-summary-control').click()
    await block.locator('.opblock-body').waitFor()
    return block
  }

  it('says where a token comes from', async () => {
    expect(await page.locator('.information-container').textContent()).toContain('npx gatelog token')
  })

  it.each([
    ['/v1/auth_audits', '"user_id": "ada"'],
    ['/v1/auth_audits/counts', '"count": 1'],
    ['/v1/auth_audits/values', '"o1"'],
    ['/v1/auth_audits/changes', '"user_id": "ada"'],
    ['/v1/sign_ins', '"trace_id": "trace-of-ada"'],
    ['/v1/sign_ins/counts', '"count": 1'],
  ])('shows what %s returns, with nothing filled in', async (path, text) => {
    const block = await operation(path)
    await block.getByRole('button', { name: 'Try it out' }).click()
    await block.getByRole('button', { name: 'Execute' }).click()
    const response = block.locator('.live-responses-table .response').first()
    await response.waitFor()
    expect(await response.locator('.response-col_status').textContent()).toContain('200')
    expect(await response.locator('.highlight-code').first().textContent()).toContain(text)
    expect(faults).toEqual([])
  })

  it.each(['/v1/auth_audits/tail', '/v1/auth_audits/export'])(
    'does not offer to try %s, and says what to do instead',
    async (path) => {
      const block = await operation(path)
      expect(await block.getByRole('button', { name: 'Try it out' }).count()).toBe(0)
      expect(await block.textContent()).toContain('npx gatelog')
    },
  )
})
