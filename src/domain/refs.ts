import type { MediaKind } from './content.ts'
import type { AgentId, WorkplaceId } from './ids.ts'

/** A member of staff as a workplace reports them. */
export interface AgentRef {
  id: AgentId
  workplace: WorkplaceId
  /** The platform's user id. */
  user: string
  /** As shown in the workplace, when it tells. */
  name?: string
}

export interface ChatRef {
  kind: 'group' | 'direct'
  workplace: WorkplaceId
  /** The platform's chat id, byte for byte; in a direct chat the user's. */
  id: string
}

/** Where an adapter finds a file that a message points to; only that adapter reads `ref`. */
export interface MediaRef {
  kind: MediaKind
  ref: string
  name?: string
}
