import { type CardElement, text } from './elements.ts'

/** One open conversation in a list. */
export interface QueueRow {
  marker: string
  customer: string
  source: string
  /** 等待认领, 张三 接待中 */
  state: string
  /** Clock time since when an answer is owed. */
  owedSince?: string
}

/** The answer to 列表. */
export function queueList(rows: readonly QueueRow[], more: number): CardElement[] {
  if (rows.length === 0) return [text('现在没有待处理的会话，可以喝口水')]
  const lines = rows.map(
    (row) =>
      `${row.marker} ${row.customer} · ${row.source}｜${row.state}｜${row.owedSince ? `等待自 ${row.owedSince}` : '无待回复'}`,
  )
  const rest = more > 0 ? [text(`另有 ${more} 个会话未列出`, 'hint')] : []
  return [...lines.map((line) => text(line)), ...rest, text('认领：@机器人 #编号 认领', 'hint')]
}

/** What a group whose limit is used up is told once a minute. */
export const digestWords = (customers: number): string =>
  `另有 ${customers} 位顾客等待，发“列表”查看`
