import type { MoveRefusal } from '#src/domain/conversation.ts'
import type { OutboundRefusal } from '#src/domain/outbound.ts'

/** Why something was not done, in words an agent understands, and what to do next. */
const reasons = {
  // moves
  'stale-card': '卡片已过时，已为你刷新，请再试一次',
  'already-yours': '这位顾客已由你接待，直接回复即可',
  'held-by-other': '这位顾客由同事接待中，可请对方“转”给你',
  'not-held': '还没有人接待，请先“认领”',
  'not-yours': '只有接待人可以这样做',
  closed: '会话已结束；顾客再次来消息时会重新打开',
  'still-open': '会话还在进行',
  // the door to the customer
  'not-following': '顾客已取消关注，无法送达',
  'window-closed': '已超过平台回复时限，等顾客再来消息后才能回复',
  'quota-used': '平台回复条数已用完，等顾客再来消息后才能回复',
  'quota-too-small': '这段话要分几条发，剩余条数不够，请缩短后再发',
  'kind-unsupported': '该渠道不支持发送这类内容，请改用文字或图片',
  'type-unsupported': '该渠道不支持这种文件格式，请换一种格式',
  'too-large': '文件太大，请压缩后再发',
  'no-file': '文件没有取到，请重新发送一次',
  empty: '内容是空的，请输入文字再发',
  // sending
  expired: '等待太久，已放弃发送',
  interrupted: '发送时服务中断，不确定顾客是否收到',
  'no-answer': '平台没有回应，不确定顾客是否收到',
  unreachable: '平台暂时无法连接',
  unexpected: '发送失败，请联系管理员查看日志',
  // 公众号
  'wechat.credentials': '公众号的 AppID 或 AppSecret 不正确，消息没有发出，请联系管理员',
  'wechat.ip-refused': '服务器 IP 不在公众号白名单，消息没有发出，请联系管理员',
  'wechat.bad-openid': '平台不认识这位顾客，消息没有发出，请联系管理员',
  'wechat.blacklisted': '顾客在公众号黑名单里，无法送达',
  'wechat.too-long': '文字太长，平台不收，请分成几段再发',
  'wechat.media-refused': '平台不接受这个文件，请换一个或改发文字',
  'wechat.file-gone': '文件已经不在，请重新上传后再发',
  'wechat.not-granted': '公众号没有客服消息权限，请联系管理员',
  'wechat.banned': '公众号的发送接口被平台封禁，请联系管理员',
  'wechat.refuses-messages': '顾客关闭了接收公众号消息，无法送达',
  'wechat.user-limited': '顾客的微信账号受限，无法送达',
  'wechat.content-refused': '平台认为内容违规，没有发出，请修改后再发',
  'wechat.refused': '平台拒绝了这条消息，请稍后重试或联系管理员',
  // 钉钉
  'dingtalk.quota_used': '钉钉本月接口额度已用完，请管理员购买额度',
  'dingtalk.no_permission': '钉钉应用缺少权限，请管理员在开放平台申请',
  'dingtalk.ip_not_allowed': '服务器 IP 不在钉钉白名单，请管理员添加',
  'dingtalk.content_unsafe': '内容未通过钉钉审核，无法在群里显示',
  'dingtalk.card_gone': '钉钉上找不到这张卡片，请发“列表”重新查看',
  'dingtalk.card_known': '这张卡片已经发过',
  'dingtalk.template_wrong': '卡片模板不存在或未发布，请管理员检查',
  'dingtalk.person_unknown': '钉钉里找不到这位同事',
  'dingtalk.group_gone': '钉钉群已解散或不可用',
  'dingtalk.not_in_group': '机器人不在群里，请重新添加',
  'dingtalk.bot_stopped': '钉钉机器人已停用',
  'dingtalk.refused': '钉钉拒绝了这次发送，请管理员查看日志',
  // 企业微信
  'wecom.not_activated': '机器人还不能在这个群里发言：请先在群里 @机器人 发一句话',
  'wecom.rate_limited': '这个群的消息太密，稍后自动再发',
  'wecom.message_refused': '企业微信拒收了这条消息，请联系管理员查看日志',
  'wecom.answer_too_late': '已超过企业微信允许的答复时间',
  'wecom.card_fixed': '企业微信的卡片只能在点击时更新；发“@机器人 #编号”查看最新状态',
  'wecom.card_known': '这张卡片已经发过',
  'wecom.media_refused': '企业微信不支持这个文件',
  'wecom.media_expired': '文件已过期，请重新发送',
  'wecom.not_connected': '企业微信机器人未连接，恢复后自动发送',
  // media
  'media.too_large': '文件超过大小上限，没有保存',
  'media.expired': '文件在平台上已过期，请顾客重发',
  'media.failed': '文件取回失败，请顾客重发',
} as const satisfies Record<MoveRefusal | OutboundRefusal, string> & Record<string, string>

const words: ReadonlyMap<string, string> = new Map(Object.entries(reasons))

/** The words for a reason; one that nobody has put into words is shown as it is, so that it can be looked up. */
export function reasonWords(reason: string): string {
  return words.get(reason) ?? `发送失败（${reason}），请联系管理员`
}
