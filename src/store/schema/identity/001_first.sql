-- SPDX-License-Identifier: Apache-2.0
-- Who a line is. Deleting a row of `person` and what hangs on it makes the rest of the
-- installation anonymous.

CREATE TABLE person (
	line INTEGER PRIMARY KEY,
	number TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	email TEXT NOT NULL,
	phone TEXT NOT NULL,
	postal TEXT NOT NULL,
	language TEXT NOT NULL,
	segment TEXT NOT NULL,
	profile TEXT NOT NULL,
	exempt TEXT NOT NULL,
	operator TEXT NOT NULL
);

-- Ids of erased lines: random numbers that lead nowhere, and are never given again, or the
-- next import of the registry would name what was made anonymous.
CREATE TABLE spent (line INTEGER PRIMARY KEY);

-- A handle without a line belongs to a key that no row of the registry names (yet),
-- or to nobody any more; then it has no key either.
CREATE TABLE handle (
	handle INTEGER PRIMARY KEY,
	line INTEGER NOT NULL,
	key TEXT UNIQUE
);
CREATE INDEX handle_line ON handle (line);

CREATE TABLE prefix (
	realm INTEGER NOT NULL,
	addr BLOB NOT NULL,
	length INTEGER NOT NULL,
	handle INTEGER NOT NULL,
	PRIMARY KEY (realm, addr, length)
) WITHOUT ROWID;
CREATE INDEX prefix_handle ON prefix (handle);
