import type { DatabaseSync } from 'node:sqlite'
import type { Deadline, EmittedEvent } from '../../domain/change.ts'
import type { Arrival } from '../../ports/store.ts'
import type { Inbox } from './inbox.ts'
import { fromJson } from './json.ts'
import type { Part } from './writer.ts'

/** Reminders by name; setting one again moves it. */
export class Deadlines {
  readonly #sql
  readonly #inbox: Inbox

  constructor(db: DatabaseSync, inbox: Inbox) {
    this.#inbox = inbox
    this.#sql = {
      set: db.prepare(
        'INSERT OR REPLACE INTO deadlines (name, due_at, lane, event) VALUES (?, ?, ?, ?)',
      ),
      cancel: db.prepare('DELETE FROM deadlines WHERE name = ?'),
      fire: db.prepare('DELETE FROM deadlines WHERE name = ? AND due_at = ?'),
      due: db.prepare(
        'SELECT name, due_at, event FROM deadlines WHERE due_at < ? ORDER BY due_at, name LIMIT ?',
      ),
    }
  }

  set({ name, dueAt, event }: Deadline): void {
    this.#sql.set.run(name, dueAt, event.lane, JSON.stringify(event))
  }

  cancel(name: string): void {
    this.#sql.cancel.run(name)
  }

  fire(part: Part, { name, dueAt }: Deadline, event: Arrival['event']): boolean {
    if (Number(this.#sql.fire.run(name, dueAt).changes) === 0) return false
    return this.#inbox.accept(part, { event, source: 'clock', key: `${name}@${dueAt}` }) === 'new'
  }

  due(until: number, limit: number): Deadline[] {
    return this.#sql.due.all(until, limit).map(({ name, due_at, event }) => ({
      name: String(name),
      dueAt: Number(due_at),
      event: fromJson<EmittedEvent>(event),
    }))
  }
}
