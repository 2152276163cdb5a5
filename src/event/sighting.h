/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sighting.h -- the waist: "this address, at this time, acted (or was reported) as a
 * bot".
 *
 * Everything left of here only makes sightings, everything right of it only consumes
 * them. A sighting names an address and a time, never a line: attribution is the
 * engine's. Fixed size, no pointers: it travels as it is. Its id is a digest of what
 * makes it the same claim again, so that a second delivery changes nothing.
 */
#ifndef EVENT_SIGHTING_H
#define EVENT_SIGHTING_H

#include "base/buf.h"
#include "base/digest.h"
#include "event/key.h"

/* Kinds of evidence that are independent of each other (DESIGN 5). Reports make one group
 * per independent upstream. */
enum group {
	GROUP_INTEL,
	GROUP_DECOY,
	GROUP_PROPAGATION,
	GROUP_ATTACK,
	GROUP_MAIL,
	GROUP_TIMING,
	GROUP_COMPANY,
	GROUP_P2P,
	GROUP_NAMES,
	GROUP_RELAY,
	GROUP_REPORT,
	GROUP_COUNT
};

enum kind {
	KIND_C2,
	KIND_DECOY,
	KIND_SCAN,
	KIND_BRUTEFORCE,
	KIND_DDOS,
	KIND_SPAM,
	KIND_P2P,
	KIND_DGA,
	KIND_TUNNEL,
	KIND_PROXY,
	KIND_INFECTION, /* reported as infected, nothing more said */
	KIND_EXPOSURE,  /* a vulnerable or open service */
	KIND_HOSTING,   /* a C2 or malware site stands at the address */
	KIND_OTHER,
	KIND_COUNT
};

/* What the address was in what happened. Only bots are infected lines. */
enum address_role {
	ROLE_BOT,
	ROLE_C2,
	ROLE_VICTIM,
	ROLE_WEBSITE,
	ROLE_EXPOSED,
	ROLE_OTHER
};

enum severity {
	SEVERITY_UNDETERMINED,
	SEVERITY_INFO,
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL
};

enum basis {
	BASIS_NONE,
	BASIS_NETWORK_SECURITY,
	BASIS_CONTRACT,
	BASIS_CONSENT,
	BASIS_LEGAL_OBLIGATION,
	BASIS_OWN_TEST_NETWORK
};

enum {
	SIGHTING_FLOWS = 12,
	SIGHTING_WHY = 200,
	SIGHTING_NAME = 48,
	SIGHTING_REMOTE = 128
};

/* No time lies further from 1970, either way: sums and spans of them cannot overflow. */
#define SIGHTING_TIME_MAX (INT64_C(1) << 60)

/* One of the flows that carried the weight, for the case file. */
struct flow_record {
	int64_t first, last;
	struct addr peer;
	uint64_t packets[2], bytes[2]; /* [0] from our line, [1] to it */
	uint16_t our_port, peer_port;
	uint8_t proto, answer;
};

struct sighting {
	struct id128 id;
	int64_t first, last, precision; /* precision: µs around each time, 0 = exact */
	int64_t received;               /* when it came to us: its place in the order */
	struct addr addr;
	uint32_t realm;
	uint16_t port; /* the line's own port; 0 if not told */
	uint8_t proto;
	uint8_t role, kind, group, severity, grade; /* grade of the source: 'A'..'F' */
	bool gold;
	bool remote_c2; /* the far end is a control server, and no sinkhole */
	uint8_t data_class, basis;
	char tlp[8];
	char source[SIGHTING_NAME];     /* configured source, or detector */
	char upstream[SIGHTING_NAME];   /* two feeds with one upstream are one voice */
	char identifier[SIGHTING_NAME]; /* what made it: detector, or report type */
	char rsit[SIGHTING_NAME];       /* "malicious-code/infected-system" */
	char family[SIGHTING_NAME];     /* malware family, "" = unknown */
	double weight;                  /* nats */
	double confidence;              /* 0..1 */
	uint32_t weights_version;
	uint32_t count;
	struct addr remote; /* all zero: not told */
	uint16_t remote_port;
	uint8_t flow_count;
	char remote_name[SIGHTING_REMOTE];
	struct id128 raw; /* digest of the raw piece; zero: none */
	char why[SIGHTING_WHY];
	struct flow_record flows[SIGHTING_FLOWS];
};

/* Sets s->id from (source, upstream, item | identifier, realm, address, window). `item`:
 * digest of the reported item, or zero for a detector's sighting, whose `window` (µs) is
 * the start of the period it speaks of. */
void sighting_set_id(struct sighting *s, const struct id128 *item, int64_t window);
void sighting_write(const struct sighting *s, struct wr *w);
/* False unless the bytes are one sighting with all enumerations and texts in range. */
bool sighting_read(struct sighting *s, struct rd *r);

extern const char *const group_names[GROUP_COUNT];
extern const char *const kind_names[KIND_COUNT];
extern const char *const role_names[];
extern const char *const severity_names[];
extern const char *const basis_names[];

#endif
