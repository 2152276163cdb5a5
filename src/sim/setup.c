/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup.c -- what the operator of the simulated provider would have written.
 *
 * All people are called Test, live at reserved domain names (RFC 2606) and have telephone
 * numbers that the Swedish regulator keeps free for fiction.
 */
#include "sim/setup.h"

#include "sim/bots.h"
#include "sim/leases.h"

#include <stdio.h>

static void
put_line(FILE *f, const struct world *w, uint32_t i)
{
	const struct line *line = &w->lines[i];
	char keys[80] = "", circuit[16], hex[48], prefixes[80] = "", addr[ADDR_TEXT];
	uint64_t luck = hash_u64(i, w->config.seed);

	if (line->scheme == SCHEME_STATIC)
		(void)snprintf(prefixes, sizeof prefixes, "%s/32 2001:db8:%x::/48",
		    world_addr(line->addr, addr), i);
	else
		(void)snprintf(keys, sizeof keys, "%s %s", leases_circuit(i, circuit),
		    leases_circuit_hex(i, hex));
	(void)fprintf(f,
	    "%u,%s,1,%s,Test Testsson %u,test.testsson.%u@kund%u.example.invalid,"
	    "+467017406%02u,\"Testgatan %u, 111 %02u Teststad\",%s,%s,,%s,\n",
	    LINE_NUMBER + i, keys, prefixes, i, i, i, 5 + i % 95, i, i % 100,
	    luck % 10 == 0 ? "en" : "sv",
	    line->scheme == SCHEME_STATIC ? "business" : "consumer",
	    luck / 10 % 50 == 0 ? "telecare" : "");
}

static bool
write_registry(const struct world *w, struct err *err)
{
	FILE *f;

	if (!world_file(w, "registry.csv", &f, err))
		return false;
	(void)fputs("line,subscriber,realm,prefixes,name,email,phone,postal,language,"
		    "segment,profile,exempt,operator\n",
	    f);
	for (uint32_t i = 0; i < w->config.lines; i++)
		put_line(f, w, i);
	return world_close(&f, "registry.csv", err);
}

/* The listed control servers, and others that nobody here calls. */
static bool
write_indicators(const struct world *w, struct err *err)
{
	FILE *f;

	if (!world_file(w, "indicators.csv", &f, err))
		return false;
	(void)fputs("value,port,protocol,role,purpose,confidence,source,family\n", f);
	for (uint32_t i = 0; i < 40; i++) {
		char addr[ADDR_TEXT];

		(void)fprintf(f, "%s,48101,tcp,c2,malicious-code,95,simulation,%s\n",
		    world_addr(NET_CONTROL + (i < 4 ? 1 : 100) + i, addr),
		    i % 2 ? "mirai" : "qakbot");
	}
	return world_close(&f, "indicators.csv", err);
}

static void
put_sources(FILE *f, const struct sim_site *site)
{
	static const char ground[] =
	    "    classes: [traffic]\n"
	    "    ground: {basis: own-test-network, review: 2027-12-31T00:00:00Z}\n";

	(void)fputs("sources:\n  - name: border\n", f);
	if (site->netflow)
		(void)fprintf(f,
		    "    type: netflow\n    listen: 127.0.0.1\n    port: %u\n",
		    site->netflow);
	else
		(void)fputs("    type: pcap\n    path: netflow.pcap\n", f);
	(void)fprintf(f, "%s  - name: mirror\n    type: pcap\n    path: bot.pcap\n%s",
	    ground, ground);
}

static void
put_rest(FILE *f, const struct sim_site *site)
{
	char end[WHEN_TEXT];

	(void)fputs(
	    "reports:\n"
	    "  - name: shadowserver\n    path: reports\n"
	    "    ground: {basis: network-security, review: 2027-12-31T00:00:00Z}\n"
	    "leases:\n"
	    "  - {type: kea-forensic, path: kea-forensic.log}\n"
	    "  - {type: csv, path: port-blocks.csv}\n"
	    "intel: [indicators.csv]\n"
	    "registry: registry.csv\n"
	    "notices: {from_name: Simulated provider}\n",
	    f);
	(void)fprintf(f,
	    "mail: {server: 127.0.0.1, port: %u, from: abuse@isp.example.invalid}\n",
	    site->smtp);
	(void)fprintf(f, "replay_until: %s\n", when_text(site->end, end));
	if (site->console_on)
		(void)fprintf(f, "console: {enabled: yes, port: %u}\n", site->console);
}

bool
sim_write_config(const char *directory, const struct sim_site *site, struct err *err)
{
	struct world w = {.directory = directory};
	FILE *f;

	if (!world_file(&w, "botkoll.yaml", &f, err))
		return false;
	(void)fputs(
	    "# Written by botkoll simulate: a simulated provider in replay time.\n"
	    "# Shadow mode is off here, and only here: notices go out at once.\n"
	    "directory: data\n"
	    "clock: replay\n"
	    "seed: 1\n"
	    "shadow: no\n"
	    "realms:\n"
	    "  - name: isp\n    number: 1\n"
	    "    networks: [198.18.0.0/15, 100.64.0.0/16, \"2001:db8::/32\"]\n",
	    f);
	put_sources(f, site);
	put_rest(f, site);
	return world_close(&f, "botkoll.yaml", err);
}

bool
setup_write(const struct world *w, struct err *err)
{
	struct sim_site site = {.smtp = 1025, .end = w->end + WHEN_DAY};

	return write_registry(w, err) && write_indicators(w, err) &&
	       sim_write_config(w->directory, &site, err);
}
