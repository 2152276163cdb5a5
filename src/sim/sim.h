/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h -- a simulated Internet provider: everything Botkoll is fed, and the truth.
 *
 * A week of some thousand lines, computed event by event in the order of simulated time:
 * households with several devices that browse, resolve names, keep time, call home, meet
 * dead servers, share files and measure their speed; leases that change hands; planted
 * bots; what third parties report about them. Everything follows from the seed: the same
 * configuration gives the same bytes on every machine.
 *
 * The traffic is about 150 flows a line and day, a hundredth of what real lines do:
 * enough to carry the chain, no ground for claims about accuracy. No constant and no code
 * is shared with the detectors. Whoever is accused of something (control servers,
 * sinkholes) has an address reserved for documentation; the Internet at large is played
 * by blocks that are not announced (21, 22, 26, 28, 29/8). The provider holds
 * 198.18.0.0/15, 100.64.0.0/16 and 2001:db8::/32. None of it leaves the machine.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/err.h"

#include <stdint.h>

enum { SIM_LINES_MAX = 60000, SIM_DAYS_MAX = 31 };

/* Monday 2026-09-07 00:00 UTC: the simulated time starts here unless told otherwise. */
#define SIM_START (INT64_C(1788739200) * 1000000)

struct sim_config {
	uint64_t seed;
	uint32_t lines, days, bots; /* bots at most a tenth of the lines */
	int64_t start;              /* µs, midnight UTC */
};

struct sim_stat {
	uint64_t flows;     /* both directions of one conversation count once */
	uint64_t records;   /* of one direction, as exported */
	uint64_t datagrams; /* of flow export */
	uint64_t packets;   /* in the packet capture */
	uint64_t devices;
	uint64_t leases;      /* entries of the lease logs */
	uint64_t changes;     /* times that an address went to another line */
	uint64_t report_rows; /* of third parties */
};

/* Where the daemon of the configuration listens and delivers. */
struct sim_site {
	uint16_t netflow; /* UDP port for flow export; 0: netflow.pcap is read instead */
	uint16_t smtp;    /* port of the SMTP server on the loopback interface */
	uint16_t console; /* 0: any free one */
	bool console_on;
	int64_t end; /* µs: timers run until then */
};

/* Told now and then how far the simulation is: µs of simulated time of `total`. */
typedef void sim_progress(void *ctx, int64_t done, int64_t total);

/* Writes everything into the existing directory `directory`; files there are replaced. */
MUST_CHECK bool sim_run(const struct sim_config *config, const char *directory,
    sim_progress *progress, void *ctx, struct sim_stat *stat, struct err *err);

/* Writes botkoll.yaml alone; sim_run writes one that reads files only. */
MUST_CHECK bool sim_write_config(
    const char *directory, const struct sim_site *site, struct err *err);

#endif
