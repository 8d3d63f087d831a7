import { describe, expect, it } from 'vitest'
import { createLog } from '#src/platform/log.ts'
import type { Log } from '#src/ports/log.ts'

function setup(secrets: string[] = []): { log: Log; lines: string[] } {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  return { log: createLog({ level: 'info', destination, secrets }), lines }
}

describe('the log', () => {
  it('writes one JSON object a line', () => {
    const { log, lines } = setup()
    log.info({ account: 'shop', count: 2 }, 'accepted')
    expect(JSON.parse(lines[0]!)).toMatchObject({ account: 'shop', count: 2, message: 'accepted' })
  })

  it('drops what is below its level', () => {
    const { log, lines } = setup()
    log.debug({}, 'noise')
    expect(lines).toEqual([])
  })

  it.each(['text', 'content', 'accessToken', 'appSecret', 'encodingAESKey', 'raw', 'phone'])(
    'hides the field %s, at the top, below and in a child',
    (field) => {
      const { log, lines } = setup()
      log.warn({ [field]: 'marzipan' }, 'one')
      log.warn({ inner: { list: [1], [field]: 'marzipan' } }, 'two')
      log.child({ [field]: 'marzipan' }).warn({}, 'three')
      expect(lines).toHaveLength(3)
      expect(lines.join()).not.toContain('marzipan')
    },
  )

  it('shows who a customer is as a hash that is the same every time', () => {
    const { log, lines } = setup()
    log.info({ lane: 'contact/shop/oUser1' }, 'a')
    log.info({ lane: 'contact/shop/oUser1' }, 'b')
    log.info({ lane: 'contact/shop/oUser2' }, 'c')
    const shown = lines.map((line) => (JSON.parse(line) as { lane: string }).lane)
    expect(shown.join()).not.toContain('oUser')
    expect(shown[0]).toBe(shown[1])
    expect(shown[0]).not.toBe(shown[2])
  })

  it('hides a known secret wherever it stands', () => {
    const { log, lines } = setup(['s3cr"et-value'])
    log.error({ note: 'was s3cr"et-value' }, 'the key s3cr"et-value is wrong')
    expect(lines[0]).not.toContain('et-value')
  })

  it('takes the query off an address and masks a mobile number', () => {
    const { log, lines } = setup()
    const cause = new Error(
      'GET https://api.example.com/cgi-bin/send?access_token=abc for 13812345678',
    )
    log.error({ err: new Error('failed', { cause }) }, 'send')
    expect(lines[0]).toContain('https://api.example.com/cgi-bin/send?…')
    expect(lines[0]).not.toContain('access_token')
    expect(lines[0]).not.toContain('13812345678')
  })

  it('keeps of a foreign error its name, code, message and call sites', () => {
    const { log, lines } = setup()
    const error = Object.assign(new Error('refused'), { code: 'E1', config: { data: 'marzipan' } })
    log.error({ err: error }, 'x')
    expect(JSON.parse(lines[0]!)).toMatchObject({
      err: { type: 'Error', code: 'E1', message: 'refused' },
    })
    expect(lines[0]).not.toContain('marzipan')
    expect(lines[0]).toContain('log.test.ts')
  })
})
