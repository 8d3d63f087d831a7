import type { AgentId, WorkplaceId } from '#src/domain/ids.ts'
import { parseAgentId } from '#src/domain/ids.ts'

/** Where a card is delivered to. */
export const makeGroupSpace = (openConversationId: string): string =>
  `dtv1.card//IM_GROUP.${openConversationId}`
export const makeRobotSpace = (userId: string): string => `dtv1.card//IM_ROBOT.${userId}`

const DOWNLOAD = 'code:'

/** The `ref` of a MediaRef of this workplace: a code that the robot turns into an address. */
export const makeMediaRef = (downloadCode: string): string => DOWNLOAD + downloadCode

/** @throws {Error} when it is no reference of ours */
export function parseMediaRef(ref: string): { downloadCode: string } {
  if (!ref.startsWith(DOWNLOAD) || ref.length === DOWNLOAD.length) {
    throw new Error('not a file of this workplace')
  }
  return { downloadCode: ref.slice(DOWNLOAD.length) }
}

/** The userIds among these agents: people of another workplace have none here. */
export function usersOf(workplace: WorkplaceId, agents: readonly AgentId[]): string[] {
  return agents
    .map((agent) => parseAgentId(agent))
    .filter((agent) => agent.workplace === workplace)
    .map((agent) => agent.user)
}
