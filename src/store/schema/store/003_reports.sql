-- SPDX-License-Identifier: Apache-2.0
-- What became of what others reported: books, raw pieces, the tray, reporters, answers.

-- Of repeats of one claim, whichever way they came, one row is kept: they share `fold`.
ALTER TABLE sighting ADD COLUMN fold BLOB;
CREATE INDEX sighting_fold ON sighting (fold) WHERE fold IS NOT NULL;

CREATE TABLE book (
	source TEXT NOT NULL,
	identifier TEXT NOT NULL,
	outcome INTEGER NOT NULL,
	reason TEXT NOT NULL,
	items INTEGER NOT NULL,
	last INTEGER NOT NULL,
	PRIMARY KEY (source, identifier, outcome, reason)
) WITHOUT ROWID;

-- How a feed, or one type of its reports, has been doing; `alarm` '' where it does well.
CREATE TABLE feed (
	source TEXT NOT NULL,
	identifier TEXT NOT NULL,
	files INTEGER NOT NULL,
	items INTEGER NOT NULL,
	barren INTEGER NOT NULL,
	unknown INTEGER NOT NULL,
	yielded INTEGER NOT NULL,
	alarm TEXT NOT NULL,
	since INTEGER NOT NULL,
	PRIMARY KEY (source, identifier)
) WITHOUT ROWID;

-- What the stranger wrote, compressed; sealed under the case's key where there is a case.
CREATE TABLE piece (
	n INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE,
	case_id INTEGER NOT NULL,
	received INTEGER NOT NULL,
	told INTEGER NOT NULL,
	body BLOB NOT NULL
);
CREATE INDEX piece_case ON piece (case_id) WHERE case_id <> 0;
CREATE INDEX piece_received ON piece (received) WHERE case_id = 0;

-- What no parser understood, for people. `items`: pieces of the same kind that it stands
-- for.
CREATE TABLE tray (
	n INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE,
	fold BLOB NOT NULL,
	received INTEGER NOT NULL,
	severity INTEGER NOT NULL,
	source TEXT NOT NULL,
	upstream TEXT NOT NULL,
	reason TEXT NOT NULL,
	place INTEGER NOT NULL,
	told INTEGER NOT NULL,
	items INTEGER NOT NULL,
	done INTEGER NOT NULL,
	staff INTEGER NOT NULL,
	outcome TEXT NOT NULL
);
CREATE INDEX tray_waiting ON tray (severity DESC, received, n) WHERE done = 0;
CREATE INDEX tray_received ON tray (received);
CREATE INDEX tray_fold ON tray (fold);

-- `grade`: set by a person, '' if none did; `assigned`: as configuration last said.
CREATE TABLE reporter (
	name TEXT PRIMARY KEY,
	grade TEXT NOT NULL,
	assigned TEXT NOT NULL,
	claims INTEGER NOT NULL,
	confirmed INTEGER NOT NULL,
	refuted INTEGER NOT NULL,
	silent INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL
) WITHOUT ROWID;

-- state: open, confirmed, refuted, silent. By `due` silence tells.
CREATE TABLE claim (
	n INTEGER PRIMARY KEY,
	reporter TEXT NOT NULL,
	line INTEGER NOT NULL,
	class INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	due INTEGER NOT NULL,
	state INTEGER NOT NULL,
	UNIQUE (reporter, line, class, first)
);
CREATE INDEX claim_line ON claim (line);
CREATE INDEX claim_due ON claim (due) WHERE state = 0;

-- One answer to one reporter; `key` is its outbox entry's. `who`: digest of the address,
-- which itself goes when the answer has left.
CREATE TABLE answer (
	key BLOB PRIMARY KEY,
	who BLOB NOT NULL,
	address TEXT NOT NULL,
	source TEXT NOT NULL,
	created INTEGER NOT NULL,
	reports INTEGER NOT NULL,
	counts TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX answer_who ON answer (who, created);
CREATE INDEX answer_created ON answer (created);
-- The files that an answer counts; each message is answered once.
CREATE TABLE answered (
	file BLOB PRIMARY KEY,
	message BLOB NOT NULL UNIQUE,
	key BLOB NOT NULL,
	time INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX answered_time ON answered (time);
