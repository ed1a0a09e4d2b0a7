-- The journal: what was appended, and beside it what is derived from that and may be dropped and rebuilt.

PRAGMA application_id = 1986882663; -- "vmlg"

-- One stream a VM.
CREATE TABLE streams (
  stream INTEGER PRIMARY KEY,
  vm TEXT NOT NULL UNIQUE
) STRICT;

-- The records. `bytes` is what is hashed; the columns between are what readers filter by, and are derived from it.
CREATE TABLE records (
  position INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL,
  version INTEGER NOT NULL,
  time INTEGER NOT NULL, -- milliseconds since 1970
  ret INTEGER NOT NULL,
  type TEXT NOT NULL,
  actor TEXT NOT NULL,
  first_frame INTEGER,
  last_frame INTEGER,
  leaf_hash BLOB NOT NULL, -- SHA-256(0x00 || bytes), RFC 6962 section 2.1
  bytes BLOB NOT NULL
) STRICT;

-- Data that is too large for a record, bound to it by a salted commitment in the record's bytes.
CREATE TABLE bulk (
  position INTEGER NOT NULL,
  role TEXT NOT NULL,
  salt BLOB NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (position, role)
) STRICT, WITHOUT ROWID;

-- Positions have no gap, and INSERT OR REPLACE (which deletes without a delete trigger) finds nothing to replace.
CREATE TRIGGER records_append BEFORE INSERT ON records
WHEN NEW.position IS NOT (SELECT ifnull(max(position), 0) + 1 FROM records)
BEGIN SELECT RAISE(ABORT, 'a record is appended at the next position'); END;
CREATE TRIGGER records_update BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;
CREATE TRIGGER records_delete BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'records are never deleted'); END;

-- Bulk data goes in right before its record.
CREATE TRIGGER bulk_append BEFORE INSERT ON bulk
WHEN NEW.position IS NOT (SELECT ifnull(max(position), 0) + 1 FROM records)
  OR EXISTS (SELECT 1 FROM bulk WHERE position = NEW.position AND role = NEW.role)
BEGIN SELECT RAISE(ABORT, 'bulk data is added with its record'); END;
CREATE TRIGGER bulk_update BEFORE UPDATE ON bulk
BEGIN SELECT RAISE(ABORT, 'bulk data is never changed'); END;
CREATE TRIGGER bulk_delete BEFORE DELETE ON bulk
BEGIN SELECT RAISE(ABORT, 'bulk data is never deleted'); END;

CREATE TRIGGER streams_append BEFORE INSERT ON streams
WHEN EXISTS (SELECT 1 FROM streams WHERE stream = NEW.stream OR vm = NEW.vm)
BEGIN SELECT RAISE(ABORT, 'a stream is added once'); END;
CREATE TRIGGER streams_update BEFORE UPDATE ON streams
BEGIN SELECT RAISE(ABORT, 'streams are never changed'); END;
CREATE TRIGGER streams_delete BEFORE DELETE ON streams
BEGIN SELECT RAISE(ABORT, 'streams are never deleted'); END;

-- Derived: where the records of a stream are, for all records up to the last multiple of 1024. An index on
-- records (stream, version) would cost every append a page of its own; this one is brought up to date once in 1024.
CREATE TABLE stream_index (
  stream INTEGER NOT NULL,
  version INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (stream, version)
) STRICT, WITHOUT ROWID;

-- Derived: states of VMs at a version, and the Merkle nodes of their memory.
CREATE TABLE snapshots (
  vm TEXT NOT NULL,
  version INTEGER NOT NULL,
  position INTEGER NOT NULL,
  model TEXT NOT NULL,
  control BLOB NOT NULL,
  PRIMARY KEY (vm, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE nodes (
  vm TEXT NOT NULL,
  digest BLOB NOT NULL,
  level INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (vm, digest)
) STRICT, WITHOUT ROWID;

-- Always empty: the health check writes here and takes it back, to show that there is room.
CREATE TABLE room (
  filler BLOB NOT NULL
) STRICT;
