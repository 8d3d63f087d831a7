import { describe, expect, it } from 'vitest'
import { seedWorld } from '#src/playground/seed.ts'
import { Crowd } from './crowd.ts'
import { runChaos } from './run.ts'
import { testify } from './witness.ts'

describe('a process that is killed at random points under load', () => {
  it('loses no acknowledged message, keeps their order, and sends no answer twice', async () => {
    const options = { kills: 2, seed: 11, limits: false, customers: 9, everyMs: 25 }
    const report = await runChaos(options)
    expect(report.problems).toEqual([])
    expect(report.acknowledged).toBeGreaterThan(50)
    expect(report.answers.arrived).toBeGreaterThan(5)
  }, 60_000)

  it('does so with our limits on, while the platforms fail as well', async () => {
    const options = {
      kills: 2,
      seed: 12,
      limits: true,
      mirror: 'holder',
      faultRate: 0.03,
      everyMs: 150,
    } as const
    const report = await runChaos(options)
    expect(report.problems).toEqual([])
    expect(report.acknowledged).toBeGreaterThan(20)
  }, 60_000)
})

describe('the witness', () => {
  it('sees what is missing, doubled, out of order or said to a customer twice', async () => {
    const world = await seedWorld({ customers: [], limits: false })
    try {
      const crowd = new Crowd(world, { customers: 1, everyMs: 1, random: () => 0.5 })
      const [talker] = crowd.talkers
      talker!.acknowledged.push('甲1。', '甲2。', '甲3。')
      const group = world.wecom.rooms.group(world.groups.wecom)
      const line = (markdown: string): void => {
        const content = { kind: 'markdown', markdown, finished: true } as const
        world.wecom.rooms.addLine(group, { kind: 'bot' }, content)
      }
      line('〔#7KQ8H2·1〕客户：甲2。')
      line('〔#7KQ8H2·2〕客户：甲1。')
      line('〔#7KQ8H2·2〕客户：甲1。')
      line('〔#7KQ8H2·3〕客户：甲1。')
      for (let i = 0; i < 2; i++)
        talker!.phone.receive({ kind: 'text', text: '答甲1。' }, 'custom/send')
      const { problems, doubles } = testify(world, crowd, { cuts: 0, everywhere: true })
      expect(doubles).toBe(1)
      for (const seen of [
        '甲3。',
        'not in order',
        '1 repeated posts',
        'under two numbers',
        'twice',
      ])
        expect(problems.some((problem) => problem.includes(seen))).toBe(true)
    } finally {
      await world.stop()
    }
  })
})
