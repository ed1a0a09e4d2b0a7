-- Derived: guest frames of other VMs that a record touched through pages which both VMs have.
CREATE TABLE touched_elsewhere (
  vm TEXT NOT NULL,
  position INTEGER NOT NULL,
  frame INTEGER NOT NULL,
  PRIMARY KEY (vm, position, frame)
) STRICT, WITHOUT ROWID;
