import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { type PlaygroundProcess, startPlaygroundProcess } from '../support/playground-process.ts'

// A browser on a busy machine takes its time; what is missing is named before the test's own limit.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
const MISSING_MS = 25_000

let browser: Browser
let playground: PlaygroundProcess
let page: Page
let mishaps: string[]

beforeAll(async () => {
  browser = await launchChromium()
  playground = await startPlaygroundProcess()
})

afterAll(async () => {
  await browser.close()
  await playground.stop()
})

beforeEach(async () => {
  mishaps = []
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(MISSING_MS)
  page.on('pageerror', ({ message }) => mishaps.push(message))
  await page.goto(playground.url)
  await bound(dingtalk)
  await bound(wecom)
})

afterEach(async () => {
  await page.close()
  expect(mishaps).toEqual([])
})

const dingtalk = (): Locator => page.locator('#ding-feed')
const wecom = (): Locator => page.locator('#wecom-feed')
const phone = (): Locator => page.locator('#phone-feed')
const bound = (feed: () => Locator): Promise<void> =>
  feed().locator('.line.other', { hasText: '绑定' }).first().waitFor()

async function write(customer: string, words: string): Promise<void> {
  await page.locator('a.customer', { hasText: customer }).click()
  await page.locator('a.customer[aria-current=true]', { hasText: customer }).waitFor()
  await page.getByLabel('顾客发的文字').fill(words)
  await page.locator('.phone .send').click()
  await phone().getByText(words).waitFor()
}

/** The newest card of a group that shows these words. */
const cardWith = (feed: Locator, words: string): Locator =>
  feed.locator('article', { hasText: words }).last()

describe('a round on the playground', () => {
  it('goes from the phone to both groups, is claimed on a DingTalk card and answered there', async () => {
    await write('小林', '杯子裂了怎么办')
    const ding = cardWith(dingtalk(), '杯子裂了怎么办')
    const other = cardWith(wecom(), '杯子裂了怎么办')
    await ding.getByText('等待认领').waitFor()
    await other.getByText('等待认领').waitFor()

    await ding.getByRole('button', { name: '认领' }).click()
    await ding.getByText('张三 接待中').waitFor()

    // 王五 is too late: nothing changes hands, and his card says who has it.
    await other.getByRole('button', { name: '认领' }).click()
    await wecom().getByText('张三·钉钉 接待中').waitFor()
    expect(await ding.getByText('张三 接待中').isVisible()).toBe(true)

    await ding.getByPlaceholder('在这里输入回复').fill('非常抱歉，马上补发')
    await ding.getByRole('button', { name: '发给顾客' }).click()
    await phone().locator('.other').getByText('非常抱歉，马上补发').waitFor()
    await ding.getByText('已提交').waitFor()
    expect(await phone().locator('.other').count()).toBe(1)
  })

  it('is claimed on a WeCom card and answered by quoting the line', async () => {
    await write('阿梅', '可以开发票吗')
    const ding = cardWith(dingtalk(), '可以开发票吗')
    const own = cardWith(wecom(), '可以开发票吗')
    await ding.getByText('等待认领').waitFor()
    await own.getByRole('button', { name: '认领' }).click()
    await wecom().getByText('王五 接待中').waitFor()
    await ding.getByText('王五·企业微信 接待中').waitFor()
    expect(await ding.getByPlaceholder('在这里输入回复').count()).toBe(0)

    await wecom().locator('.markdown', { hasText: '可以开发票吗' }).last().click()
    await page.locator('.wecom-pane .quoting').waitFor()
    await page.locator('.wecom-pane [name=text]').fill('可以的，抬头发我就行')
    await page.locator('.wecom-pane .send').click()
    await phone().locator('.other').getByText('可以的，抬头发我就行').waitFor()
    expect(await phone().locator('.other').count()).toBe(1)
  })

  it('carries a picture and a voice of a new customer into both groups', async () => {
    await page.getByRole('button', { name: '新顾客' }).click()
    await write('果果', '给你看一下')
    await cardWith(dingtalk(), '给你看一下').waitFor()
    await page.getByRole('button', { name: '图片' }).click()
    await page.getByRole('button', { name: '语音' }).click()
    for (const feed of [dingtalk(), wecom()]) {
      await feed.locator('.picture img').waitFor()
      await expect
        .poll(() => isLoaded(feed.locator('.picture img')), { timeout: MISSING_MS })
        .toBe(true)
      await feed.locator('.voice').filter({ hasText: '5″' }).waitFor()
    }
  })

  it('shows a message once when the same callback comes four times', async () => {
    await page.getByRole('button', { name: '新顾客' }).click()
    await page.locator('#fault-menu summary').click()
    await page.getByRole('button', { name: '回调重复 4 次' }).click()
    await page.locator('#active .chip').first().waitFor()
    await page.locator('#fault-menu summary').click()
    await write('老周', '只说一次')
    await write('老周', '后一句')
    const card = cardWith(dingtalk(), '后一句')
    await card.waitFor()
    await wecom().locator('.markdown', { hasText: '后一句' }).waitFor()
    expect(await card.getByText('只说一次').count()).toBe(1)
    expect(await wecom().locator('.markdown', { hasText: '只说一次' }).count()).toBe(1)
    await page.getByRole('button', { name: '全部清除' }).click()
    await expect.poll(() => page.locator('#active .chip').count(), { timeout: MISSING_MS }).toBe(0)
  })
})

const isLoaded = (image: Locator): Promise<boolean> =>
  image.evaluate((shown) => 'naturalWidth' in shown && Number(shown.naturalWidth) > 0)
