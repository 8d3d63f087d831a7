import { launchChromium } from './chromium.ts'
import { startPlaygroundProcess } from './playground-process.ts'

/**
 * Takes the picture of the playground that the README shows:
 * `node test/support/playground-screenshot.ts src/playground/screenshot.png`
 */
const [file = 'playground.png'] = process.argv.slice(2)
const playground = await startPlaygroundProcess()
const browser = await launchChromium()
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
await page.goto(playground.url)
const dingtalk = page.locator('#ding-feed')
const wecom = page.locator('#wecom-feed')
const phone = page.locator('#phone-feed')
await dingtalk.getByText('已绑定').waitFor()
await wecom.getByText('已绑定').waitFor()

async function write(customer: string, words: string): Promise<void> {
  await page.locator('a.customer', { hasText: customer }).click()
  await page.locator('a.customer[aria-current=true]', { hasText: customer }).waitFor()
  await page.getByLabel('顾客发的文字').fill(words)
  await page.locator('.phone .send').click()
  await phone.getByText(words).waitFor()
}

await write('阿梅', '可以开发票吗？')
await wecom.getByRole('button', { name: '认领' }).click()
await dingtalk.getByText('王五·企业微信 接待中').waitFor()
await wecom.locator('.markdown', { hasText: '可以开发票吗' }).last().click()
await page.locator('.wecom-pane [name=text]').fill('可以的，抬头发我就行')
await page.locator('.wecom-pane .send').click()
await phone.getByText('抬头发我就行').waitFor()

await write('小林', '你好，昨天收到的杯子裂了，怎么办？')
const card = dingtalk.locator('article').last()
await card.getByText('杯子裂了').waitFor()
await page.locator('.tool', { hasText: '图片' }).click()
await dingtalk.locator('.picture img').waitFor()
await wecom.locator('.picture img').waitFor()
await card.getByRole('button', { name: '认领' }).click()
await card.getByPlaceholder('在这里输入回复').fill('非常抱歉！马上给您补发一只新的。')
await card.getByRole('button', { name: '发给顾客' }).click()
await phone.getByText('马上给您补发').waitFor()
await card.getByText('已提交').waitFor()
await write('小林', '太好了，谢谢！')
await card.getByText('太好了').waitFor()
await wecom.locator('article').last().getByRole('button', { name: '认领' }).click()
await wecom.locator('article').last().getByText('张三·钉钉 接待中').waitFor()
for (const shown of [card, wecom.locator('article').last()]) {
  await shown.evaluate((element) => element.scrollIntoView({ block: 'center' }))
}
await page.locator('.pane h2').first().hover()
// Toasts are gone by then.
await page.locator('.toast').waitFor({ state: 'detached' })
await page.screenshot({ path: file })
await browser.close()
await playground.stop()
