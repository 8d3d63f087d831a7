import type { Config } from '#config/schema.ts'
import type { Check } from '../../ports/health.ts'
import type { Patient } from '../doctor.ts'

const NAME = '时钟'
const TOLERATED_MS = 60_000
const TIME_LIMIT_MS = 5_000

/** Compares our clock with the `Date` header of every API host; a callback's age and every alert depend on it. */
export async function checkClock(
  patient: Pick<Patient, 'config' | 'http' | 'clock'>,
): Promise<Check[]> {
  const hosts = apiAddresses(patient.config)
  return Promise.all(hosts.map((address) => compare(address, patient)))
}

/** The base addresses of HTTP APIs anywhere under accounts and workplaces, one for each host. */
function apiAddresses({ accounts, workplaces }: Config): string[] {
  const found = new Set<string>()
  for (const part of [...Object.values(accounts), ...Object.values(workplaces)]) {
    for (const value of Object.values(part)) {
      if (typeof value === 'string' && /^https?:\/\//.test(value)) found.add(new URL(value).origin)
    }
  }
  return [...found]
}

async function compare(
  origin: string,
  { http, clock }: Pick<Patient, 'http' | 'clock'>,
): Promise<Check> {
  const { host } = new URL(origin)
  const name = `${NAME}（${host}）`
  const askedAt = clock.now()
  let theirs: number
  try {
    const { headers } = await http.head(origin, { timeout: TIME_LIMIT_MS })
    theirs = Date.parse(String(headers['date']))
  } catch {
    const fix = `请检查网络、DNS 和防火墙是否允许访问 ${host}`
    return { name, state: 'failed', found: '连不上', fix }
  }
  if (Number.isNaN(theirs)) return { name, state: 'ok', found: '能连上，对方没有报时', fix: '' }
  return judgeDrift(name, (askedAt + clock.now()) / 2 - theirs)
}

function judgeDrift(name: string, driftMs: number): Check {
  const seconds = Math.round(Math.abs(driftMs) / 1000)
  if (Math.abs(driftMs) <= TOLERATED_MS) {
    return { name, state: 'ok', found: `能连上，相差 ${seconds} 秒`, fix: '' }
  }
  return {
    name,
    state: 'warning',
    found: `本机${driftMs > 0 ? '快' : '慢'}了 ${seconds} 秒`,
    fix: '请打开系统的自动对时（如 timedatectl set-ntp true）；差 10 分钟以上会拒收平台的回调',
  }
}
