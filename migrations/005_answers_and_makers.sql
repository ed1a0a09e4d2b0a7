-- Answers that were kept under the client's Idempotency-Key, each in the transaction of the record that it tells of. They
-- last a day, are no part of what is proved, and can hold guest memory.
CREATE TABLE answers (
  id INTEGER PRIMARY KEY,
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL, -- SHA-256 of the request
  time INTEGER NOT NULL, -- milliseconds since 1970
  position INTEGER, -- of the record; null if the request made none
  status INTEGER NOT NULL,
  headers TEXT NOT NULL, -- JSON
  body BLOB NOT NULL,
  hole INTEGER, -- where in the body the position goes: behind so many bytes; null if it is not in there
  UNIQUE (actor, key)
) STRICT;

CREATE INDEX answers_time ON answers (time);

-- Who made a webhook: it delivers what is there for him. Those from before were made while everything was there for everybody.
ALTER TABLE webhooks ADD COLUMN maker TEXT NOT NULL DEFAULT '{"actor":"local","labels":[]}'; -- JSON
