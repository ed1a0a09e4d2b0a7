-- Erasures: data beside records that a record of its own removed.

-- What is left of records in the place of what was removed: digests that can no longer be worked out from what is there.
-- The record of the erasure has the hash of all that it left.
CREATE TABLE erased (
  position INTEGER NOT NULL,
  erasure INTEGER NOT NULL, -- the position of the record that removed
  vm TEXT NOT NULL, -- whose pages and vCPUs
  remains TEXT NOT NULL, -- JSON
  PRIMARY KEY (position, erasure, vm)
) STRICT, WITHOUT ROWID;

-- It goes in right behind the record of the erasure.
CREATE TRIGGER erased_append BEFORE INSERT ON erased
WHEN NEW.erasure IS NOT (SELECT max(position) FROM records) OR NEW.position >= NEW.erasure
  OR EXISTS (SELECT 1 FROM erased WHERE position = NEW.position AND erasure = NEW.erasure AND vm = NEW.vm)
BEGIN SELECT RAISE(ABORT, 'what is left is added with the record of its erasure'); END;
CREATE TRIGGER erased_update BEFORE UPDATE ON erased
BEGIN SELECT RAISE(ABORT, 'what is left is never changed'); END;
CREATE TRIGGER erased_delete BEFORE DELETE ON erased
BEGIN SELECT RAISE(ABORT, 'what is left is never deleted'); END;

DROP TRIGGER bulk_delete;
CREATE TRIGGER bulk_delete BEFORE DELETE ON bulk
WHEN NOT EXISTS (SELECT 1 FROM erased
  WHERE position = OLD.position AND erasure = (SELECT max(position) FROM records))
BEGIN SELECT RAISE(ABORT, 'bulk data is never deleted, but by an erasure'); END;

-- Derived: the VMs whose memory an erasure took from. Snapshots of them from before it are not kept any more.
CREATE TABLE erasures (
  vm TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (vm, position)
) STRICT, WITHOUT ROWID;

-- A row if the file was written by releases that left what they deleted in free space. The first erasure rewrites the file.
CREATE TABLE unswept (
  since INTEGER NOT NULL
) STRICT;
INSERT INTO unswept SELECT max(position) FROM records HAVING max(position) IS NOT NULL;

-- The record whose erasure took what was answered; the rest of such a row says that the key is taken.
ALTER TABLE answers ADD COLUMN erasure INTEGER;
