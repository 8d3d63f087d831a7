import { type World, phonesOf } from '../world.ts'
import { html, type Html } from './html.ts'
import { icon } from './icons.ts'

/** Three steps for somebody who has never seen this; each is ticked off once it has happened. */
export function guideRegion(world: World, clicks: number): Html {
  const phones = phonesOf(world)
  const wrote = phones.some(({ lines }) => lines.some(({ side }) => side === 'customer'))
  const answered = phones.some((phone) => phone.answers('custom/send').length > 0)
  const steps = [
    { done: wrote, title: '顾客来消息', about: '在左边手机里，以顾客身份发一句话' },
    { done: clicks > 0, title: '客服认领', about: '在钉钉群或企微群的卡片上点“认领”' },
    { done: answered, title: '回复顾客', about: '在卡片里填写回复，或引用消息 @机器人 回复' },
  ]
  const next = steps.findIndex(({ done }) => !done)
  const list = next < 0 ? [...steps, MORE] : steps
  return html`${list.map(
    ({ done, title, about }, i) =>
      html`<li class="${done ? 'done' : i === next || next < 0 ? 'next' : ''}">
        <span class="number">${mark(done, i)}</span>
        <span><b>${title}</b><small>${about}</small></span>
      </li>`,
  )}`
}

const mark = (done: boolean, i: number): Html | number =>
  done ? icon('check') : i < 3 ? i + 1 : icon('plus')

const MORE = {
  done: false,
  title: '还可以',
  about: '两边抢着认领、发图片和语音、转接、打开故障开关',
}
