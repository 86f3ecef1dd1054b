-- One schema for SQLite and PostgreSQL. Instants are microseconds since 1970 in UTC.

-- +goose Up
CREATE TABLE record_head (
  one INTEGER PRIMARY KEY CHECK (one = 1), -- its one row is the lock that all writers take
  size BIGINT NOT NULL,
  root BYTEA, -- of the tree of that size; NULL while it is empty
  recorded BIGINT NOT NULL, -- when the last entry was
  names BYTEA, -- sealed under the names key, to know it by
  erased BIGINT NOT NULL, -- how many people were forgotten
  wiped BIGINT NOT NULL -- how many of them are off the disk as well
);
INSERT INTO record_head (one, size, recorded, erased, wiped) VALUES (1, 0, 0, 0, 0);

CREATE TABLE record_signer (one INTEGER PRIMARY KEY CHECK (one = 1));
INSERT INTO record_signer (one) VALUES (1);

CREATE TABLE record_entries (
  idx BIGINT PRIMARY KEY,
  event TEXT NOT NULL UNIQUE,
  case_id TEXT, -- NULL for what concerns no case
  seq BIGINT,
  leaf BYTEA NOT NULL,
  UNIQUE (case_id, seq)
);

-- tlog's stored hashes.
CREATE TABLE record_hashes (
  idx BIGINT PRIMARY KEY,
  hash BYTEA NOT NULL
);

CREATE TABLE record_people (
  pseudonym TEXT PRIMARY KEY,
  lookup BYTEA NOT NULL UNIQUE, -- HMAC of the identity
  keyset BYTEA NOT NULL, -- the person's own, sealed under the names key
  profile BYTEA NOT NULL -- who it is, sealed under the names key
);

CREATE TABLE record_sealed (
  idx BIGINT PRIMARY KEY, -- of the entry
  owner TEXT NOT NULL, -- pseudonym
  box BYTEA NOT NULL -- the opened details, sealed under the owner's keyset
);
CREATE INDEX record_sealed_owner ON record_sealed (owner);

CREATE TABLE record_cases (
  case_id TEXT PRIMARY KEY,
  first_idx BIGINT NOT NULL UNIQUE,
  subject TEXT NOT NULL, -- pseudonym; empty while no entry has said
  entries BIGINT NOT NULL,
  last_idx BIGINT NOT NULL, -- the entry that says how it stands; -1 while none does
  confirmed INTEGER NOT NULL, -- 1 once that is a confirmation
  standing BYTEA NOT NULL, -- its facts
  state TEXT NOT NULL,
  partner TEXT NOT NULL,
  due BIGINT NOT NULL,
  late_from BIGINT NOT NULL -- it is late at every instant after this one
);
CREATE INDEX record_cases_subject ON record_cases (subject);
CREATE INDEX record_cases_due ON record_cases (due);
CREATE INDEX record_cases_partner ON record_cases (partner, first_idx);
CREATE INDEX record_cases_state ON record_cases (state, first_idx);
CREATE INDEX record_cases_late ON record_cases (late_from);

CREATE TABLE record_checkpoints (
  n BIGINT PRIMARY KEY,
  size BIGINT NOT NULL,
  note TEXT NOT NULL
);

CREATE TABLE record_anchors (
  id BYTEA PRIMARY KEY, -- SHA-256 of what and where, so that one receipt is kept once
  size BIGINT NOT NULL,
  at BIGINT NOT NULL,
  receipt BYTEA NOT NULL
);
CREATE INDEX record_anchors_size ON record_anchors (size, at);
