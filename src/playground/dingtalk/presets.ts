import type { FaultRule } from '../faults.ts'

export interface FaultPreset {
  id: string
  label: string
  rules: FaultRule[]
}

const refused = (call: string, code: string): FaultRule => {
  return { call, fault: { kind: 'errcode', code } }
}

/** The faults worth a switch on the page. */
export const faultPresets: readonly FaultPreset[] = [
  {
    id: 'qps',
    label: '调用过快（403 QPS）',
    rules: [refused('*', 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi')],
  },
  {
    id: 'quota',
    label: '本月额度用完（403）',
    rules: [
      refused('card/createAndDeliver', 'Forbidden.AccessDenied.ApiCountLimitForOrg'),
      refused('card/update', 'Forbidden.AccessDenied.ApiCountLimitForOrg'),
      refused('groupMessages/send', 'Forbidden.AccessDenied.ApiCountLimitForOrg'),
    ],
  },
  {
    id: 'unsafe',
    label: '内容审核拦截卡片',
    rules: [
      refused('card/createAndDeliver', 'param.contentUnsafe'),
      refused('card/update', 'param.contentUnsafe'),
    ],
  },
  {
    id: 'gateway-timeout',
    label: '网关超时（504）',
    rules: [{ call: '*', fault: { kind: 'status', status: 504, body: '' } }],
  },
  {
    id: 'html',
    label: '返回网页（IP 被封）',
    rules: [{ call: '*', fault: { kind: 'status', status: 200, body: '<html>denied</html>' } }],
  },
  { id: 'not-delivered', label: '卡片投放失败', rules: [refused('card/deliverResults', 'failed')] },
  { id: 'no-staff-id', label: '消息缺少发送人工号', rules: [refused('stream/bot', 'no-staff-id')] },
  {
    id: 'no-text',
    label: '消息额度用完（20001，无文字）',
    rules: [refused('stream/bot', '20001')],
  },
  { id: 'twice', label: '消息推送两次', rules: [refused('stream/bot', 'twice')] },
  {
    id: 'cut-click',
    label: '点击时断线',
    rules: [{ call: 'stream/card', fault: { kind: 'cut' } }],
  },
  {
    id: 'lost-answer',
    label: '发送成功但回执丢失',
    rules: [{ call: 'card/createAndDeliver', fault: { kind: 'lost-answer' } }],
  },
  {
    id: 'slow',
    label: '接口变慢（1.5 秒）',
    rules: [{ call: '*', fault: { kind: 'delay', ms: 1500 } }],
  },
]
