import { z } from 'zod'
import { moment, span, table } from './table.ts'

/** Answers of the commands, as far as they are shown, and the words that show them. */

const status = z.object({
  version: z.string(),
  running: z.boolean(),
  upMs: z.number(),
  addresses: z.array(z.string()),
  health: z.array(
    z.object({ name: z.string(), state: z.enum(['ok', 'degraded', 'down']), detail: z.string() }),
  ),
  desks: z.array(z.object({ id: z.string(), name: z.string(), groups: z.array(z.string()) })),
  counts: z.object({
    inboxWaiting: z.number(),
    inboxParked: z.number(),
    outboxQueued: z.number(),
    outboxDead: z.number(),
    conversationsOpen: z.number(),
    messages: z.number(),
  }),
})

const SIGN = { ok: '✓', degraded: '!', down: '✗' } as const

export function showStatus(result: unknown): string {
  const { version, running, upMs, addresses, health, desks, counts } = status.parse(result)
  return [
    `Jieli ${version}：${running ? `运行中，已运行 ${span(upMs)}` : '没有在运行（以下是已保存的数据）'}`,
    ...addresses.map((address) => `  ${address}`),
    ...health.map(({ name, state, detail }) => `${SIGN[state]} ${name}${detail && `：${detail}`}`),
    ...desks.map(({ id, name, groups }) => `服务台 ${name}（${id}）：${boundTo(id, groups)}`),
    `进行中的会话 ${counts.conversationsOpen}，消息 ${counts.messages}`,
    `收件箱：待处理 ${counts.inboxWaiting}，已搁置 ${counts.inboxParked}${counts.inboxParked > 0 ? '（jieli parked list 查看）' : ''}`,
    `发件箱：排队 ${counts.outboxQueued}，死信 ${counts.outboxDead}${counts.outboxDead > 0 ? '（jieli dead list 查看）' : ''}`,
  ].join('\n')
}

const boundTo = (desk: string, groups: readonly string[]): string =>
  groups.length === 0
    ? `还没有绑定群，请运行 jieli bind ${desk}`
    : `已绑定 ${groups.join('、')} 的群`

const bound = z.object({ code: z.string(), expiresAt: z.number() })

export function showBindCode(result: unknown): string {
  const { code, expiresAt } = bound.parse(result)
  return [
    '请在要接待顾客的群里（先把机器人加进群）发送：',
    '',
    `    @机器人 绑定 ${code}`,
    '',
    `验证码 10 分钟内有效（到 ${moment(expiresAt)}），只能用一次；再绑一个群请重新生成。`,
  ].join('\n')
}

const dead = z.array(
  z.object({
    id: z.string(),
    do: z.string(),
    state: z.enum(['failed', 'unknown']),
    code: z.string(),
    at: z.number(),
  }),
)

const EFFECTS: Readonly<Record<string, string>> = {
  reply: '回复顾客',
  typing: '正在输入',
  line: '群消息',
  media: '群文件',
  'post-card': '发卡片',
  'update-card': '更新卡片',
  note: '通知',
  'fetch-media': '取文件',
}

export function showDead(result: unknown): string {
  const rows = dead.parse(result)
  if (rows.length === 0) return '没有死信'
  return [
    table(
      ['编号', '时间', '内容', '结果', '原因'],
      rows.map((row) => [
        row.id,
        moment(row.at),
        EFFECTS[row.do] ?? row.do,
        row.state === 'failed' ? '失败' : '不确定',
        row.code,
      ]),
    ),
    '',
    '重发一条：jieli dead replay <编号>；重发全部失败的：jieli dead replay --all',
    '“不确定”的可能已经送到，重发前请先问接待人。',
  ].join('\n')
}

const parked = z.array(
  z.object({ id: z.string(), name: z.string(), at: z.number(), error: z.string() }),
)

export function showParked(result: unknown): string {
  const rows = parked.parse(result)
  if (rows.length === 0) return '没有搁置的事件'
  return [
    table(
      ['编号', '时间', '事件', '出错原因'],
      rows.map((row) => [row.id, moment(row.at), row.name, row.error.slice(0, 80)]),
    ),
    '',
    '重新处理：jieli parked replay <编号>，或 jieli parked replay --all',
  ].join('\n')
}

const ledger = z.array(
  z.object({
    account: z.string(),
    received: z.number(),
    relayed: z.number(),
    filtered: z.number(),
    waiting: z.number(),
    parked: z.number(),
  }),
)

/** Promise 6, row by row: what came in is what went out, was filtered, waits or is parked. */
export function showLedger(result: unknown): string {
  const rows = ledger.parse(result)
  if (rows.length === 0) return '还没有收到过消息'
  return table(
    ['渠道账号', '收到', '已转达', '已过滤', '等待中', '已搁置', '核对'],
    rows.map(({ account, received, relayed, filtered, waiting, parked }) => [
      account,
      ...[received, relayed, filtered, waiting, parked].map(String),
      received === relayed + filtered + waiting + parked ? '✓' : '✗ 不平，请保留数据并报告',
    ]),
  )
}

const replayed = z.object({ replayed: z.number(), uncertain: z.number().default(0) })

export function showReplayed(result: unknown): string {
  const { replayed: count, uncertain } = replayed.parse(result)
  const left = uncertain === 0 ? '' : `；另有 ${uncertain} 条不确定的没有动，请逐条确认后重发`
  return `已重新排队 ${count} 条${left}`
}

const checks = z.array(
  z.object({
    name: z.string(),
    state: z.enum(['ok', 'warning', 'failed']),
    found: z.string(),
    fix: z.string(),
  }),
)

export type ShownCheck = z.infer<typeof checks>[number]

export const readChecks = (result: unknown): ShownCheck[] => checks.parse(result)

const MARK = { ok: '✓', warning: '!', failed: '✗' } as const

export function showChecks(found: readonly ShownCheck[]): string {
  const failed = found.filter(({ state }) => state === 'failed').length
  const warnings = found.filter(({ state }) => state === 'warning').length
  return [
    ...found.flatMap(({ name, state, found: words, fix }) => [
      `${MARK[state]} ${name}：${words}`,
      ...(fix === '' ? [] : [`    → ${fix}`]),
    ]),
    '',
    failed + warnings === 0 ? '一切正常' : `${failed} 项不通过，${warnings} 项需要留意`,
  ].join('\n')
}
