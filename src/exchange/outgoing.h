/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outgoing.h -- what leaves the house: statements for others, made as small as they can.
 *
 * Three kinds of statements, and nothing else, leave:
 *
 *     PLACE      a C2 server or malware site that stands elsewhere: whole
 *     COUNT      so many of our lines, of a realm, with a family: no address, no time
 *                finer than a day
 *     INFECTION  one address of ours, with port and time, so that its recipient can act:
 *                only where the policy allows addresses for that purpose
 *
 * An address in our networks never leaves as a PLACE: a C2 on a customer's line is a
 * customer. Bots in other networks do not leave either; they are told to those networks
 * by other ways. What was told under a stricter TLP than the recipient may know stays;
 * what others told without any word counts as amber, what we saw ourselves as green.
 * Vetoed and superseded sightings, sinkholes and retired indicators say nothing.
 *
 * Fill a list (from the store, from indicators), seal it, write it (writers.h). The same
 * store, indicators and rules give the same list, in the same order, with the same ids.
 */
#ifndef EXCHANGE_OUTGOING_H
#define EXCHANGE_OUTGOING_H

#include "event/tlp.h"
#include "exchange/uuid.h"
#include "intel/indicators.h"
#include "report/item.h"
#include "store/store.h"

enum outgoing_kind { OUTGOING_PLACE, OUTGOING_COUNT, OUTGOING_INFECTION };

struct outgoing {
	enum outgoing_kind kind;
	enum tlp tlp;
	char id[UUID_TEXT];
	char rsit[SIGHTING_NAME]; /* "malicious-code/c2-server" */
	char family[SIGHTING_NAME];
	uint32_t realm; /* COUNT */
	bool has_addr;
	struct prefix addr; /* PLACE: an address or prefix; INFECTION: an address */
	char name[INDICATOR_NAME];
	uint16_t port;
	uint8_t proto;      /* 0: not told */
	struct addr remote; /* INFECTION: the far end; zero: not told */
	uint16_t remote_port;
	char remote_name[SIGHTING_REMOTE]; /* where no address is told */
	int64_t first, last, until;        /* until: valid; WHEN_NEVER: not told */
	uint64_t count;                    /* PLACE: contacts seen; COUNT: lines */
	int confidence;                    /* 0..100; -1: not told */
	uint64_t line; /* internal: what COUNT counts; 0 once sealed */
};

enum outgoing_class { /* what is asked for, a set */
	OUTGOING_C2 = 1,
	OUTGOING_DISTRIBUTION = 2,
	OUTGOING_LINES = 4 /* COUNT or INFECTION */
};

struct outgoing_rules {
	int64_t since, until; /* µs; of what was last seen then */
	enum tlp most;        /* the strictest that the recipient may know */
	bool addresses;       /* INFECTION instead of COUNT */
	unsigned classes;     /* set of enum outgoing_class */
	const struct prefix *ours;
	size_t our_count;
};

/* What was looked at and stayed, by reason. */
struct outgoing_kept {
	uint64_t secret, vetoed, ours, other;
};

struct outgoing_list {
	struct outgoing *items;
	size_t count, room;
	struct outgoing_kept kept;
};

void outgoing_sightings(
    struct outgoing_list *list, struct store *store, const struct outgoing_rules *rules);
/* `set` is sealed. */
void outgoing_indicators(struct outgoing_list *list, const struct indicators *set,
    const struct outgoing_rules *rules);
/* An item of a report, as its maker told it: for handing on what was read. False if it
 * is no statement that leaves. */
bool outgoing_item(struct outgoing_list *list, const struct item *item,
    const struct outgoing_rules *rules);
/* Merges what is the same, counts, sorts, gives ids. */
void outgoing_seal(struct outgoing_list *list);
void outgoing_free(struct outgoing_list *list);

/* "198.51.100.7", "198.51.100.0/24", or the name; "" for a COUNT. `out` holds
 * INDICATOR_NAME bytes. */
const char *outgoing_place(const struct outgoing *o, char *out);
const char *outgoing_transport(const struct outgoing *o); /* "tcp", "udp" or "" */
const char *outgoing_type(const struct outgoing *o);      /* RSIT's type */
bool outgoing_has_remote(const struct outgoing *o);

#endif
