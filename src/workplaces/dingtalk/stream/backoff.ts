/**
 * Milliseconds to wait before try number `attempt` (1 is the first): `first` doubled each time, at most `max`, of which
 * a random half to whole is taken, so that many clients do not come back at the same moment.
 */
export function backoff(
  attempt: number,
  { first, max, random }: { first: number; max: number; random: () => number },
): number {
  const whole = Math.min(max, first * 2 ** Math.min(attempt - 1, 30))
  return whole * (0.5 + random() / 2)
}
