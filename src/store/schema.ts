/** The tables and columns that queries.ts reads; the same in every implementation. */
export interface Tables {
  inbox: {
    seq: number
    id: string
    lane: string
    name: string
    state: string
    received_at: number
    error: string | null
  }
  conversations: {
    id: string
    lane: string
    desk: string
    closed: number
    holder: string | null
    opened_at: number
    owed_since: number
    body: string
  }
  lanes: { lane: string; contact: string | null }
  messages: {
    id: string
    conversation: string
    number: number
    relay: string | null
    body: string
  }
  outbox: {
    seq: number
    id: string
    do: string
    target: string
    state: string
    code: string | null
    settled_at: number | null
  }
  bind_codes: { code: string; desk: string; expires_at: number; used: number }
  media: { hash: string; kind: string; type: string; bytes: number; name: string | null }
  kept_values: { key: string; value: string }
}
