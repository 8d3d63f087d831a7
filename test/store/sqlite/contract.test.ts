import { describeStore } from '#test/contracts/store.ts'
import { makeSqlitePlace } from './place.ts'

describeStore('SQLite', makeSqlitePlace)
