import type { Check } from '../../ports/health.ts'
import type { Patient } from '../doctor.ts'

const TIME_LIMIT_MS = 8_000

/** Asks for every callback address from outside, as far as this machine can go out and come in again. */
export async function checkCallbacks(
  patient: Pick<Patient, 'config' | 'http' | 'running'>,
): Promise<Check[]> {
  const { publicUrl, accounts } = patient.config
  if (publicUrl === undefined) {
    return [
      {
        name: '回调地址',
        state: 'warning',
        found: '没有填写 publicUrl，无法从外面检查；群里也不会有文件链接',
        fix: '把外网能访问本服务的地址写进 publicUrl，例如 https://kf.example.com',
      },
    ]
  }
  const port = checkPort(publicUrl)
  if (!patient.running) {
    const fix = '先启动服务（jieli start），再运行 jieli doctor'
    return [...port, { name: '回调地址', state: 'warning', found: '服务没有运行，没有检查', fix }]
  }
  const asked = Object.keys(accounts).map((account) =>
    ask(`${publicUrl}/hooks/${account}`, patient),
  )
  return [...port, ...(await Promise.all(asked))]
}

/** WeChat calls ports 80 and 443 only (basic configuration page, read 2026-09). */
function checkPort(publicUrl: string): Check[] {
  const { port } = new URL(publicUrl)
  if (port === '') return []
  const found = `publicUrl 用了端口 ${port}，公众号只能回调 80 和 443`
  return [{ name: '回调端口', state: 'warning', found, fix: '在反向代理上用 443 端口转发到本服务' }]
}

async function ask(url: string, { http }: Pick<Patient, 'http'>): Promise<Check> {
  const name = `回调地址 ${url}`
  try {
    const { status, headers } = await http.get(url, {
      timeout: TIME_LIMIT_MS,
      maxRedirects: 0,
      responseType: 'text',
    })
    return { name, ...judge(status, String(headers['content-type'] ?? '')) }
  } catch {
    return {
      name,
      state: 'failed',
      found: '连不上',
      fix: '请检查域名解析、证书和反向代理；如果本机不能访问自己的外网地址，请换一台机器用浏览器打开它',
    }
  }
}

/** Without a signature our answer is a plain refusal; a page, a redirect or silence is somebody else's. */
function judge(status: number, type: string): Omit<Check, 'name'> {
  if (status >= 400 && status < 500 && status !== 404 && type.startsWith('text/plain')) {
    return { state: 'ok', found: '能访问，没有签名的请求被拒绝', fix: '' }
  }
  if (status >= 300 && status < 400) {
    const fix = '平台不跟随跳转：请让这个地址直接转发到本服务，不加斜杠、不跳 https'
    return { state: 'failed', found: `被跳转（HTTP ${status}）`, fix }
  }
  if (status >= 500) {
    const fix = '请检查反向代理是否指向本服务的地址和端口'
    return { state: 'failed', found: `反向代理或服务出错（HTTP ${status}）`, fix }
  }
  const fix = '请检查反向代理是否把 /hooks/ 原样转发到本服务'
  return { state: 'failed', found: `答复的不是本服务（HTTP ${status}）`, fix }
}
