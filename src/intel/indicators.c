/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indicators.c -- see indicators.h.
 *
 * Once sealed, a set is one sorted array and three ways into it. Addresses and endpoints:
 * a Bloom filter in blocks of one cache line (Putze, Sanders, Singler 2007), 16 bits an
 * entry, stands before an open-addressed index of the first indicator of each address.
 * Prefixes: disjoint ranges with the innermost prefix of each, found by bisection; wider
 * ones follow by `next`. Names: an open-addressed index of hashes, asked for the name and
 * each of its parents.
 *
 * The Bloom filter answers nearly all traffic with one cache line.
 */
#include "intel/indicators.h"

#include "base/hash.h"
#include "base/mem.h"
#include "intel/bloom.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARENTS = 10 };

#define NONE UINT32_MAX

struct range {
	struct addr start;  /* up to the next range's start */
	uint32_t indicator; /* innermost prefix, or NONE */
};

struct indicators {
	struct indicator *items;
	size_t count, room;
	char *texts;
	size_t text_size, text_room;
	uint32_t *interned; /* open addressing: offsets of families and sources */
	size_t interned_count, interned_room;
	bool sealed;
	struct bloom bloom;
	uint32_t *by_addr, *by_name;
	size_t addr_room, name_room; /* powers of two */
	struct range *ranges;
	size_t range_count;
};

const char *const indicator_type_names[INDICATOR_TYPES] = {
    "address", "endpoint", "prefix", "domain"};
const char *const indicator_review_names[] = {"none", "keep", "retired", NULL};
const char *const indicator_role_names[] = {"c2", "sinkhole", "distribution", NULL};
const char *const indicator_purpose_names[] = {"malicious-code", "exposure", NULL};

struct indicators *
indicators_new(void)
{
	struct indicators *set = xcalloc(1, sizeof *set);

	set->texts = xcalloc(1, 64); /* offset 0 is the empty text */
	set->text_size = 1;
	set->text_room = 64;
	return set;
}

void
indicators_free(struct indicators *set)
{
	if (set == NULL)
		return;
	free(set->items);
	free(set->texts);
	free(set->interned);
	bloom_fini(&set->bloom);
	free(set->by_addr);
	free(set->by_name);
	free(set->ranges);
	free(set);
}

const char *
indicator_text(const struct indicators *set, uint32_t offset)
{
	assert(offset < set->text_size);
	return set->texts + offset;
}

static uint32_t
keep_text(struct indicators *set, const char *text)
{
	size_t size = strlen(text) + 1, at = set->text_size;

	if (at + size > UINT32_MAX)
		fatal("indicators: more than 4 GB of names");
	while (at + size > set->text_room)
		set->texts = xrealloc(set->texts, set->text_room *= 2);
	memcpy(set->texts + at, text, size);
	set->text_size += size;
	return (uint32_t)at;
}

/* The slot of `text` among the interned: of it, or the free one where it belongs. */
static size_t
intern_slot(const struct indicators *set, const char *text)
{
	size_t slot = hash_bytes(text, strlen(text), 0) & (set->interned_room - 1);

	while (set->interned[slot] != 0 &&
	       strcmp(set->texts + set->interned[slot], text) != 0)
		slot = (slot + 1) & (set->interned_room - 1);
	return slot;
}

static void
grow_interned(struct indicators *set)
{
	uint32_t *old = set->interned;
	size_t old_room = set->interned_room;

	set->interned_room = old_room ? old_room * 2 : 64;
	set->interned = xcalloc(set->interned_room, sizeof *set->interned);
	for (size_t i = 0; i < old_room; i++)
		if (old[i] != 0)
			set->interned[intern_slot(set, set->texts + old[i])] = old[i];
	free(old);
}

/* Families and sources repeat a million times. */
static uint32_t
intern(struct indicators *set, const char *text)
{
	size_t slot;

	if (text == NULL || *text == '\0')
		return 0;
	if (set->interned_count * 2 >= set->interned_room)
		grow_interned(set);
	slot = intern_slot(set, text);
	if (set->interned[slot] == 0) {
		set->interned[slot] = keep_text(set, text);
		set->interned_count++;
	}
	return set->interned[slot];
}

static bool
is_public_resolver(uint32_t v)
{
	static const uint32_t known[] = {0x08080808, 0x08080404, 0x01010101, 0x01000001,
	    0x09090909, 0x95707070, 0xd043dede, 0xd043dcdc};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i] == v)
			return true;
	return false;
}

static bool
check_addr(const struct addr *a, const char *text, struct err *err)
{
	bool bad;
	uint32_t v;

	if (!addr_is_v4(a)) {
		bad = a->b[0] == 0xff || a->b[0] == 0 ||
		      (a->b[0] == 0xfe && a->b[1] >= 0x80);
	} else {
		v = addr_to_v4(a);
		bad =
		    v >> 24 == 0 || v >> 24 == 127 || v >> 28 >= 14 || v >> 16 == 0xa9fe;
		if (is_public_resolver(v))
			return err_set(err,
			    "%s is a public resolver: it would accuse everybody", text);
	}
	if (bad)
		return err_set(err, "%s cannot be a server's address", text);
	return true;
}

static bool
check_prefix(const struct prefix *p, const char *text, struct err *err)
{
	uint8_t least = addr_is_v4(&p->addr) ? 96 + 8 : 16;

	if (p->length < least)
		return err_set(err, "%s is too wide: at least /%d", text,
		    least >= 96 ? least - 96 : least);
	return check_addr(&p->addr, text, err);
}

/* "192.0.2.1:80" or "[2001:db8::1]:80". */
static bool
parse_endpoint(const char *text, struct addr *addr, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	size_t size = colon != NULL ? (size_t)(colon - text) : 0;
	char host[ADDR_TEXT], *end;
	unsigned long number;

	if (size >= 2 && text[0] == '[' && colon[-1] == ']') {
		text++;
		size -= 2;
	}
	if (size == 0 || size >= sizeof host)
		return false;
	memcpy(host, text, size);
	host[size] = '\0';
	number = colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 0;
	if (number == 0 || number > 65535 || *end != '\0' || !addr_parse(host, addr))
		return false;
	*port = (uint16_t)number;
	return true;
}

static bool
is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Lower case, without "*." before and "." after; at least two labels, the last not a
 * number (or a mistyped address would become a name). */
static bool
parse_domain(const char *text, char out[INDICATOR_NAME])
{
	size_t size, label = 0, labels = 1;
	bool letter = false;

	if (strncmp(text, "*.", 2) == 0)
		text += 2;
	size = strlen(text);
	if (size > 0 && text[size - 1] == '.')
		size--;
	if (size == 0 || size >= INDICATOR_NAME)
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		out[i] = c = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		if (c == '.' ? label == 0 : !is_label_char(c) || ++label > 63)
			return false;
		if (c == '.') {
			label = 0;
			labels++;
			letter = false;
		}
		letter |= c >= 'a' && c <= 'z';
	}
	out[size] = '\0';
	return labels >= 2 && label > 0 && letter;
}

static bool
parse_value(const struct indicator_row *row, struct indicator *i,
    char name[INDICATOR_NAME], struct err *err)
{
	struct addr addr;

	i->port = row->port;
	if (addr_parse(row->value, &addr) ||
	    parse_endpoint(row->value, &addr, &i->port)) {
		i->type = i->port != 0 ? INDICATOR_ENDPOINT : INDICATOR_ADDRESS;
		i->prefix = (struct prefix){.addr = addr, .length = 128};
		return check_addr(&addr, row->value, err);
	}
	if (prefix_parse(row->value, &i->prefix)) {
		i->type = i->prefix.length < 128 ? INDICATOR_PREFIX : INDICATOR_ADDRESS;
		i->port = 0;
		return check_prefix(&i->prefix, row->value, err);
	}
	i->type = INDICATOR_DOMAIN;
	i->port = 0;
	if (strchr(row->value, '/') != NULL)
		return err_set(err,
		    "\"%.100s\" is a URL or path: give its host, if that serves "
		    "nothing else",
		    row->value);
	if (!parse_domain(row->value, name))
		return err_set(err, "\"%.100s\" is neither an address nor a domain name",
		    row->value);
	return true;
}

static uint8_t
bin_of(const struct indicator *i)
{
	if (i->purpose != PURPOSE_MALICIOUS_CODE || i->review == REVIEW_RETIRED)
		return BIN_NONE;
	if (i->shared || i->confidence < 50)
		return BIN_SHARED;
	if (i->type == INDICATOR_PREFIX)
		return BIN_PREFIX;
	if (i->role == INDICATOR_SINKHOLE)
		return BIN_SINKHOLE;
	if (i->role == INDICATOR_DISTRIBUTION)
		return BIN_DISTRIBUTION;
	if (i->type == INDICATOR_DOMAIN)
		return BIN_DOMAIN;
	if (i->type == INDICATOR_ADDRESS)
		return BIN_ADDRESS;
	return i->confidence >= 90 ? BIN_CONFIRMED : BIN_ENDPOINT;
}

static uint64_t
id_of(const struct indicators *set, const struct indicator *i)
{
	const char *name = set->texts + i->name, *source = set->texts + i->source;
	uint64_t h =
	    hash_u64((uint64_t)i->type << 32 | (uint64_t)i->proto << 16 | i->port,
		hash_bytes(&i->prefix, sizeof i->prefix, 1));

	return hash_bytes(source, strlen(source), hash_bytes(name, strlen(name), h));
}

bool
indicators_add(struct indicators *set, const struct indicator_row *row, struct err *err)
{
	struct indicator i = {.role = row->role,
	    .purpose = row->purpose,
	    .confidence = row->confidence,
	    .proto = row->proto,
	    .tlp = row->tlp,
	    .shared = row->shared,
	    .from = row->from,
	    .until = row->until,
	    .next = NONE};
	char name[INDICATOR_NAME] = "";

	assert(!set->sealed);
	if (!parse_value(row, &i, name, err))
		return false;
	if (set->count == INDICATORS_MOST)
		return err_set(err, "more than %d indicators", (int)INDICATORS_MOST);
	if (i.type != INDICATOR_ENDPOINT)
		i.proto = 0;
	i.bin = bin_of(&i);
	i.name = name[0] != '\0' ? keep_text(set, name) : 0;
	i.family = intern(set, row->family);
	i.source = intern(set, row->source);
	i.id = id_of(set, &i);
	if (set->count == set->room) {
		set->room = set->room ? set->room * 2 : 256;
		set->items = xrealloc(set->items, set->room * sizeof *set->items);
	}
	set->items[set->count++] = i;
	return true;
}

/* Value and port as one adds them; the same for all protocols and sources. */
static bool
same_value(const struct indicators *set, const struct indicator *i,
    const struct indicator *wanted, const char *name)
{
	return i->type == wanted->type && i->port == wanted->port &&
	       memcmp(&i->prefix, &wanted->prefix, sizeof i->prefix) == 0 &&
	       strcmp(i->type == INDICATOR_DOMAIN ? set->texts + i->name : "", name) == 0;
}

bool
indicators_review(struct indicators *set, const char *value, enum indicator_review review,
    size_t *found, struct err *err)
{
	struct indicator_row row = {.value = value};
	struct indicator wanted = {.port = 0};
	char name[INDICATOR_NAME] = "";

	assert(!set->sealed);
	*found = 0;
	if (!parse_value(&row, &wanted, name, err))
		return false;
	for (size_t k = 0; k < set->count; k++) {
		struct indicator *i = &set->items[k];

		if (!same_value(set, i, &wanted, name))
			continue;
		i->review = (uint8_t)review;
		i->bin = bin_of(i);
		(*found)++;
	}
	return true;
}

enum indicator_review
indicators_review_of(const struct indicators *set, const char *value)
{
	struct indicator_row row = {.value = value};
	struct indicator wanted = {.port = 0};
	char name[INDICATOR_NAME] = "";
	struct err err;

	if (parse_value(&row, &wanted, name, &err))
		for (size_t k = 0; k < set->count; k++)
			if (same_value(set, &set->items[k], &wanted, name))
				return (enum indicator_review)set->items[k].review;
	return REVIEW_NONE;
}

/* Values first, so that those of one address lie together; `next` is the order in which
 * they were added. */
static int
compare(const void *a, const void *b, void *texts)
{
	const struct indicator *x = a, *y = b;
	const char *text = texts;
	int order;

	if ((x->type == INDICATOR_DOMAIN) != (y->type == INDICATOR_DOMAIN))
		return x->type == INDICATOR_DOMAIN ? 1 : -1;
	if (x->type == INDICATOR_DOMAIN)
		order = strcmp(text + x->name, text + y->name);
	else
		order = addr_compare(&x->prefix.addr, &y->prefix.addr);
	if (order == 0)
		order = x->prefix.length - y->prefix.length;
	if (order == 0)
		order = x->port - y->port;
	if (order == 0)
		order = x->proto - y->proto;
	if (order == 0)
		order = strcmp(text + x->source, text + y->source);
	return order;
}

static int
compare_added(const void *a, const void *b, void *texts)
{
	const struct indicator *x = a, *y = b;
	int order = compare(a, b, texts);

	if (order == 0)
		order = x->next < y->next ? -1 : x->next > y->next;
	return order;
}

static void
sort_and_merge(struct indicators *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++)
		set->items[i].next = (uint32_t)i;
	if (set->count > 1)
		qsort_r(set->items, set->count, sizeof *set->items, compare_added,
		    set->texts);
	for (size_t i = 0; i < set->count; i++) {
		if (i + 1 < set->count &&
		    compare(&set->items[i], &set->items[i + 1], set->texts) == 0)
			continue;
		set->items[kept] = set->items[i];
		set->items[kept++].next = NONE;
	}
	set->count = kept;
}

static size_t
power_above(size_t n)
{
	size_t p = 16;

	while (p < n)
		p *= 2;
	return p;
}

static uint64_t
name_hash(const char *name, size_t size)
{
	return hash_bytes(name, size, 2);
}

static bool
is_host(const struct indicator *i)
{
	return i->type == INDICATOR_ADDRESS || i->type == INDICATOR_ENDPOINT;
}

/* Links the indicators of the same address, or the same name, and enters the first. */
static void
index_hosts_and_names(struct indicators *set)
{
	const struct indicator *before = NULL;

	for (size_t k = 0; k < set->count; k++) {
		struct indicator *i = &set->items[k];
		bool host = is_host(i);
		uint32_t *index = host ? set->by_addr : set->by_name;
		size_t room = host ? set->addr_room : set->name_room, slot;
		uint64_t hash;

		if (i->bin == BIN_NONE || i->type == INDICATOR_PREFIX)
			continue;
		if (before != NULL && is_host(before) == host &&
		    (host ? addr_equal(&before->prefix.addr, &i->prefix.addr)
			  : strcmp(set->texts + before->name, set->texts + i->name) ==
				0)) {
			set->items[before - set->items].next = (uint32_t)k;
			before = i;
			continue;
		}
		before = i;
		hash =
		    host ? addr_hash(&i->prefix.addr, 0)
			 : name_hash(set->texts + i->name, strlen(set->texts + i->name));
		bloom_add(&set->bloom, hash);
		for (slot = hash & (room - 1); index[slot] != NONE;)
			slot = (slot + 1) & (room - 1);
		index[slot] = (uint32_t)k;
	}
}

static void
add_range(struct indicators *set, const struct addr *start, uint32_t indicator)
{
	struct range *last = set->range_count ? &set->ranges[set->range_count - 1] : NULL;

	if (last != NULL && addr_equal(&last->start, start))
		last->indicator = indicator;
	else
		set->ranges[set->range_count++] =
		    (struct range){.start = *start, .indicator = indicator};
}

/* The first address after the prefix; false if there is none. */
static bool
after_prefix(const struct prefix *p, struct addr *out)
{
	int byte = (p->length - 1) / 8;
	unsigned carry = 1u << (7 - (p->length - 1) % 8);

	*out = p->addr;
	for (; byte >= 0 && carry != 0; byte--) {
		carry += out->b[byte];
		out->b[byte] = (uint8_t)carry;
		carry >>= 8;
	}
	return carry == 0;
}

/* Ends the prefixes of the stack (linked by `next`) that do not hold `addr` (NULL: all),
 * innermost first; what lies behind one is its parent's. */
static uint32_t
close_prefixes(struct indicators *set, uint32_t top, const struct addr *addr)
{
	while (top != NONE) {
		const struct indicator *i = &set->items[top];
		struct addr after;

		if (addr != NULL && prefix_holds(&i->prefix, addr))
			break;
		top = i->next;
		while (top != NONE &&
		       memcmp(&set->items[top].prefix, &i->prefix, sizeof i->prefix) == 0)
			top = set->items[top].next;
		if (after_prefix(&i->prefix, &after))
			add_range(set, &after, top);
	}
	return top;
}

/* The array is sorted by address and length, so wider prefixes come before those within.
 */
static void
index_prefixes(struct indicators *set, size_t prefixes)
{
	uint32_t top = NONE;

	set->ranges = xcalloc(2 * prefixes + 1, sizeof *set->ranges);
	for (size_t k = 0; k < set->count; k++) {
		struct indicator *i = &set->items[k];

		if (i->type != INDICATOR_PREFIX || i->bin == BIN_NONE)
			continue;
		top = close_prefixes(set, top, &i->prefix.addr);
		i->next = top;
		top = (uint32_t)k;
		add_range(set, &i->prefix.addr, top);
	}
	(void)close_prefixes(set, top, NULL);
}

static uint32_t *
new_index(size_t room)
{
	uint32_t *index = xmalloc(room * sizeof *index);

	memset(index, 0xff, room * sizeof *index);
	return index;
}

void
indicators_seal(struct indicators *set)
{
	size_t hosts = 0, names = 0, prefixes = 0;

	assert(!set->sealed);
	set->sealed = true;
	sort_and_merge(set);
	for (size_t i = 0; i < set->count; i++) {
		hosts += is_host(&set->items[i]);
		names += set->items[i].type == INDICATOR_DOMAIN;
		prefixes += set->items[i].type == INDICATOR_PREFIX;
	}
	bloom_init(&set->bloom, hosts + names);
	set->addr_room = power_above(hosts * 2);
	set->name_room = power_above(names * 2);
	set->by_addr = new_index(set->addr_room);
	set->by_name = new_index(set->name_room);
	index_hosts_and_names(set);
	index_prefixes(set, prefixes);
}

size_t
indicators_count(const struct indicators *set)
{
	return set->count;
}

const struct indicator *
indicators_at(const struct indicators *set, size_t index)
{
	assert(index < set->count);
	return &set->items[index];
}

const char *
indicator_value(const struct indicators *set, const struct indicator *i, char *out)
{
	char addr[ADDR_TEXT];
	bool v6 = !addr_is_v4(&i->prefix.addr);

	switch ((enum indicator_type)i->type) {
	case INDICATOR_ADDRESS:
		return addr_text(&i->prefix.addr, out);
	case INDICATOR_ENDPOINT:
		(void)snprintf(out, INDICATOR_NAME + 8, "%s%s%s:%u", v6 ? "[" : "",
		    addr_text(&i->prefix.addr, addr), v6 ? "]" : "", i->port);
		return out;
	case INDICATOR_PREFIX:
		return prefix_text(&i->prefix, out);
	case INDICATOR_DOMAIN:
	case INDICATOR_TYPES:
		break;
	}
	return strcpy(out, set->texts + i->name);
}

static const struct indicator *
better(const struct indicator *best, const struct indicator *i, int64_t t)
{
	if (t < i->from || t >= i->until)
		return best;
	return best == NULL || i->bin > best->bin ? i : best;
}

static const struct indicator *
match_host(const struct indicators *set, const struct addr *addr, uint8_t proto,
    uint16_t port, int64_t t)
{
	uint64_t hash = addr_hash(addr, 0);
	size_t slot = hash & (set->addr_room - 1);
	const struct indicator *best = NULL;
	uint32_t k;

	if (!bloom_holds(&set->bloom, hash))
		return NULL;
	while ((k = set->by_addr[slot]) != NONE &&
	       !addr_equal(&set->items[k].prefix.addr, addr))
		slot = (slot + 1) & (set->addr_room - 1);
	for (; k != NONE; k = set->items[k].next) {
		const struct indicator *i = &set->items[k];

		if (i->type == INDICATOR_ENDPOINT &&
		    (i->port != port || (i->proto != 0 && i->proto != proto)))
			continue;
		best = better(best, i, t);
	}
	return best;
}

static const struct indicator *
match_prefix(const struct indicators *set, const struct addr *addr, int64_t t)
{
	const struct indicator *best = NULL;
	size_t low = 0, high = set->range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(&set->ranges[middle].start, addr) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	for (uint32_t k = set->ranges[low - 1].indicator; k != NONE;
	     k = set->items[k].next)
		best = better(best, &set->items[k], t);
	return best;
}

const struct indicator *
indicators_match(const struct indicators *set, const struct addr *addr, uint8_t proto,
    uint16_t port, int64_t t)
{
	const struct indicator *best = match_host(set, addr, proto, port, t);

	if (best == NULL && set->range_count > 0)
		best = match_prefix(set, addr, t);
	return best;
}

static const struct indicator *
match_exact_name(const struct indicators *set, const char *name, size_t size, int64_t t)
{
	uint64_t hash = name_hash(name, size);
	size_t slot = hash & (set->name_room - 1);
	const struct indicator *best = NULL;
	uint32_t k;

	if (!bloom_holds(&set->bloom, hash))
		return NULL;
	for (; (k = set->by_name[slot]) != NONE;
	     slot = (slot + 1) & (set->name_room - 1)) {
		const char *known = set->texts + set->items[k].name;

		if (strncmp(known, name, size) == 0 && known[size] == '\0')
			break;
	}
	for (; k != NONE; k = set->items[k].next)
		best = better(best, &set->items[k], t);
	return best;
}

/* Without the labels before the last PARENTS + 1. */
static const char *
shorten(const char *name, size_t *size)
{
	size_t dots = 0, at = *size;

	while (at > 0) {
		dots += name[at - 1] == '.';
		if (dots > PARENTS)
			break;
		at--;
	}
	*size -= at;
	return name + at;
}

/* The name itself, then its parents, as long as two labels are left. */
const struct indicator *
indicators_match_name(
    const struct indicators *set, const char *name, size_t size, int64_t t)
{
	const struct indicator *best = NULL, *i;
	const char *dot;

	for (name = shorten(name, &size); (dot = memchr(name, '.', size)) != NULL;) {
		i = match_exact_name(set, name, size, t);
		if (i != NULL && (best == NULL || i->bin > best->bin))
			best = i;
		size -= (size_t)(dot + 1 - name);
		name = dot + 1;
	}
	return best;
}

void
indicators_prefetch(const struct indicators *set, const struct addr *addr)
{
	bloom_prefetch(&set->bloom, addr_hash(addr, 0));
}
