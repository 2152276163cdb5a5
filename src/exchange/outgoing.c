/* SPDX-License-Identifier: Apache-2.0 */
/* outgoing.c -- see outgoing.h. */
#include "exchange/outgoing.h"

#include "base/mem.h"
#include "base/when.h"
#include "event/event.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- rules */

static bool
is_ours(const struct outgoing_rules *rules, const struct addr *addr)
{
	for (size_t i = 0; i < rules->our_count; i++)
		if (prefix_holds(&rules->ours[i], addr))
			return true;
	return false;
}

/* Does any of ours lie in the prefix, or it in one of ours? */
static bool
touches_ours(const struct outgoing_rules *rules, const struct prefix *p)
{
	for (size_t i = 0; i < rules->our_count; i++)
		if (prefix_holds(p, &rules->ours[i].addr) ||
		    prefix_holds(&rules->ours[i], &p->addr))
			return true;
	return false;
}

static bool
is_zero(const struct addr *addr)
{
	return addr_equal(addr, &(struct addr){{0}});
}

static unsigned
class_of_rsit(const char *rsit)
{
	if (strcmp(rsit, "malicious-code/c2-server") == 0)
		return OUTGOING_C2;
	return OUTGOING_DISTRIBUTION;
}

static struct outgoing *
add(struct outgoing_list *list, enum outgoing_kind kind, enum tlp tlp)
{
	struct outgoing *o;

	if (list->count == list->room) {
		list->room = list->room != 0 ? list->room * 2 : 256;
		list->items = xrealloc(list->items, list->room * sizeof *list->items);
	}
	o = &list->items[list->count++];
	memset(o, 0, sizeof *o); /* whole: it is compared as bytes */
	o->kind = kind;
	o->tlp = tlp;
	o->until = WHEN_NEVER;
	o->confidence = -1;
	return o;
}

/* ---- sightings */

struct collect {
	struct outgoing_list *list;
	const struct outgoing_rules *rules;
};

static int64_t
day_of(int64_t t)
{
	return t - ((t % WHEN_DAY) + WHEN_DAY) % WHEN_DAY;
}

static void
add_count(const struct collect *c, const struct stored_sighting *s, enum tlp tlp)
{
	struct outgoing *o = add(c->list, OUTGOING_COUNT, tlp);

	(void)strcpy(o->rsit, s->sighting.rsit);
	(void)strcpy(o->family, s->sighting.family);
	o->realm = s->sighting.realm;
	o->first = day_of(s->sighting.first);
	o->last = day_of(s->sighting.last);
	o->line = s->line;
}

static void
add_infection(const struct collect *c, const struct sighting *s, enum tlp tlp)
{
	struct outgoing *o = add(c->list, OUTGOING_INFECTION, tlp);

	(void)strcpy(o->rsit, s->rsit);
	(void)strcpy(o->family, s->family);
	o->has_addr = true;
	o->addr = (struct prefix){s->addr, 128};
	o->port = s->port;
	o->proto = s->proto;
	if (!is_ours(c->rules, &s->remote)) {
		o->remote = s->remote;
		o->remote_port = s->remote_port;
		if (is_zero(&o->remote))
			(void)strcpy(o->remote_name, s->remote_name);
	}
	o->first = s->first;
	o->last = s->last;
	o->count = s->count;
}

/* Our line's trouble: counted, or told where the rules allow it. */
static void
add_line(const struct collect *c, const struct stored_sighting *s, enum tlp tlp)
{
	if (!(c->rules->classes & OUTGOING_LINES) || s->line == 0)
		c->list->kept.other++;
	else if (c->rules->addresses)
		add_infection(c, &s->sighting, tlp);
	else
		add_count(c, s, tlp);
}

static void
add_place(const struct collect *c, const struct sighting *s, enum tlp tlp, bool remote)
{
	const struct addr *addr = remote ? &s->remote : &s->addr;
	const char *rsit = remote ? "malicious-code/c2-server" : s->rsit;
	struct outgoing *o;

	if ((c->rules->classes & class_of_rsit(rsit)) == 0) {
		c->list->kept.other++;
		return;
	}
	if (is_ours(c->rules, addr)) {
		c->list->kept.ours++;
		return;
	}
	o = add(c->list, OUTGOING_PLACE, tlp);
	(void)strcpy(o->rsit, rsit);
	(void)strcpy(o->family, s->family);
	if (remote && s->remote_name[0] != 0)
		(void)strcpy(o->name, s->remote_name);
	else {
		o->has_addr = true;
		o->addr = (struct prefix){*addr, 128};
		o->port = remote ? s->remote_port : s->port;
		o->proto = o->port != 0 ? s->proto : 0;
	}
	o->first = s->first;
	o->last = s->last;
	o->count = s->count;
}

/* What others told without a word is not to be told on freely. */
static enum tlp
sighting_tlp(const struct sighting *s)
{
	enum tlp told = tlp_parse(s->tlp);

	if (told != TLP_UNTOLD)
		return told;
	return s->group == GROUP_REPORT ? TLP_AMBER : TLP_GREEN;
}

static bool
take_sighting(void *ctx, const struct stored_sighting *s)
{
	const struct collect *c = ctx;
	const struct sighting *seen = &s->sighting;
	enum tlp tlp = sighting_tlp(seen);
	bool ours = s->attributed.answer != ATTRIBUTION_NOT_OURS ||
		    is_ours(c->rules, &seen->addr);

	if (s->vetoed || s->superseded)
		c->list->kept.vetoed++;
	else if (tlp > c->rules->most)
		c->list->kept.secret++;
	else if (ours) {
		add_line(c, s, tlp);
		/* The far end of a contact with a C2; a sinkhole is none. */
		if (seen->role == ROLE_BOT && seen->kind == KIND_C2 && !seen->gold &&
		    (seen->remote_name[0] != 0 || !is_zero(&seen->remote)))
			add_place(c, seen, tlp, true);
	} else if (seen->role == ROLE_C2 || seen->role == ROLE_WEBSITE)
		add_place(c, seen, tlp, false);
	else
		c->list->kept.other++;
	return true;
}

void
outgoing_sightings(
    struct outgoing_list *list, struct store *store, const struct outgoing_rules *rules)
{
	struct collect c = {list, rules};

	store_sightings_between(store, rules->since, rules->until, take_sighting, &c);
}

/* ---- indicators */

static void
take_indicator(
    const struct collect *c, const struct indicators *set, const struct indicator *i)
{
	enum tlp tlp = i->tlp != TLP_UNTOLD ? (enum tlp)i->tlp : TLP_AMBER;
	const char *rsit = i->role == INDICATOR_C2
			       ? "malicious-code/c2-server"
			       : "malicious-code/malware-distribution";
	struct outgoing *o;

	if (i->bin == BIN_NONE || i->bin == BIN_SHARED || i->role == INDICATOR_SINKHOLE ||
	    (c->rules->classes & class_of_rsit(rsit)) == 0)
		c->list->kept.other++;
	else if (tlp > c->rules->most)
		c->list->kept.secret++;
	else if (i->type != INDICATOR_DOMAIN && touches_ours(c->rules, &i->prefix))
		c->list->kept.ours++;
	else {
		o = add(c->list, OUTGOING_PLACE, tlp);
		(void)strcpy(o->rsit, rsit);
		(void)snprintf(
		    o->family, sizeof o->family, "%s", indicator_text(set, i->family));
		o->has_addr = i->type != INDICATOR_DOMAIN;
		if (o->has_addr)
			o->addr = i->prefix;
		else
			(void)snprintf(
			    o->name, sizeof o->name, "%s", indicator_text(set, i->name));
		o->port = i->port;
		o->proto = i->proto;
		o->first = i->from == INT64_MIN ? 0 : i->from;
		o->last = o->first;
		o->until = i->until;
		o->confidence = i->confidence;
	}
}

void
outgoing_indicators(struct outgoing_list *list, const struct indicators *set,
    const struct outgoing_rules *rules)
{
	struct collect c = {list, rules};

	for (size_t k = 0; k < indicators_count(set); k++) {
		const struct indicator *i = indicators_at(set, k);

		if (i->until > rules->since && i->from < rules->until)
			take_indicator(&c, set, i);
	}
}

/* ---- items */

static void
fill_item(struct outgoing *o, const struct item *item)
{
	(void)strcpy(o->rsit, item->rsit);
	(void)strcpy(o->family, item->family);
	o->first = o->last = item->time;
	o->confidence = item->confidence < 0 ? -1 : (int)(item->confidence * 100 + 0.5);
	(void)when_parse(item_value_text(item, "extra.last_seen"), &o->last, NULL);
	(void)when_parse(item_value_text(item, "extra.valid_until"), &o->until, NULL);
}

static void
fill_address(struct outgoing *o, const struct item *item, const struct prefix *addr)
{
	fill_item(o, item);
	o->has_addr = true;
	o->addr = *addr;
	o->port = item->port;
	o->proto = o->port != 0 ? item->proto : 0;
}

static void
fill_infection(struct outgoing *o, const struct item *item)
{
	o->proto = item->proto;
	o->remote = item->remote;
	o->remote_port = item->remote_port;
	if (is_zero(&o->remote))
		(void)strcpy(o->remote_name, item->remote_name);
}

bool
outgoing_item(struct outgoing_list *list, const struct item *item,
    const struct outgoing_rules *rules)
{
	bool place = item->role == ROLE_C2 || item->role == ROLE_WEBSITE ||
		     strcmp(item->rsit, "other/blacklist") == 0;
	enum tlp told = tlp_parse(item->tlp), tlp = told != 0 ? told : TLP_AMBER;
	const char *name = item_value_text(item, "source.fqdn");
	const char *addr = item_value_text(item, "source.ip");
	size_t before = list->count;
	struct prefix prefix;

	if (*addr == 0)
		addr = item_value_text(item, "source.network");
	if (item->aside != NULL || !item->has_time || tlp > rules->most ||
	    (!place && (item->role != ROLE_BOT || !rules->addresses)))
		return false;
	if (prefix_parse(addr, &prefix) && !(place && touches_ours(rules, &prefix))) {
		fill_address(add(list, place ? OUTGOING_PLACE : OUTGOING_INFECTION, tlp),
		    item, &prefix);
		if (!place)
			fill_infection(&list->items[list->count - 1], item);
	}
	if (place && *name != 0) {
		fill_item(add(list, OUTGOING_PLACE, tlp), item);
		(void)snprintf(
		    list->items[list->count - 1].name, INDICATOR_NAME, "%s", name);
	}
	return list->count > before;
}

/* ---- sealing */

/* Of what makes two statements one. Times make infections different, and months counts.
 */
static int
compare_same(const struct outgoing *a, const struct outgoing *b)
{
	int d = (int)a->kind - (int)b->kind;

	d = d != 0 ? d : strcmp(a->rsit, b->rsit);
	d = d != 0 ? d : (int)a->has_addr - (int)b->has_addr;
	d = d != 0 ? d : memcmp(&a->addr, &b->addr, sizeof a->addr);
	d = d != 0 ? d : strcmp(a->name, b->name);
	d = d != 0 ? d : (int)a->port - (int)b->port;
	d = d != 0 ? d : (int)a->proto - (int)b->proto;
	if (d != 0 || a->kind == OUTGOING_PLACE)
		return d;
	d = strcmp(a->family, b->family);
	if (a->kind == OUTGOING_COUNT)
		return d != 0 ? d : (a->realm > b->realm) - (a->realm < b->realm);
	d = d != 0 ? d : memcmp(&a->remote, &b->remote, sizeof a->remote);
	d = d != 0 ? d : (int)a->remote_port - (int)b->remote_port;
	d = d != 0 ? d : strcmp(a->remote_name, b->remote_name);
	return d != 0 ? d : (a->first > b->first) - (a->first < b->first);
}

/* And then so that the order does not depend on that of the store. */
static int
compare_all(const void *x, const void *y)
{
	const struct outgoing *a = x, *b = y;
	int d = compare_same(a, b);

	d = d != 0 ? d : (a->line > b->line) - (a->line < b->line);
	d = d != 0 ? d : (a->first > b->first) - (a->first < b->first);
	d = d != 0 ? d : (a->last > b->last) - (a->last < b->last);
	return d != 0 ? d : strcmp(a->family, b->family);
}

static void
merge(struct outgoing *into, const struct outgoing *o)
{
	into->tlp = o->tlp > into->tlp ? o->tlp : into->tlp;
	into->first = o->first < into->first ? o->first : into->first;
	into->last = o->last > into->last ? o->last : into->last;
	/* A contact that was seen does not say until when the place is bad. */
	if (into->until == WHEN_NEVER ||
	    (o->until != WHEN_NEVER && o->until > into->until))
		into->until = o->until;
	into->confidence =
	    o->confidence > into->confidence ? o->confidence : into->confidence;
	if (into->family[0] == 0)
		(void)strcpy(into->family, o->family);
	if (into->kind != OUTGOING_COUNT)
		into->count += o->count;
	else if (o->line != into->line)
		into->count++;
	into->line = o->line;
}

static void
give_id(struct outgoing *o)
{
	char name[1024], place[INDICATOR_NAME], remote[ADDR_TEXT];

	(void)snprintf(name, sizeof name, "%d|%s|%s|%s|%u|%u|%u|%s|%u|%s|%lld", o->kind,
	    o->rsit, outgoing_place(o, place), o->name, o->port, o->proto, o->realm,
	    o->kind == OUTGOING_PLACE ? "" : o->family, o->remote_port,
	    addr_text(&o->remote, remote),
	    o->kind == OUTGOING_PLACE ? 0LL : (long long)o->first);
	(void)uuid_of(UUID_OURS, name, o->id);
}

void
outgoing_seal(struct outgoing_list *list)
{
	size_t used = 0;

	if (list->count > 0)
		qsort(list->items, list->count, sizeof *list->items, compare_all);
	for (size_t i = 0; i < list->count; i++) {
		struct outgoing *o = &list->items[i];

		if (o->kind == OUTGOING_COUNT)
			o->count = 1;
		if (used > 0 && compare_same(&list->items[used - 1], o) == 0)
			merge(&list->items[used - 1], o);
		else
			list->items[used++] = *o;
	}
	list->count = used;
	for (size_t i = 0; i < used; i++) {
		list->items[i].line = 0;
		give_id(&list->items[i]);
	}
}

void
outgoing_free(struct outgoing_list *list)
{
	free(list->items);
	*list = (struct outgoing_list){.count = 0};
}

/* ---- as text */

const char *
outgoing_place(const struct outgoing *o, char *out)
{
	if (o->has_addr)
		return o->addr.length == 128 ? addr_text(&o->addr.addr, out)
					     : prefix_text(&o->addr, out);
	(void)snprintf(out, INDICATOR_NAME, "%s", o->name);
	return out;
}

const char *
outgoing_transport(const struct outgoing *o)
{
	return o->proto == PROTO_TCP ? "tcp" : o->proto == PROTO_UDP ? "udp" : "";
}

const char *
outgoing_type(const struct outgoing *o)
{
	const char *slash = strchr(o->rsit, '/');

	return slash != NULL ? slash + 1 : o->rsit;
}

bool
outgoing_has_remote(const struct outgoing *o)
{
	return !is_zero(&o->remote) || o->remote_name[0] != 0;
}
