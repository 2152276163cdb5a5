-- SPDX-License-Identifier: Apache-2.0
-- Lines that the detect roles tell all findings about, in the order in which they are told
-- so (role/mark.h). `active`: the newest word about this line and address, and not an end.
-- Numbers are never used again, hence AUTOINCREMENT.

CREATE TABLE mark (
	number INTEGER PRIMARY KEY AUTOINCREMENT,
	line INTEGER NOT NULL,
	active INTEGER NOT NULL,
	time INTEGER NOT NULL,
	as_of INTEGER NOT NULL,
	until INTEGER NOT NULL,
	realm INTEGER NOT NULL,
	addr BLOB NOT NULL,
	port_lo INTEGER NOT NULL,
	port_hi INTEGER NOT NULL
);
CREATE INDEX mark_line ON mark (line) WHERE active = 1;
