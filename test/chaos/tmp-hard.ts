import { runChaos } from './run.ts'
for (const seed of [302, 312, 322]) {
  const r = await runChaos({ kills: 6, seed, limits: false, everyMs: 8, customers: 12 })
  console.log(JSON.stringify(r).slice(0, 6000))
}
