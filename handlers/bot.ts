import { Composer } from '#src/router/composer.ts'
import type { Context } from '#src/router/context.ts'

/** A composer over our own context: every file here makes one, handlers/index.ts joins them. */
export const composer = (): Composer<Context> => new Composer<Context>()
