/** Rows under headings, each column as wide as its widest cell; Chinese characters count twice. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows]
  const widths = headings.map((_, column) =>
    Math.max(...all.map((cells) => widthOf(cells[column] ?? ''))),
  )
  return all
    .map((cells) =>
      cells
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** Columns of a terminal: East Asian wide characters and full-width forms take two. */
function widthOf(text: string): number {
  let width = 0
  for (const character of text) {
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u.test(
        character,
      )
        ? 2
        : 1
  }
  return width
}

/** A moment in the zone of the terminal. */
export function moment(at: number): string {
  return new Date(at).toLocaleString('zh-CN', { hour12: false })
}

/** 3 天 4 小时, 5 分钟, 刚刚 */
export function span(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const [days, hours, rest] = [
    Math.floor(minutes / 1440),
    Math.floor(minutes / 60) % 24,
    minutes % 60,
  ]
  if (days > 0) return `${days} 天 ${hours} 小时`
  if (hours > 0) return `${hours} 小时 ${rest} 分钟`
  return minutes > 0 ? `${minutes} 分钟` : '刚刚'
}
