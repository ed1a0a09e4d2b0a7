-- The journal as a log that others verify (C2SP tlog-tiles).

-- Derived: the RFC 6962 tree above the leaf hashes of `records`, at the levels that tiles keep. The hash of level L and
-- index I is the root of the 256^L records from position I * 256^L + 1 on; only whole subtrees have one.
CREATE TABLE tree (
  level INTEGER NOT NULL, -- from 1
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;
