-- SPDX-License-Identifier: Apache-2.0
-- Requests to other networks. Addresses are elsewhere's, never a line's of ours; the
-- contact is looked up when a mail goes out, and not kept.
CREATE TABLE complaint (
	number INTEGER PRIMARY KEY,
	addr BLOB NOT NULL,
	port INTEGER NOT NULL,
	proto INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	family TEXT NOT NULL,
	state INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	count INTEGER NOT NULL,
	created INTEGER NOT NULL,
	sent INTEGER NOT NULL,
	due INTEGER NOT NULL,
	mails INTEGER NOT NULL,
	batch BLOB NOT NULL
);
CREATE UNIQUE INDEX complaint_open ON complaint (addr, kind) WHERE state <= 2;
CREATE INDEX complaint_due ON complaint (due) WHERE state <= 2;
CREATE INDEX complaint_batch ON complaint (batch);
