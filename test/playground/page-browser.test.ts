import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type SeededWorld, seedWorld } from '#src/playground/seed.ts'
import { type PlaygroundPage, startPlaygroundPage } from '#src/playground/server.ts'
import { launchChromium } from '../support/chromium.ts'
import { PageProduct, someConversation } from './page-product.ts'

// A browser on a busy machine takes its time; what is missing is named before the test's own limit.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
const MISSING_MS = 25_000

let browser: Browser
let world: SeededWorld
let playground: PlaygroundPage
let page: Page
let mishaps: string[]

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(() => browser.close())

beforeEach(async () => {
  world = await seedWorld()
  playground = await startPlaygroundPage({ ...world, bindCode: () => Promise.resolve('K7Q2M9') })
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(MISSING_MS)
  mishaps = []
  page.on('pageerror', ({ message }) => mishaps.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error') mishaps.push(message.text())
  })
  page.on('dialog', (dialog) => {
    mishaps.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(playground.url)
})

afterEach(async () => {
  await page.close()
  await playground.close()
  await world.stop()
  expect(mishaps).toEqual([])
})

const write = async (words: string) => {
  await page.getByLabel('顾客发的文字').fill(words)
  await page.locator('.phone .send').click()
}
const feed = (id: string) => page.locator(`#${id}`)
const held = () =>
  someConversation({
    status: 'held',
    // An agent id is a string with a name of its own.
    holder: { name: '张三', agent: 'dingtalk:zhangsan' as never },
    replyBox: true,
  })

describe('the page in a browser', () => {
  it('shows what a customer writes, without being loaded anew, and empties the box', async () => {
    await write('你好，杯子裂了')
    await feed('phone-feed').getByText('你好，杯子裂了').waitFor()
    await expect
      .poll(() => page.getByLabel('顾客发的文字').inputValue(), { timeout: MISSING_MS })
      .toBe('')
    await page.locator('#guide li.done').first().waitFor()
  })

  it('runs nothing that a customer writes', async () => {
    const nasty = '<img src=x onerror=alert(1)><script>alert(2)</script>'
    await write(nasty)
    await feed('phone-feed').getByText(nasty).waitFor()
    expect(await page.locator('#phone-feed img, #phone-feed script').count()).toBe(0)
  })

  it('shows another customer and another agent, and keeps what is half written', async () => {
    await page.locator('.ding-pane [name=text]').fill('还没写完')
    await page.locator('a.customer', { hasText: '阿梅' }).click()
    await page.getByText('以顾客 阿梅 的身份发一句话试试').waitFor()
    expect(await page.locator('.ding-pane [name=text]').inputValue()).toBe('还没写完')
    expect(page.url()).toContain('0002')
    await write('我是阿梅')
    await feed('phone-feed').getByText('我是阿梅').waitFor()
    await page.locator('a.actor', { hasText: '赵六' }).click()
    await page.locator('a.actor[aria-current=true]', { hasText: '赵六' }).waitFor()
    world.wecom.members.say(world.groups.wecom, 'zhaoliu', '赵六自己说的')
    await page.locator('#wecom-feed .own').getByText('赵六自己说的').waitFor()
  })

  it('keeps a draft on a card while the talk on it goes on', async () => {
    const product = await PageProduct.start(world)
    await product.postDingCard(held(), 'zhangsan')
    const box = feed('ding-feed').locator('textarea')
    await box.fill('亲，非常抱')
    await product.updateDingCard(held().id, { line_3: '14:05 小林：还在吗？' })
    await feed('ding-feed').getByText('14:05 小林：还在吗？').waitFor()
    expect(await box.inputValue()).toBe('亲，非常抱')
    product.stop()
  })

  it('empties the box on a card when a fresh one came with the answer', async () => {
    const product = await PageProduct.start(world)
    await product.postDingCard(held(), 'zhangsan')
    const fields = [{ name: 'text', label: '回复顾客', type: 'TEXT_AREA' }]
    product.dingAnswer = { reply_form: JSON.stringify({ fields }), hint: '已提交' }
    await feed('ding-feed').locator('textarea').fill('马上补发')
    await feed('ding-feed').getByRole('button', { name: '发给顾客' }).click()
    await feed('ding-feed').getByText('已提交').waitFor()
    expect(product.clicks).toEqual([{ action: 'reply', text: '马上补发' }])
    expect(await feed('ding-feed').locator('textarea').inputValue()).toBe('')
    product.stop()
  })

  it('quotes a line that is clicked', async () => {
    world.wecom.members.say(world.groups.wecom, 'zhaoliu', '这单谁跟？')
    await feed('wecom-feed').getByText('这单谁跟？').click()
    await page.locator('.wecom-pane .quoting', { hasText: '赵六：这单谁跟？' }).waitFor()
    await page.locator('.wecom-pane [name=text]').fill('我来')
    await page.locator('.wecom-pane .send').click()
    await feed('wecom-feed').locator('q', { hasText: '这单谁跟？' }).waitFor()
    await page.locator('.wecom-pane .quoting').waitFor({ state: 'hidden' })
  })

  it('shows toasts to the one who pressed', async () => {
    await page.locator('.wecom-pane [name=text]').fill('列表')
    await page.locator('.wecom-pane .send').click()
    await page.locator('.toast', { hasText: '机器人不在线' }).waitFor()
  })

  it('has the fault switches in a menu that stays open, and their state where all see it', async () => {
    await page.getByText('故障开关').click()
    await page.getByRole('button', { name: '45047 条数用完' }).click()
    await page.locator('#fault-wechat-45047[aria-pressed=true]').waitFor()
    await page.locator('#active .chip', { hasText: '45047' }).waitFor()
    expect(await page.locator('.fault-panel').isVisible()).toBe(true)
    await page.locator('.fault-panel .clear').click()
    await page.locator('#fault-wechat-45047[aria-pressed=false]').waitFor()
  })

  it('puts the words that bind into the bar of a group', async () => {
    await page.getByRole('button', { name: '绑定码' }).click()
    await page.getByRole('button', { name: '填到企微输入框' }).click()
    expect(await page.locator('.wecom-pane [name=text]').inputValue()).toBe('绑定 K7Q2M9')
  })

  it.each([1280, 900, 390])('fits a window %i pixels wide', async (width) => {
    const product = await PageProduct.start(world)
    await product.postDingCard(held(), 'zhangsan')
    await write('这是一句很长很长的话'.repeat(12))
    await page.setViewportSize({ width, height: 800 })
    await feed('ding-feed').locator('.ding-card').waitFor()
    const wide = await page.evaluate('document.documentElement.scrollWidth')
    expect(wide).toBeLessThanOrEqual(width)
    product.stop()
  })
})
