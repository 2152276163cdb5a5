/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indicators.h -- addresses, prefixes, endpoints and names that others say are a
 * botnet's.
 *
 * Every indicator has a purpose; only malicious code and exposure are taken, so that the
 * store cannot become a list of sites that people may not visit. Of these only malicious
 * code is ever evidence against a line; its bin says of what worth.
 *
 * A set is filled (indicators_add, import.h), sealed once, and then only matched.
 */
#ifndef INTEL_INDICATORS_H
#define INTEL_INDICATORS_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"

enum indicator_type {
	INDICATOR_ADDRESS,
	INDICATOR_ENDPOINT, /* address and port */
	INDICATOR_PREFIX,
	INDICATOR_DOMAIN, /* and all names below it */
	INDICATOR_TYPES
};

enum indicator_role { INDICATOR_C2, INDICATOR_SINKHOLE, INDICATOR_DISTRIBUTION };
enum indicator_purpose { PURPOSE_MALICIOUS_CODE, PURPOSE_EXPOSURE };

/* What a contact is worth, in rising order. */
enum indicator_bin {
	BIN_NONE,
	BIN_SHARED, /* shared hosting, or of little confidence */
	BIN_PREFIX,
	BIN_DISTRIBUTION,
	BIN_ADDRESS,
	BIN_ENDPOINT,
	BIN_DOMAIN,
	BIN_CONFIRMED, /* gold: endpoint of a C2 server, confidence 90 or more */
	BIN_SINKHOLE,  /* gold */
	BIN_COUNT
};

struct indicator {
	uint8_t type, role, purpose, bin;
	uint8_t confidence; /* 0..100 */
	uint8_t proto;      /* of an endpoint: PROTO_TCP, PROTO_UDP, or 0: either */
	uint8_t review;     /* enum indicator_review */
	uint8_t tlp;        /* enum tlp: to whom it may be told on */
	bool shared;
	uint16_t port;
	struct prefix prefix; /* all but names */
	int64_t from, until;  /* valid at from <= t < until */
	uint64_t id;          /* the same for the same value and source in every set */
	/* Texts: offsets for indicator_text. */
	uint32_t name, family, source;
	uint32_t next; /* internal: another one of the same value, or wider */
};

/* One to be added. Texts are borrowed; NULL counts as "". */
struct indicator_row {
	const char
	    *value;    /* 192.0.2.1, 192.0.2.1:80, [2001:db8::1]:80, 192.0.2.0/24, a.b */
	uint16_t port; /* 0: none, or within the value */
	uint8_t proto;
	uint8_t role, purpose, confidence;
	uint8_t tlp; /* enum tlp */
	bool shared;
	const char *family, *source;
	int64_t from, until;
};

/* What a person said of an indicator that too many lines hit: an outbreak, keep it; or a
 * bad one, it counts no more. */
enum indicator_review { REVIEW_NONE, REVIEW_KEEP, REVIEW_RETIRED };

enum { INDICATOR_NAME = 254, INDICATOR_LABEL = 48, INDICATORS_MOST = 8 << 20 };

struct indicators;

struct indicators *indicators_new(void);
void indicators_free(struct indicators *set);
/* False with a sentence: no address or name, or one that would accuse everybody. */
MUST_CHECK bool indicators_add(
    struct indicators *set, const struct indicator_row *row, struct err *err);
/* Before the set is sealed: a person's word on all of this value, whoever lists it.
 * `*found` counts them. False with a sentence: no value. */
MUST_CHECK bool indicators_review(struct indicators *set, const char *value,
    enum indicator_review review, size_t *found, struct err *err);
/* What was said of the value; NONE also for one that is not in the set. */
enum indicator_review indicators_review_of(
    const struct indicators *set, const char *value);
/* Of the same value, port and source the one added last stays. Then builds what matching
 * needs. */
void indicators_seal(struct indicators *set);
size_t indicators_count(const struct indicators *set);
/* In the order of value and source once sealed; index < count. */
const struct indicator *indicators_at(const struct indicators *set, size_t index);
const char *indicator_text(const struct indicators *set, uint32_t offset);
/* The value as people write it; `out` holds INDICATOR_NAME + 8 bytes. */
const char *indicator_value(
    const struct indicators *set, const struct indicator *i, char *out);
/* The one of most worth that is valid at `t`; NULL: none. Only of malicious code. */
const struct indicator *indicators_match(const struct indicators *set,
    const struct addr *addr, uint8_t proto, uint16_t port, int64_t t);
/* `name` in lower case, without the dot at its end. */
const struct indicator *indicators_match_name(
    const struct indicators *set, const char *name, size_t size, int64_t t);
void indicators_prefetch(const struct indicators *set, const struct addr *addr);

extern const char *const indicator_type_names[INDICATOR_TYPES];
extern const char *const indicator_review_names[];  /* NULL-terminated */
extern const char *const indicator_role_names[];    /* NULL-terminated */
extern const char *const indicator_purpose_names[]; /* NULL-terminated */

#endif
