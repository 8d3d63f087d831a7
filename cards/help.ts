import { type CardElement, text } from './elements.ts'

/** The answer to 帮助: every button in words. */
export const helpBody = (canReplyOnCard: boolean): CardElement[] => [
  text('回复顾客：'),
  ...(canReplyOnCard ? [text('· 在卡片的输入框里填写并提交')] : []),
  text('· 引用带编号的消息，@机器人 输入回复'),
  text('· @机器人 #编号 回复内容'),
  text('· 在本群只接待一位顾客时，直接 @机器人 输入回复'),
  text('发图片：@机器人 同时带图；或引用群里的文件，@机器人 #编号 发送'),
  text('指令（引用消息或加 #编号）：'),
  text('认领｜释放｜关闭｜转 姓名｜详情'),
  text('其他：列表｜帮助｜绑定 验证码｜解绑'),
  text('认领后也可与机器人单聊，直接发文字、图片或文件给顾客', 'hint'),
  text('群里不 @机器人 的聊天，顾客看不到', 'hint'),
]
