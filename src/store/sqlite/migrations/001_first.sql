-- Times are epoch milliseconds, UTC. `body` columns hold JSON of the domain's own types (src/domain/*.ts);
-- the columns beside them are what queries and guards need. No table is STRICT: a time with a fraction of a millisecond
-- (a delay with jitter) must not cost a message.

CREATE TABLE inbox (
  seq INTEGER PRIMARY KEY,            -- order of arrival
  id TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT,
  lane TEXT NOT NULL,
  name TEXT NOT NULL,
  account TEXT,                       -- set for events that are a customer's message: they count in the ledger
  state TEXT NOT NULL,                -- waiting | done | filtered | parked
  attempts INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER NOT NULL DEFAULT 0,
  late INTEGER NOT NULL DEFAULT 0,
  received_at INTEGER NOT NULL,
  settled_at INTEGER,
  error TEXT,
  body TEXT NOT NULL,
  UNIQUE (source, key)
);
CREATE INDEX inbox_lane ON inbox (lane, seq) WHERE state = 'waiting';
CREATE INDEX inbox_fingerprint ON inbox (source, fingerprint, received_at)
  WHERE fingerprint IS NOT NULL AND state <> 'filtered';
CREATE INDEX inbox_parked ON inbox (seq) WHERE state = 'parked';
CREATE INDEX inbox_settled ON inbox (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE lanes (
  lane TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  contact TEXT
) WITHOUT ROWID;

CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  lane TEXT NOT NULL,
  marker TEXT NOT NULL,
  desk TEXT NOT NULL,
  closed INTEGER NOT NULL,
  holder TEXT,
  opened_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  owed_since INTEGER NOT NULL,        -- 9007199254740991 when nothing is owed, so that it sorts last
  body TEXT NOT NULL
);
CREATE INDEX conversations_lane ON conversations (lane, closed, opened_at DESC);
CREATE UNIQUE INDEX conversations_one_open ON conversations (lane) WHERE closed = 0;
CREATE INDEX conversations_marker ON conversations (marker);
CREATE INDEX conversations_owed ON conversations (desk, owed_since, opened_at) WHERE closed = 0;
CREATE INDEX conversations_holder ON conversations (holder) WHERE holder IS NOT NULL;

-- `grp` is the group: GROUP is a keyword.
CREATE TABLE threads (
  conversation TEXT NOT NULL,
  grp TEXT NOT NULL,
  card TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (conversation, grp)
) WITHOUT ROWID;

CREATE TABLE cards (
  id TEXT PRIMARY KEY,
  lane TEXT NOT NULL,
  conversation TEXT,
  grp TEXT,
  shown INTEGER NOT NULL DEFAULT 0,   -- last message that a delivered drawing showed
  drawn INTEGER NOT NULL DEFAULT 0    -- outbox.seq of the last delivered drawing
) WITHOUT ROWID;

CREATE TABLE messages (
  conversation TEXT NOT NULL,
  number INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  relay TEXT,                         -- waiting | relayed | parked; only of customers' messages
  open INTEGER NOT NULL DEFAULT 0,    -- queued or sending effects that would show it to a group
  body TEXT NOT NULL,
  PRIMARY KEY (conversation, number)
) WITHOUT ROWID;

CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY,            -- order within a target
  id TEXT NOT NULL UNIQUE,
  lane TEXT NOT NULL,
  target TEXT NOT NULL,
  do TEXT NOT NULL,
  priority INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  coalesce_key TEXT,
  credential TEXT NOT NULL,
  grp TEXT,
  state TEXT NOT NULL,                -- queued | sending | sent | failed | unknown
  attempts INTEGER NOT NULL DEFAULT 0,
  first_tried_at INTEGER NOT NULL DEFAULT 0,
  interrupted INTEGER NOT NULL DEFAULT 0, -- left `sending` by a process that ended, and nobody has dealt with it yet
  settled_at INTEGER,
  code TEXT,
  reason TEXT,
  body TEXT NOT NULL
);
CREATE INDEX outbox_open ON outbox (seq) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_interrupted ON outbox (seq) WHERE interrupted = 1;
CREATE INDEX outbox_coalesce ON outbox (coalesce_key) WHERE coalesce_key IS NOT NULL AND state = 'queued';
CREATE INDEX outbox_dead ON outbox (seq) WHERE state IN ('failed', 'unknown');
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE posts (
  workplace TEXT NOT NULL,
  platform_id TEXT NOT NULL,
  lane TEXT NOT NULL,
  posted_at INTEGER NOT NULL,
  PRIMARY KEY (workplace, platform_id)
) WITHOUT ROWID;
CREATE INDEX posts_age ON posts (posted_at);

CREATE TABLE deadlines (
  name TEXT PRIMARY KEY,
  due_at INTEGER NOT NULL,
  lane TEXT NOT NULL,
  event TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX deadlines_due ON deadlines (due_at);

-- The event log: all figures are sums of its rows.
CREATE TABLE log (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  name TEXT NOT NULL,
  lane TEXT NOT NULL,
  conversation TEXT,
  agent TEXT,
  card TEXT,
  desk TEXT,
  detail TEXT
);
CREATE INDEX log_at ON log (at);

-- An unbound group keeps its row, and with it the number of posts it has had.
CREATE TABLE groups (
  id TEXT PRIMARY KEY,
  desk TEXT NOT NULL,
  workplace TEXT NOT NULL,
  chat TEXT NOT NULL,
  bound_at INTEGER NOT NULL,
  bound INTEGER NOT NULL,
  posted INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE agents (
  id TEXT PRIMARY KEY,
  body TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE bind_codes (
  code TEXT PRIMARY KEY,
  desk TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,                -- empty after a release
  until INTEGER NOT NULL,
  fence INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tokens (
  name TEXT PRIMARY KEY,
  token TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE media (
  hash TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  type TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  name TEXT,
  kept_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE kept_values (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Numbers kept up to date in the transaction that changes them. `scope` is an account, or empty for the whole store.
CREATE TABLE counters (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (scope, name)
) WITHOUT ROWID;
