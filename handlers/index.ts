import type { Composer } from '#src/router/composer.ts'
import type { Context } from '#src/router/context.ts'
import { admission } from './admission.ts'
import { bind } from './bind.ts'
import { composer } from './bot.ts'
import { claim } from './claim.ts'
import { close } from './close.ts'
import { delivery } from './delivery.ts'
import { drawing } from './drawing.ts'
import { idle } from './idle.ts'
import { inbound } from './inbound.ts'
import { lost } from './lost.ts'
import { lostCard } from './lost-card.ts'
import { media } from './media.ts'
import { queue } from './queue.ts'
import { reply } from './reply.ts'
import { show } from './show.ts'
import { transfer } from './transfer.ts'

/** The bot: what wraps every event first, then who may act, then one concern after the other. */
export const bot: Composer<Context> = composer()
  .use(drawing)
  .use(idle)
  .use(inbound, media, lostCard, delivery)
  .use(admission)
  .use(bind, queue)
  .use(lost)
  .use(claim, transfer, close, show)
  .use(reply)
