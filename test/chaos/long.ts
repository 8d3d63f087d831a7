import { parseArgs } from 'node:util'
import { runChaos } from './run.ts'

/**
 * The long run: `node test/chaos/long.ts --kills 30 [--seed 1] [--faults 0.02] [--customers 9]`. Kills alternate between
 * rounds with our limits on and off; every round has its own world.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    faults: { type: 'string', default: '0' },
    customers: { type: 'string', default: '6' },
    perRound: { type: 'string', default: '10' },
  },
})

const [kills, perRound, firstSeed] = [values.kills, values.perRound, values.seed].map(Number)
let left = kills!
let failed = false
for (let round = 0; left > 0; round++) {
  const seed = firstSeed! + round
  const now = Math.min(left, perRound!)
  left -= now
  const limits = round % 2 === 0
  console.log(`round ${round + 1}: ${now} kills, seed ${seed}, limits ${limits ? 'on' : 'off'}`)
  const report = await runChaos({
    kills: now,
    seed,
    limits,
    mirror: round % 4 < 2 ? 'all' : 'holder',
    customers: Number(values.customers),
    everyMs: limits ? 250 : 60,
    faultRate: Number(values.faults),
    report: (line) => console.log(`  ${(performance.now() / 1000).toFixed(1)} s  ${line}`),
  })
  console.log(JSON.stringify(report, undefined, 2))
  failed ||= report.problems.length > 0
}
process.exitCode = failed ? 1 : 0
