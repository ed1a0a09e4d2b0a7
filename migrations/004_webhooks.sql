-- Webhooks: where records are delivered to, and how far each of them is. Neither records nor derived from them.
CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  created INTEGER NOT NULL, -- milliseconds since 1970
  secret TEXT NOT NULL, -- whsec_…, what deliveries are signed with
  settings TEXT NOT NULL, -- JSON
  cursor INTEGER NOT NULL, -- the last position that was delivered, or did not match
  failure TEXT -- JSON, while the record after the cursor cannot be delivered
) STRICT, WITHOUT ROWID;
