-- SPDX-License-Identifier: Apache-2.0
-- The store, pseudonymous: no name, contact or subscriber key is ever in here.
-- Times are µs since 1970 UTC, ids of 16 bytes are digests.

CREATE TABLE stream (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

-- `body` is event/sighting's own form, `trail` the attribution; beside them stands what is
-- looked for. `finding`: made by a detector of ours, not reported.
CREATE TABLE sighting (
	n INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE,
	line INTEGER NOT NULL,
	case_id INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	received INTEGER NOT NULL,
	days INTEGER NOT NULL,
	superseded INTEGER NOT NULL,
	vetoed INTEGER NOT NULL,
	finding INTEGER NOT NULL,
	role INTEGER NOT NULL,
	answer INTEGER NOT NULL,
	source TEXT NOT NULL,
	upstream TEXT NOT NULL,
	identifier TEXT NOT NULL,
	indicator TEXT NOT NULL,
	body BLOB NOT NULL,
	trail BLOB NOT NULL
);
CREATE INDEX sighting_line ON sighting (line, last) WHERE line <> 0;
CREATE INDEX sighting_case ON sighting (case_id) WHERE case_id <> 0;
CREATE INDEX sighting_received ON sighting (received, case_id);
CREATE INDEX sighting_identifier ON sighting (identifier);
CREATE INDEX sighting_source ON sighting (source);
CREATE INDEX sighting_upstream ON sighting (upstream) WHERE upstream <> '';
CREATE INDEX sighting_indicator ON sighting (indicator) WHERE indicator <> '';

-- The fold of a case's entries, kept so that it need not be computed to be looked for.
CREATE TABLE cases (
	id INTEGER PRIMARY KEY,
	code TEXT NOT NULL UNIQUE,
	line INTEGER NOT NULL,
	class INTEGER NOT NULL,
	due INTEGER NOT NULL,
	open INTEGER NOT NULL,
	state INTEGER NOT NULL,
	held INTEGER NOT NULL,
	shadow INTEGER NOT NULL,
	opened INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	last_evidence INTEGER NOT NULL,
	notified INTEGER NOT NULL,
	ended INTEGER NOT NULL,
	verified_at INTEGER NOT NULL,
	step INTEGER NOT NULL,
	reminders INTEGER NOT NULL,
	notices_sent INTEGER NOT NULL,
	relapses INTEGER NOT NULL,
	posterior REAL NOT NULL,
	entries INTEGER NOT NULL
);
CREATE UNIQUE INDEX case_open ON cases (line, class) WHERE open = 1;
CREATE INDEX case_line ON cases (line);
CREATE INDEX case_due ON cases (due);
CREATE INDEX case_opened ON cases (opened);
CREATE INDEX case_ended ON cases (ended) WHERE open = 0;

CREATE TABLE case_cause (
	cause TEXT NOT NULL,
	opened INTEGER NOT NULL,
	case_id INTEGER NOT NULL,
	PRIMARY KEY (cause, opened, case_id)
) WITHOUT ROWID;
CREATE INDEX case_cause_case ON case_cause (case_id);

-- Skeletons; `payload` is sealed under the case's key and gone when that is.
CREATE TABLE entry (
	case_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	time INTEGER NOT NULL,
	type INTEGER NOT NULL,
	actor_kind INTEGER NOT NULL,
	actor INTEGER NOT NULL,
	policy_version INTEGER NOT NULL,
	score REAL NOT NULL,
	posterior REAL NOT NULL,
	prior REAL NOT NULL,
	groups INTEGER NOT NULL,
	upstreams INTEGER NOT NULL,
	gold INTEGER NOT NULL,
	step INTEGER NOT NULL,
	until INTEGER NOT NULL,
	ref BLOB NOT NULL,
	payload BLOB,
	PRIMARY KEY (case_id, number)
) WITHOUT ROWID;

CREATE TABLE payload_key (case_id INTEGER PRIMARY KEY, key BLOB NOT NULL);

CREATE TABLE outbox (
	n INTEGER PRIMARY KEY,
	key BLOB NOT NULL UNIQUE,
	case_id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	template TEXT NOT NULL,
	state INTEGER NOT NULL,
	verb INTEGER NOT NULL,
	step INTEGER NOT NULL,
	created INTEGER NOT NULL,
	not_before INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	error TEXT NOT NULL
);
CREATE INDEX outbox_pending ON outbox (not_before) WHERE state <= 1;
CREATE INDEX outbox_case ON outbox (case_id);
CREATE INDEX outbox_state ON outbox (state, changed);

-- link = H(link before, n, time, what, digest). (case_id, number) leads to the skeleton
-- that was digested; number 0: the case's skeletons were retired.
CREATE TABLE audit (
	n INTEGER PRIMARY KEY,
	time INTEGER NOT NULL,
	what TEXT NOT NULL,
	case_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	digest BLOB NOT NULL,
	link BLOB NOT NULL
);
CREATE INDEX audit_time ON audit (time);
CREATE INDEX audit_case ON audit (case_id, number) WHERE case_id <> 0;

CREATE TABLE day_seen (
	line INTEGER NOT NULL,
	family TEXT NOT NULL,
	day INTEGER NOT NULL,
	upstream TEXT NOT NULL,
	PRIMARY KEY (line, family, day, upstream)
) WITHOUT ROWID;
CREATE INDEX day_seen_day ON day_seen (day);

CREATE TABLE staff (
	number INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	role TEXT NOT NULL,
	hash TEXT NOT NULL,
	one_time INTEGER NOT NULL
);
