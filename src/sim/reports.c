/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reports.c -- sinkhole reports as Shadowserver writes them, one file a day.
 *
 * The columns are those of the vendor's present event4_sinkhole; times are UTC without a
 * zone. The rows speak of whoever had the address then, which by the next morning, when
 * the file arrives, is often not who has it now. A tenth
 * of the rows comes twice, some come again a day later, rows about shared addresses lack
 * the port where the sinkhole did not log it, and some speak of addresses that nobody
 * had, or that belong to another provider.
 */
#include "sim/reports.h"

#include "base/mem.h"

#include <stdio.h>

enum { REPORT = 0x60, PROVIDER = 64496, KEEPER = 64511 };

struct report_row {
	int64_t time;
	const char *family;
	uint32_t addr, sinkhole;
	uint16_t port; /* 0: not logged */
	uint8_t copies;
	bool again; /* repeated in the next day's file */
};

static const char header[] =
    "\"timestamp\",\"protocol\",\"src_ip\",\"src_port\",\"src_asn\",\"src_geo\","
    "\"src_region\",\"src_city\",\"src_hostname\",\"src_naics\",\"src_sector\","
    "\"device_vendor\",\"device_type\",\"device_model\",\"severity\",\"dst_ip\","
    "\"dst_port\",\"dst_asn\",\"dst_geo\",\"dst_region\",\"dst_city\",\"dst_hostname\","
    "\"dst_naics\",\"dst_sector\",\"public_source\",\"infection\",\"family\",\"tag\","
    "\"application\",\"version\",\"event_id\",\"ssl_cipher\",\"ssl_servername\"\n";

static void
add_row(struct world *w, const struct report_row *row)
{
	if (w->row_count == w->row_room) {
		w->row_room = w->row_room ? 2 * w->row_room : 256;
		w->rows = xrealloc(w->rows, w->row_room * sizeof *w->rows);
	}
	w->rows[w->row_count++] = *row;
}

void
reports_contact(struct world *w, const struct bot *bot, int64_t t, uint16_t our_port)
{
	const struct line *line = &w->lines[bot->line];
	uint64_t luck = hash_u64((uint64_t)t, hash_u64(REPORT, w->config.seed));
	struct report_row row = {.time = t,
	    .family = bot->kind->family,
	    .addr = line->addr,
	    .sinkhole = NET_SINKHOLE + 1 + (uint32_t)(bot - w->bots) % 3,
	    .port = our_port,
	    .copies = luck % 10 == 0 ? 2 : 1,
	    .again = luck / 10 % 20 == 0};

	if (line->scheme == SCHEME_CGNAT) {
		row.addr = line->shared;
		row.port = (uint16_t)(line->port_lo + our_port % PORT_BLOCK);
	}
	if (bot->kind->signs & SIGN_PORTLESS)
		row.port = 0;
	add_row(w, &row);
	if (luck / 200 % 12 == 0) { /* a stranger beside it */
		row.addr = luck / 2400 % 2 ? NET_FOREIGN : NET_POOL + 0xfff0;
		row.family = "conficker";
		row.copies = 1;
		row.again = false;
		add_row(w, &row);
	}
}

static void
put_row(FILE *f, const struct report_row *r, uint64_t number)
{
	struct civil c = when_to_civil(r->time);
	char src[ADDR_TEXT], dst[ADDR_TEXT], port[8] = "";

	if (r->port)
		(void)snprintf(port, sizeof port, "%u", r->port);
	(void)fprintf(f,
	    "\"%04d-%02u-%02u "
	    "%02u:%02u:%02u\",\"tcp\",\"%s\",\"%s\",%d,\"SE\",\"STOCKHOLM\","
	    "\"STOCKHOLM\",,,,,,,\"critical\",\"%s\",80,%d,\"US\",,,,,,\"simulated\",\"%"
	    "s\","
	    "\"%s\",\"sinkhole\",\"http\",,\"%llu\",,\n",
	    c.year, c.month, c.day, c.hour, c.minute, c.second, world_addr(r->addr, src),
	    port, PROVIDER, world_addr(r->sinkhole, dst), KEEPER, r->family, r->family,
	    (unsigned long long)number);
}

/* Rows of `day`, and those of the day before that come again. */
static void
put_day(struct world *w, FILE *f, int64_t day)
{
	(void)fputs(header, f);
	for (size_t i = 0; i < w->row_count; i++) {
		const struct report_row *r = &w->rows[i];
		int64_t of = r->time - (r->time - w->config.start) % WHEN_DAY;
		uint32_t copies =
		    of == day ? r->copies : of == day - WHEN_DAY && r->again;

		for (uint32_t c = 0; c < copies; c++) {
			put_row(f, r, 1000 + i);
			w->stat->report_rows++;
		}
	}
}

static bool
write_day(struct world *w, int64_t day, struct err *err)
{
	struct civil c = when_to_civil(day);
	char name[64];
	FILE *f;

	(void)snprintf(name, sizeof name,
	    "reports/%04d-%02u-%02u-event4_sinkhole-botkoll-sim.csv", c.year, c.month,
	    c.day);
	if (!world_file(w, name, &f, err))
		return false;
	put_day(w, f, day);
	return world_close(&f, name, err);
}

bool
reports_finish(struct world *w, struct err *err)
{
	for (uint32_t d = 0; d < w->config.days; d++)
		if (!write_day(w, w->config.start + d * WHEN_DAY, err))
			return false;
	return true;
}
