import type { CardId, GroupId } from './ids.ts'

/** What one group sees of a conversation. */
export interface Thread {
  group: GroupId
  /** Number of the last line. */
  lines: number
  /** The card that is redrawn now; older ones are stubs whose clicks still count. */
  card?: ThreadCard
}

export interface ThreadCard {
  id: CardId
  /** 1 for the first card of the thread, one more with each re-posting. */
  revision: number
  postedAt: number
  /** How many posts of ours the group had when the card was posted. */
  postedAfter: number
  /** Number of the last message that a delivered drawing of the card showed. Kept by the store when a drawing arrives. */
  shown: number
  /** The holder's last click or reply on it. */
  touchedAt: number
}
