const formats = new Map<string, Intl.DateTimeFormat>()

/** 14:03 in the desk's zone. */
export function clockTime(at: number, timeZone: string): string {
  return format('clock', timeZone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    at,
  )
}

/** 11-24 14:03 in the desk's zone. */
export function dayAndTime(at: number, timeZone: string): string {
  const day = format('day', timeZone, { month: '2-digit', day: '2-digit' }).format(at)
  return `${day.replace('/', '-')} ${clockTime(at, timeZone)}`
}

function format(
  kind: string,
  timeZone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${kind} ${timeZone}`
  const known = formats.get(key)
  if (known) return known
  const made = new Intl.DateTimeFormat('zh-CN', { timeZone, ...options })
  formats.set(key, made)
  return made
}
