/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netflow.c -- see netflow.h. v9 and IPFIX differ in their headers, in the numbers of
 * their template sets and in what a template record looks like; everything else is one.
 * v5 has one kind of record, which is read by a template of our own.
 *
 * The unit of state is a domain: (exporter's address, observation domain or source id,
 * version). Sampling comes from options data: by sampler or selector where a record names
 * one, else the domain's latest.
 *
 * Not handled: structured data (RFC 6313) is skipped as variable length; options scoped
 * to a line card or interface count for the whole domain.
 */
#include "event/netflow.h"

#include "base/lru.h"
#include "base/mem.h"
#include "base/when.h"
#include "event/record.h"
#include "event/template.h"

#include <stdlib.h>

enum { VERSION_5 = 5, VERSION_9 = 9, VERSION_IPFIX = 10 };
enum { HEADER_9 = 20, HEADER_IPFIX = 16, HEADER_5 = 24, RECORD_5 = 48, RECORDS_5 = 30 };
enum { SAMPLERS = 16, DATA_SET_LEAST = 256, SNAPSHOT = 2 };
enum { SET_TEMPLATE_9 = 0, SET_OPTIONS_9 = 1, SET_TEMPLATE = 2, SET_OPTIONS = 3 };

struct domain_key {
	struct addr exporter;
	uint32_t domain, version;
};

struct sampler {
	uint64_t id;
	uint32_t one_in;
};

struct domain {
	uint32_t number; /* event.exporter */
	bool sequence_known;
	uint32_t sequence; /* expected next */
	uint32_t sampling; /* 1 in N without a sampler's name; 0: not told */
	uint64_t datagrams, records, lost; /* lost: in units of the sequence */
	int64_t init; /* µs, start of the exporter, from options; 0: not told */
	uint32_t sampler_count;
	struct sampler samplers[SAMPLERS];
	struct templates templates;
};

struct slot {
	struct domain *domain;
};

struct netflow {
	struct netflow_config config;
	struct lru *domains;
	uint32_t numbers;
	int64_t now; /* orders the domains by use */
	struct netflow_stat stat;
	uint64_t lost_before; /* flows, of exporters forgotten since */
};

/* One datagram on its way. */
struct datagram {
	struct netflow *n;
	struct domain *domain;
	const struct netflow_sink *sink;
	struct record_times times;
	uint32_t version, sequence, records;
	bool no_template, malformed;
};

struct netflow *
netflow_new(const struct netflow_config *config)
{
	struct netflow *n = xcalloc(1, sizeof *n);

	n->config = *config;
	n->domains = lru_new(config->exporters, sizeof(struct domain_key),
	    sizeof(struct slot), config->seed);
	return n;
}

static uint64_t
lost_flows(const struct domain *domain, uint32_t version)
{
	if (version != VERSION_9 || domain->datagrams == 0)
		return domain->lost;
	return domain->lost * domain->records / domain->datagrams;
}

static uint32_t
version_of(const struct netflow *n, const struct slot *slot)
{
	const struct domain_key *key = lru_key(n->domains, slot);

	return key->version;
}

static void
drop_domain(struct netflow *n, struct slot *slot)
{
	n->lost_before += lost_flows(slot->domain, version_of(n, slot));
	templates_fini(&slot->domain->templates);
	free(slot->domain);
	lru_drop(n->domains, slot);
}

void
netflow_free(struct netflow *n)
{
	struct slot *slot;

	if (n == NULL)
		return;
	while ((slot = lru_oldest(n->domains, NULL)) != NULL)
		drop_domain(n, slot);
	lru_free(n->domains);
	free(n);
}

static struct domain *
add_domain(struct netflow *n, const struct domain_key *key)
{
	struct slot *slot;

	if (lru_full(n->domains))
		drop_domain(n, lru_oldest(n->domains, NULL));
	slot = lru_add(n->domains, key, ++n->now);
	slot->domain = xcalloc(1, sizeof *slot->domain);
	return slot->domain;
}

static struct domain *
find_domain(struct netflow *n, const struct domain_key *key)
{
	struct slot *slot = lru_find(n->domains, key);
	struct domain *domain;

	if (slot != NULL) {
		lru_touch(n->domains, slot, ++n->now);
		return slot->domain;
	}
	domain = add_domain(n, key);
	domain->number = ++n->numbers;
	return domain;
}

static bool
plausible_5(struct rd *r, size_t size)
{
	uint16_t count = rd_u16(r);

	return !r->bad && count > 0 && count <= RECORDS_5 &&
	       size == HEADER_5 + (size_t)count * RECORD_5;
}

/* The first set of any datagram has a sensible number and lies within it. */
bool
netflow_plausible(const uint8_t *bytes, size_t size)
{
	struct rd r = rd_init(bytes, size);
	uint16_t version = rd_u16(&r), length, set, set_size;

	if (version == VERSION_5)
		return plausible_5(&r, size);
	length = rd_u16(&r);
	if (version != VERSION_9 && version != VERSION_IPFIX)
		return false;
	if (version == VERSION_IPFIX && length != size)
		return false;
	rd_skip(&r, (version == VERSION_9 ? HEADER_9 : HEADER_IPFIX) - 4);
	set = rd_u16(&r);
	set_size = rd_u16(&r);
	if (r.bad || set_size < 4 || (size_t)set_size - 4 > rd_left(&r))
		return false;
	return set >= DATA_SET_LEAST || (version == VERSION_9 && set <= SET_OPTIONS_9) ||
	       (version == VERSION_IPFIX && (set == SET_TEMPLATE || set == SET_OPTIONS));
}

/* Small gaps are losses; a step back of a few is a late datagram, which was counted as
 * lost; any other jump is a restart. */
static void
check_sequence(struct datagram *d, uint32_t count)
{
	enum { GAP_MAX = 1 << 20, LATE_MAX = 1 << 10 };
	struct domain *domain = d->domain;
	uint32_t gap = d->sequence - domain->sequence;
	uint32_t late = domain->sequence - d->sequence;

	if (domain->sequence_known && late > 0 && late <= LATE_MAX) {
		domain->lost -= domain->lost < count ? domain->lost : count;
		d->n->stat.lost -= d->n->stat.lost < count ? d->n->stat.lost : count;
		return;
	}
	if (domain->sequence_known && gap < GAP_MAX) {
		domain->lost += gap;
		d->n->stat.lost += gap;
	}
	domain->sequence = d->sequence + count;
	domain->sequence_known = true;
}

/* What the datagram held; `count`: by how much its sequence number rises. */
static void
account(struct datagram *d, uint32_t count)
{
	d->n->stat.records += d->records;
	d->domain->records += d->records;
	d->domain->datagrams++;
	check_sequence(d, count);
}

static struct template_field
read_field(struct rd *r, bool ipfix, bool scope)
{
	uint16_t element = rd_u16(r), length = rd_u16(r);
	uint32_t enterprise = ipfix && (element & 0x8000) != 0 ? rd_u32(r) : 0;

	if (ipfix)
		element &= 0x7fff;
	return (struct template_field){.length = length,
	    .field = (uint16_t)(scope && !ipfix ? FIELD_NONE
						: element_field(enterprise, element))};
}

/* `scopes` of the `count` fields come first; v9 numbers those by another list. */
static void
read_template(
    struct datagram *d, struct rd *r, struct template *t, uint32_t count, uint32_t scopes)
{
	struct template_field fields[TEMPLATE_FIELDS_EACH];
	bool ipfix = d->version == VERSION_IPFIX;

	for (uint32_t i = 0; i < count && !r->bad; i++) {
		struct template_field field = read_field(r, ipfix, i < scopes);

		if (i < TEMPLATE_FIELDS_EACH)
			fields[i] = field;
	}
	if (r->bad) {
		d->malformed = true;
		return;
	}
	t->fields = fields;
	t->field_count = (uint16_t)(count > UINT16_MAX ? UINT16_MAX : count);
	d->n->stat.templates++;
	if (!templates_set(&d->domain->templates, t)) /* keeps a copy */
		d->n->stat.refused++;
	t->fields = NULL;
}

/* A template of no fields takes one back; of the set's own number, all of its kind. */
static void
withdraw(struct datagram *d, uint16_t id, bool options)
{
	if (d->version != VERSION_IPFIX)
		return;
	if (id == (options ? SET_OPTIONS : SET_TEMPLATE))
		templates_drop_all(&d->domain->templates, options);
	else
		templates_drop(&d->domain->templates, id);
}

static void
read_templates(struct datagram *d, struct rd *r)
{
	while (rd_left(r) >= 4 && !d->malformed) {
		struct template t = {.id = rd_u16(r)};
		uint16_t count = rd_u16(r);

		if (count == 0)
			withdraw(d, t.id, false);
		else if (t.id < DATA_SET_LEAST)
			return; /* padding */
		else
			read_template(d, r, &t, count, 0);
	}
}

/* v9 tells the lengths of scope and options in bytes, four a field; IPFIX counts fields.
 */
static void
read_options(struct datagram *d, struct rd *r)
{
	bool ipfix = d->version == VERSION_IPFIX;

	while (rd_left(r) >= (ipfix ? 4 : 6) && !d->malformed) {
		struct template t = {.id = rd_u16(r), .options = true};
		uint32_t count = rd_u16(r), scopes;

		if (ipfix && count == 0) {
			withdraw(d, t.id, true);
			continue;
		}
		if (t.id < DATA_SET_LEAST)
			return;
		scopes = rd_u16(r);
		if (!ipfix) {
			uint32_t options = scopes;

			scopes = count / 4;
			count = scopes + options / 4;
		}
		read_template(d, r, &t, count, scopes);
	}
}

static void
set_sampler(struct domain *domain, uint64_t id, uint32_t one_in)
{
	uint32_t i = 0;

	while (i < domain->sampler_count && domain->samplers[i].id != id)
		i++;
	if (i == SAMPLERS)
		i = (uint32_t)(id % SAMPLERS);
	else if (i == domain->sampler_count)
		domain->sampler_count++;
	domain->samplers[i] = (struct sampler){id, one_in};
}

static void
take_options(struct domain *domain, const struct record *r)
{
	uint32_t one_in = record_sampling(r);

	if (record_has(r, FIELD_INIT_MS) &&
	    r->value[FIELD_INIT_MS] < (uint64_t)INT64_MAX / 4000)
		domain->init = (int64_t)r->value[FIELD_INIT_MS] * 1000;
	if (one_in == 0)
		return;
	domain->sampling = one_in;
	if (record_has(r, FIELD_SAMPLER))
		set_sampler(domain, r->value[FIELD_SAMPLER], one_in);
}

static uint32_t
sampling_of(const struct datagram *d, const struct record *r)
{
	const struct domain *domain = d->domain;
	uint32_t one_in =
	    d->n->config.sampling > 0 ? d->n->config.sampling : record_sampling(r);

	for (uint32_t i = 0;
	     one_in == 0 && record_has(r, FIELD_SAMPLER) && i < domain->sampler_count;
	     i++)
		if (domain->samplers[i].id == r->value[FIELD_SAMPLER])
			one_in = domain->samplers[i].one_in;
	if (one_in == 0)
		one_in = domain->sampling;
	return one_in == 0 ? 1 : one_in;
}

static void
take_record(struct datagram *d, const struct record *r)
{
	struct event ev;

	if (!record_to_event(r, &d->times, &ev))
		return;
	ev.exporter = d->domain->number;
	ev.sampling = sampling_of(d, r);
	d->sink->event(d->sink->ctx, &ev);
}

/* What is left and shorter than a record is padding. */
static void
read_data(struct datagram *d, struct rd *r, uint16_t id)
{
	const struct template *t = templates_find(&d->domain->templates, id);
	struct record record;

	if (t == NULL) {
		d->no_template = true;
		return;
	}
	while (rd_left(r) >= t->least) {
		if (!record_read(&record, t, r)) {
			d->malformed = true;
			return;
		}
		d->records++;
		if (t->options)
			take_options(d->domain, &record);
		else
			take_record(d, &record);
	}
}

static void
read_set(struct datagram *d, struct rd *r)
{
	uint16_t id = rd_u16(r), size = rd_u16(r);
	struct rd body = rd_sub(r, size < 4 ? SIZE_MAX : (size_t)size - 4);

	if (body.bad)
		d->malformed = true;
	else if (id >= DATA_SET_LEAST)
		read_data(d, &body, id);
	else if (id == (d->version == VERSION_9 ? SET_TEMPLATE_9 : SET_TEMPLATE))
		read_templates(d, &body);
	else if (id == (d->version == VERSION_9 ? SET_OPTIONS_9 : SET_OPTIONS))
		read_options(d, &body);
}

/* NetFlow v5 has no templates. Its header counts the records seen before, and tells how
 * many packets were sampled (the upper two bits: in which way). */
static bool
read_5(struct datagram *d, struct rd *r)
{
	static const struct template_field fields[] = {{4, FIELD_SRC}, {4, FIELD_DST},
	    {4, FIELD_NONE}, {2, FIELD_INGRESS}, {2, FIELD_NONE}, {4, FIELD_PACKETS},
	    {4, FIELD_BYTES}, {4, FIELD_FIRST_UPTIME}, {4, FIELD_LAST_UPTIME},
	    {2, FIELD_SPORT}, {2, FIELD_DPORT}, {1, FIELD_NONE}, {1, FIELD_FLAGS},
	    {1, FIELD_PROTO}, {9, FIELD_NONE}};
	enum { COUNT = sizeof fields / sizeof fields[0] };
	struct template_field copy[COUNT];
	struct template t = {.field_count = COUNT, .least = RECORD_5, .fields = copy};
	struct record record;

	memcpy(copy, fields, sizeof copy);
	while (rd_left(r) >= RECORD_5) {
		if (!record_read(&record, &t, r))
			return false;
		d->records++;
		take_record(d, &record);
	}
	return rd_left(r) == 0;
}

static enum netflow_result
datagram_5(struct datagram *d, const struct addr *exporter, struct rd *r)
{
	struct domain_key key = {.exporter = *exporter, .version = VERSION_5};
	uint16_t count = rd_u16(r);
	bool good;

	d->times.has_uptime = true;
	d->times.uptime = rd_u32(r);
	d->times.exported = rd_u32(r) * WHEN_SECOND;
	d->times.exported += rd_u32(r) / 1000 % WHEN_SECOND;
	d->sequence = rd_u32(r);
	key.domain = rd_u16(r);
	d->domain = NULL;
	good = rd_left(r) >= 2;
	if (!good || count > RECORDS_5 || rd_left(r) != 2 + (size_t)count * RECORD_5)
		return NETFLOW_MALFORMED;
	d->domain = find_domain(d->n, &key);
	d->domain->sampling = rd_u16(r) & 0x3fff;
	d->sink->time(d->sink->ctx, d->times.exported);
	good = read_5(d, r);
	account(d, d->records);
	return good ? NETFLOW_DECODED : NETFLOW_MALFORMED;
}

static bool
read_header(struct datagram *d, struct rd *r, struct domain_key *key)
{
	uint16_t length = rd_u16(r);

	if (d->version == VERSION_9) {
		d->times.has_uptime = true;
		d->times.uptime = rd_u32(r);
	} else if (length < HEADER_IPFIX || (size_t)length - 4 > rd_left(r)) {
		return false;
	} else {
		r->end = r->at + (length - 4);
	}
	d->times.exported = rd_u32(r) * WHEN_SECOND;
	d->sequence = rd_u32(r);
	key->domain = rd_u32(r);
	key->version = d->version;
	return !r->bad;
}

enum netflow_result
netflow_datagram(struct netflow *n, const struct addr *exporter, const uint8_t *bytes,
    size_t size, const struct netflow_sink *sink)
{
	struct domain_key key = {.exporter = *exporter};
	struct datagram d = {.n = n, .sink = sink};
	struct rd r = rd_init(bytes, size);

	d.version = rd_u16(&r);
	if (d.version == VERSION_5)
		return datagram_5(&d, exporter, &r);
	if (r.bad || (d.version != VERSION_9 && d.version != VERSION_IPFIX))
		return r.bad ? NETFLOW_MALFORMED : NETFLOW_UNKNOWN;
	if (!read_header(&d, &r, &key))
		return NETFLOW_MALFORMED;
	d.domain = find_domain(n, &key);
	d.times.init = d.domain->init;
	sink->time(sink->ctx, d.times.exported);
	while (rd_left(&r) >= 4 && !d.malformed)
		read_set(&d, &r);
	account(&d, d.version == VERSION_9 ? 1 : d.records);
	if (d.version == VERSION_IPFIX && (d.no_template || d.malformed))
		d.domain->sequence_known = false; /* how many records is not known */
	if (d.malformed)
		return NETFLOW_MALFORMED;
	return d.no_template ? NETFLOW_UNKNOWN : NETFLOW_DECODED;
}

struct netflow_stat
netflow_stat(const struct netflow *n)
{
	struct netflow_stat stat = n->stat;

	stat.lost_flows = n->lost_before;
	for (const struct slot *slot = stat.lost > 0 ? lru_oldest(n->domains, NULL)
						     : NULL;
	     slot != NULL; slot = lru_newer(n->domains, slot))
		stat.lost_flows += lost_flows(slot->domain, version_of(n, slot));
	return stat;
}

void
netflow_each_exporter(const struct netflow *n,
    void (*visit)(void *ctx, const struct netflow_exporter *e), void *ctx)
{
	for (const struct slot *slot = lru_oldest(n->domains, NULL); slot != NULL;
	     slot = lru_newer(n->domains, slot)) {
		const struct domain_key *key = lru_key(n->domains, slot);
		const struct domain *domain = slot->domain;
		struct netflow_exporter e = {.addr = key->exporter,
		    .number = domain->number,
		    .domain = key->domain,
		    .version = key->version,
		    .sampling = domain->sampling,
		    .datagrams = domain->datagrams,
		    .records = domain->records,
		    .lost_flows = lost_flows(domain, key->version)};

		visit(ctx, &e);
	}
}

void
netflow_save(const struct netflow *n, struct wr *w)
{
	wr_u32(w, SNAPSHOT);
	wr_u32(w, n->numbers);
	wr_put(w, &n->stat, sizeof n->stat);
	wr_u64(w, n->lost_before);
	wr_u64(w, lru_count(n->domains));
	for (const struct slot *slot = lru_oldest(n->domains, NULL); slot != NULL;
	     slot = lru_newer(n->domains, slot)) {
		const struct domain *domain = slot->domain;

		wr_put(w, lru_key(n->domains, slot), sizeof(struct domain_key));
		wr_u32(w, domain->number);
		wr_u8(w, domain->sequence_known);
		wr_u32(w, domain->sequence);
		wr_u32(w, domain->sampling);
		wr_u64(w, domain->datagrams);
		wr_u64(w, domain->records);
		wr_u64(w, domain->lost);
		wr_u64(w, (uint64_t)domain->init);
		wr_u32(w, domain->sampler_count);
		wr_put(w, domain->samplers, sizeof domain->samplers);
		templates_save(&domain->templates, w);
	}
}

static bool
load_domain(struct netflow *n, struct rd *r)
{
	struct domain_key key;
	struct domain *domain;

	if (!rd_copy(r, &key, sizeof key) || lru_find(n->domains, &key) != NULL)
		return false;
	domain = add_domain(n, &key);
	domain->number = rd_u32(r);
	domain->sequence_known = rd_u8(r) != 0;
	domain->sequence = rd_u32(r);
	domain->sampling = rd_u32(r);
	domain->datagrams = rd_u64(r);
	domain->records = rd_u64(r);
	domain->lost = rd_u64(r);
	domain->init = (int64_t)rd_u64(r);
	domain->sampler_count = rd_u32(r);
	(void)rd_copy(r, domain->samplers, sizeof domain->samplers);
	return domain->sampler_count <= SAMPLERS && templates_load(&domain->templates, r);
}

bool
netflow_load(struct netflow *n, struct rd *r)
{
	uint64_t count;

	if (rd_u32(r) != SNAPSHOT)
		return false;
	n->numbers = rd_u32(r);
	(void)rd_copy(r, &n->stat, sizeof n->stat);
	n->lost_before = rd_u64(r);
	count = rd_u64(r);
	for (uint64_t i = 0; i < count; i++)
		if (!load_domain(n, r))
			return false;
	return !r->bad;
}
