import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { workplaceId } from '#src/domain/ids.ts'
import { silentLog } from '#src/platform/log.ts'
import type { AgentInbox } from '#src/ports/workplace.ts'
import { Clicks } from '#src/workplaces/wecom/clicks.ts'
import { Inbound } from '#src/workplaces/wecom/inbound.ts'
import { createManualClock } from '../../support/clock.ts'

const fixture = new URL('../../fixtures/wecom/click-foreign.json', import.meta.url)

function makeInbound() {
  const client = {
    updateCard: vi.fn(async () => undefined),
    push: vi.fn(async () => undefined),
    respond: vi.fn(async () => undefined),
    knowUser: vi.fn(),
  }
  const inbox = {
    message: vi.fn(async () => undefined),
    click: vi.fn(async () => ({ accepted: false })),
    reachable: vi.fn(),
  } satisfies AgentInbox
  const clock = createManualClock()
  const parts = { client, clock, log: silentLog }
  const context = { workplace: workplaceId('wecom'), botNames: [] }
  const { signal } = new AbortController()
  const clicks = new Clicks(parts)
  return { client, inbox, inbound: new Inbound({ ...parts, inbox, clicks, context, signal }) }
}

it.each([['button_replace_text'], [''], [null], [undefined]])(
  'a WeCom click with the key %j is answered once, on its card, and kept from the core',
  async (key) => {
    const { client, inbox, inbound } = makeInbound()
    const { headers, body } = JSON.parse(readFileSync(fixture, 'utf8'))
    body.event.template_card_event.event_key = key
    const frame = { reqId: headers.req_id, body }
    inbound.take('event', frame)
    inbound.take('event', frame)
    await inbound.settled()
    expect(client.updateCard.mock.calls).toEqual([
      [
        'REQ-0010',
        {
          card_type: 'button_interaction',
          task_id: 'task_1',
          main_title: { title: '找不到对应的会话，发“列表”查看' },
          button_list: [{ text: '查看最新', style: 4, key: 'show:0' }],
        },
      ],
    ])
    expect(inbox.click).not.toHaveBeenCalled()
  },
)
