/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h -- the messages that roles send each other, all in one place.
 *
 * Numbers are big-endian (buf.h). Each message names who sends it to whom; what a
 * receiver does not expect from that side is a violation.
 */
#ifndef ROLE_WIRE_H
#define ROLE_WIRE_H

enum wire {
	/* parent -> any role */
	WIRE_CONNECT = 1, /* kind, index, ring follows or not; the pair's descriptor */
	WIRE_RING,        /* memory of the ring that the next CONNECT belongs to */
	WIRE_STOP,        /* write down what must last, then end */
	/* parent -> decode */
	WIRE_FINISH, /* replay: a live source has sent everything */
	/* parent -> intake */
	WIRE_REPORT,      /* entry of the configuration, number, file name; the file */
	WIRE_REPORTS_END, /* replay: no more files will come */
	/* parent -> fetch */
	WIRE_DOCUMENT_HAVE,  /* file name: it waits for intake */
	WIRE_DOCUMENT_BEGIN, /* those were all: to work */
	WIRE_DOCUMENT,       /* an empty file; without one there is no room */
	WIRE_DOCUMENT_KEPT,  /* 1: it is durable under its name; 0: it is not */
	WIRE_DOCUMENT_TAKEN, /* file name: the engine has committed all of it */
	/* parent -> engine */
	WIRE_ROLE, /* kind, index, alive, down, restarts, its status as JSON */
	/* any role -> parent */
	WIRE_READY, /* jailed and at work */
	WIRE_STATUS,
	WIRE_VIOLATION, /* kind, index, sentence: that role has sent nonsense */
	/* intake -> parent */
	WIRE_REPORT_TAKEN, /* number of a report: the engine has committed all of it */
	/* fetch -> parent */
	WIRE_DOCUMENT_OPEN, /* an empty file is wanted */
	WIRE_DOCUMENT_KEEP, /* file name: that file is complete */
	WIRE_DOCUMENT_DROP, /* file name: acknowledged at its origin */
	/* engine -> parent */
	WIRE_REPLAY_END,
	WIRE_BATCH_START, /* a batch role is needed */
	WIRE_RELOAD,      /* detect begins anew, with the indicators as they are now */

	/* ring decode -> detect, and its pair */
	WIRE_BATCH = 32, /* last number emitted by the source so far, batch */
	WIRE_WAKE,       /* both ways */
	WIRE_TAKEN,      /* detect -> decode: numbers taken in, numbers durable */

	/* numbered streams: detect (SIGHTING), intake (FATE) -> engine;
	 * leases, engine -> detect */
	WIRE_HELLO,     /* receiver -> sender: last number made durable */
	WIRE_ACK,       /* receiver -> sender: the same, later */
	WIRE_SIGHTING,  /* number, sighting */
	WIRE_CHANGE,    /* number, time, line key */
	WIRE_WATERMARK, /* time before which nothing will come; newest time seen */
	WIRE_INPUT,     /* intake -> engine: name of the stream that follows */
	WIRE_MARK,      /* engine -> detect: mark.h */
	WIRE_FATE,      /* number, fate */

	/* leases <-> engine */
	WIRE_HANDLES_ASK, /* count, subscriber keys */
	WIRE_HANDLES,     /* count, handles in the same order */
	WIRE_LEASES,      /* the segments on disk have changed */
	WIRE_TIME,        /* engine -> leases: now, once for each day */

	/* engine <-> actor */
	WIRE_ORDER,
	WIRE_SETTLED, /* key: its outcome is written down */
	WIRE_OUTCOME, /* key, outcome, sentence */

	/* console <-> engine */
	WIRE_ASK,    /* ticket, staff number, JSON */
	WIRE_ANSWER, /* ticket, JSON; batch -> engine too */
	WIRE_LOGOUT, /* engine -> console: staff number whose sessions end */

	/* engine -> batch */
	WIRE_MEASURE, /* ticket, now, days */
};

#endif
