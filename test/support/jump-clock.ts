import type { Clock } from '#src/ports/clock.ts'

/** The machine's time, which a test can put forward: real sockets go on, what waits becomes due. */
export interface JumpClock extends Clock {
  jump(ms: number): void
}

interface Alarm {
  at: number
  fire: () => void
  timer: NodeJS.Timeout | undefined
}

export function createJumpClock(): JumpClock {
  let ahead = 0
  const alarms = new Set<Alarm>()
  const now = (): number => Date.now() + ahead

  function arm(alarm: Alarm): void {
    clearTimeout(alarm.timer)
    const waitMs = Math.min(Math.max(0, alarm.at - now()), 2 ** 31 - 1)
    alarm.timer = setTimeout(() => {
      if (now() < alarm.at) return arm(alarm)
      alarms.delete(alarm)
      return alarm.fire()
    }, waitMs)
    alarm.timer.unref()
  }

  return {
    now,
    at(at, fire) {
      const alarm: Alarm = { at, fire, timer: undefined }
      alarms.add(alarm)
      arm(alarm)
      return () => {
        clearTimeout(alarm.timer)
        alarms.delete(alarm)
      }
    },
    jump(ms) {
      ahead += ms
      for (const alarm of [...alarms].sort((a, b) => a.at - b.at)) arm(alarm)
    },
  }
}
