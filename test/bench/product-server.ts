import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildConfig } from '#config/load.ts'
import { startProduct } from '#src/main.ts'
import { silentLog } from '#src/platform/log.ts'
import { serveParent } from './child.ts'
import { fillStore } from './fill.ts'

/** The whole product in a process of its own; its configuration comes as a JSON file. */
const [file = '', stored = '0'] = process.argv.slice(2)
const folder = mkdtempSync(path.join(tmpdir(), 'jieli-bench-'))
if (stored !== '0') await fillStore(folder, Number(stored) / 10, Number(stored))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
// The parent's own file; it is validated like any configuration.
const given = JSON.parse(readFileSync(file, 'utf8')) as object
const config = buildConfig({ dataFolder: folder, ...given }, 'bench')
const product = await startProduct(config, { log: silentLog })
serveParent(product.url, {
  bind: () => product.command('bind', { desk: 'service' }),
  counts: () => product.store.read.counts(),
  ledger: () => product.store.read.ledger(),
})
