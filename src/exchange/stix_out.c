/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stix_out.c -- statements as STIX 2.1 objects, in one bundle or for TAXII.
 *
 *     PLACE      indicator; for a C2 the infrastructure that it indicates; the malware;
 *                a sighting of the indicator where contacts were seen
 *     COUNT      sighting of the malware: count lines, first and last day, no observables
 *     INFECTION  sighting of the malware with observed data: network traffic
 *
 * Ids are UUIDs of what the objects say, and their times are those of what was seen, so
 * that the same statements give the same bytes; a place that is told again later has the
 * same id and a newer version. Observables' ids follow the standard (2.9): other makers
 * give them the same. The class stands among the labels as a machine tag, which is how
 * it survives the way into other systems and back.
 */
#include "base/mem.h"
#include "base/when.h"
#include "exchange/writers.h"

#include <stdio.h>
#include <stdlib.h>

#define YEAR_9999 (INT64_C(253402300799) * WHEN_SECOND)

struct heap {
	const struct writer_head *head;
	json_t *objects; /* array */
	json_t *known;   /* id -> true: those that are in it */
	char identity[64];
};

static json_t *
text(const char *value)
{
	json_t *json = json_string(value);

	/* Foreign bytes that are no UTF-8 have been replaced where they came in. */
	return json != NULL ? json : json_string("?");
}

static void
put(json_t *object, const char *name, const char *value)
{
	(void)json_object_set_new(object, name, text(value));
}

static void
put_when(json_t *object, const char *name, int64_t t)
{
	struct civil c = when_to_civil(t < 0 ? 0 : t > YEAR_9999 ? YEAR_9999 : t);
	char out[64];

	/* STIX wants three decimals, and years of four digits. */
	(void)snprintf(out, sizeof out, "%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year,
	    c.month, c.day, c.hour, c.minute, c.second, c.micro / 1000);
	put(object, name, out);
}

static json_t *
list_of(const char *word)
{
	json_t *list = json_array();

	(void)json_array_append_new(list, text(word));
	return list;
}

static void
add_object(struct heap *h, json_t *object)
{
	(void)json_object_set_new(
	    h->known, json_string_value(json_object_get(object, "id")), json_true());
	(void)json_array_append_new(h->objects, object);
}

static bool
is_known(const struct heap *h, const char *id)
{
	return json_object_get(h->known, id) != NULL;
}

/* "type--uuid of the name" in `id` of ID bytes. */
enum { ID = 80 };

static const char *
make_id(char *id, const char *type, const char *name)
{
	char uuid[UUID_TEXT];

	(void)snprintf(id, ID, "%s--%s", type, uuid_of(UUID_OURS, name, uuid));
	return id;
}

/* An object with what all have; times in µs. */
static json_t *
new_object(const struct heap *h, const char *type, const char *id, int64_t created,
    int64_t modified)
{
	json_t *object = json_object();

	put(object, "type", type);
	put(object, "spec_version", "2.1");
	put(object, "id", id);
	put_when(object, "created", created);
	put_when(object, "modified", modified);
	if (strcmp(type, "identity") != 0)
		put(object, "created_by_ref", h->identity);
	return object;
}

static void
put_marking(json_t *object, enum tlp tlp)
{
	static const char *const ids[TLP_COUNT] = {
	    [TLP_CLEAR] = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
	    [TLP_GREEN] = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
	    [TLP_AMBER] = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
	    [TLP_STRICT] = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
	    [TLP_RED] = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
	};

	if (ids[tlp] != NULL)
		(void)json_object_set_new(
		    object, "object_marking_refs", list_of(ids[tlp]));
}

static void
put_class(json_t *object, const struct outgoing *o)
{
	char tag[2 * SIGHTING_NAME];

	(void)snprintf(tag, sizeof tag, "rsit:%.*s=\"%s\"", (int)strcspn(o->rsit, "/"),
	    o->rsit, outgoing_type(o));
	(void)json_object_set_new(object, "labels", list_of(tag));
}

static void
relate(struct heap *h, const struct outgoing *o, const char *word, const char *from,
    const char *to)
{
	char name[3 * ID], id[ID];
	json_t *object;

	(void)snprintf(name, sizeof name, "%s|%s|%s", word, from, to);
	object = new_object(
	    h, "relationship", make_id(id, "relationship", name), o->first, o->first);
	put(object, "relationship_type", word);
	put(object, "source_ref", from);
	put(object, "target_ref", to);
	put_marking(object, o->tlp);
	add_object(h, object);
}

/* ---- what statements stand on */

/* The family's malware object; of an unknown one, "unknown malware". */
static void
malware(struct heap *h, const char *family, char *id)
{
	json_t *object;
	char name[SIGHTING_NAME + 16];

	(void)snprintf(name, sizeof name, "malware|%s", family);
	(void)make_id(id, "malware", name);
	if (is_known(h, id))
		return;
	object = new_object(h, "malware", id, 0, 0);
	if (*family != 0)
		put(object, "name", family);
	(void)json_object_set_new(object, "is_family", json_boolean(*family != 0));
	if (*family == 0)
		put(object, "description", "malware of a family that was not told");
	add_object(h, object);
}

/* An address or name as an observable with the id that the standard gives it. */
static void
observable(struct heap *h, const struct addr *addr, const char *name, char *id)
{
	const char *type = "domain-name";
	char value[ADDR_TEXT], canonical[INDICATOR_NAME + 16], uuid[UUID_TEXT];
	json_t *object;

	if (*name == 0) {
		type = addr_is_v4(addr) ? "ipv4-addr" : "ipv6-addr";
		name = addr_text(addr, value);
	}
	(void)snprintf(canonical, sizeof canonical, "{\"value\":\"%.250s\"}", name);
	(void)snprintf(id, ID, "%s--%s", type, uuid_of(UUID_STIX, canonical, uuid));
	if (is_known(h, id))
		return;
	object = json_object();
	put(object, "type", type);
	put(object, "spec_version", "2.1");
	put(object, "id", id);
	put(object, "value", name);
	add_object(h, object);
}

/* ---- places */

/* A text of a pattern: with a backslash before quotes. */
static const char *
quoted(const struct outgoing *o, char *out)
{
	char place[INDICATOR_NAME];
	size_t used = 0;

	for (const char *at = outgoing_place(o, place); *at != 0; at++) {
		if (*at == '\'' || *at == '\\')
			out[used++] = '\\';
		out[used++] = *at;
	}
	out[used] = 0;
	return out;
}

static void
put_pattern(json_t *object, const struct outgoing *o)
{
	char place[2 * INDICATOR_NAME], pattern[sizeof place + 200];
	const char *family = o->has_addr && !addr_is_v4(&o->addr.addr) ? "ipv6" : "ipv4";
	const char *transport = outgoing_transport(o);

	(void)quoted(o, place);
	if (!o->has_addr)
		(void)snprintf(
		    pattern, sizeof pattern, "[domain-name:value = '%s']", place);
	else if (o->addr.length < 128)
		(void)snprintf(pattern, sizeof pattern, "[%s-addr:value ISSUBSET '%s']",
		    family, place);
	else if (o->port == 0)
		(void)snprintf(
		    pattern, sizeof pattern, "[%s-addr:value = '%s']", family, place);
	else
		(void)snprintf(pattern, sizeof pattern,
		    "[network-traffic:dst_ref.type = '%s-addr' AND "
		    "network-traffic:dst_ref.value = '%s' AND "
		    "network-traffic:dst_port = %u%s%s%s]",
		    family, place, o->port,
		    *transport ? " AND network-traffic:protocols[*] = '" : "", transport,
		    *transport ? "'" : "");
	put(object, "pattern", pattern);
	put(object, "pattern_type", "stix");
}

static void
add_infrastructure(struct heap *h, const struct outgoing *o, const char *indicator,
    const char *malware_id)
{
	char id[ID];
	json_t *object = new_object(
	    h, "infrastructure", make_id(id, "infrastructure", o->id), o->first, o->last);

	put(object, "name", "command and control server");
	(void)json_object_set_new(
	    object, "infrastructure_types", list_of("command-and-control"));
	put_when(object, "first_seen", o->first);
	put_when(object, "last_seen", o->last);
	put_marking(object, o->tlp);
	add_object(h, object);
	relate(h, o, "indicates", indicator, id);
	if (malware_id != NULL)
		relate(h, o, "controls", id, malware_id);
}

static void
add_place(struct heap *h, const struct outgoing *o)
{
	bool c2 = strcmp(outgoing_type(o), "c2-server") == 0;
	char id[ID], malware_id[ID], sighting_id[ID];
	json_t *object, *sighting;

	if (o->family[0] != 0)
		malware(h, o->family, malware_id);
	object = new_object(
	    h, "indicator", make_id(id, "indicator", o->id), o->first, o->last);
	put(object, "name", c2 ? "command and control server" : "malware site");
	(void)json_object_set_new(
	    object, "indicator_types", list_of("malicious-activity"));
	put_pattern(object, o);
	put_when(object, "valid_from", o->first);
	if (o->until != WHEN_NEVER && o->until > o->first)
		put_when(object, "valid_until", o->until);
	if (o->confidence >= 0)
		(void)json_object_set_new(
		    object, "confidence", json_integer(o->confidence));
	put_class(object, o);
	put_marking(object, o->tlp);
	add_object(h, object);
	if (o->family[0] != 0)
		relate(h, o, "indicates", id, malware_id);
	if (c2)
		add_infrastructure(h, o, id, o->family[0] != 0 ? malware_id : NULL);
	if (o->count == 0)
		return;
	sighting = new_object(
	    h, "sighting", make_id(sighting_id, "sighting", o->id), o->first, o->last);
	put(sighting, "sighting_of_ref", id);
	(void)json_object_set_new(sighting, "count", json_integer((json_int_t)o->count));
	put_when(sighting, "first_seen", o->first);
	put_when(sighting, "last_seen", o->last);
	(void)json_object_set_new(sighting, "where_sighted_refs", list_of(h->identity));
	put_marking(sighting, o->tlp);
	add_object(h, sighting);
}

/* ---- infections */

/* RFC 8785's form of what names the traffic, in the order of its keys. */
static void
traffic_id(const struct outgoing *o, const char *from, const char *to, char *id)
{
	char name[4 * ID], uuid[UUID_TEXT];

	(void)snprintf(name, sizeof name, "traffic|%s|%s|%u|%u|%u|%lld", from, to,
	    o->port, o->remote_port, o->proto, (long long)o->first);
	(void)snprintf(id, ID, "network-traffic--%s", uuid_of(UUID_OURS, name, uuid));
}

static void
add_traffic(struct heap *h, const struct outgoing *o, json_t *refs)
{
	char from[ID], to[ID] = "", id[ID];
	json_t *object = json_object();
	const char *transport = outgoing_transport(o);

	if (*transport == 0) /* something must be said */
		transport = addr_is_v4(&o->addr.addr) ? "ipv4" : "ipv6";
	observable(h, &o->addr.addr, "", from);
	(void)json_array_append_new(refs, text(from));
	if (outgoing_has_remote(o)) {
		observable(h, &o->remote, o->remote_name, to);
		(void)json_array_append_new(refs, text(to));
	}
	traffic_id(o, from, to, id);
	put(object, "type", "network-traffic");
	put(object, "spec_version", "2.1");
	put(object, "id", id);
	put(object, "src_ref", from);
	if (*to != 0)
		put(object, "dst_ref", to);
	if (o->port != 0)
		(void)json_object_set_new(object, "src_port", json_integer(o->port));
	if (o->remote_port != 0)
		(void)json_object_set_new(
		    object, "dst_port", json_integer(o->remote_port));
	(void)json_object_set_new(object, "protocols", list_of(transport));
	(void)json_array_append_new(refs, text(id));
	add_object(h, object);
}

static void
add_observed(struct heap *h, const struct outgoing *o, char *id)
{
	json_t *refs = json_array(), *object;

	add_traffic(h, o, refs);
	object = new_object(
	    h, "observed-data", make_id(id, "observed-data", o->id), o->first, o->last);
	put_when(object, "first_observed", o->first);
	put_when(object, "last_observed", o->last);
	(void)json_object_set_new(object, "number_observed",
	    json_integer(o->count > 0 ? (json_int_t)o->count : 1));
	(void)json_object_set_new(object, "object_refs", refs);
	put_marking(object, o->tlp);
	add_object(h, object);
}

static void
add_lines(struct heap *h, const struct outgoing *o)
{
	char id[ID], malware_id[ID], observed[ID];
	json_t *object;

	malware(h, o->family, malware_id);
	if (o->kind == OUTGOING_INFECTION)
		add_observed(h, o, observed);
	object =
	    new_object(h, "sighting", make_id(id, "sighting", o->id), o->first, o->last);
	put(object, "sighting_of_ref", malware_id);
	if (o->kind == OUTGOING_INFECTION)
		(void)json_object_set_new(
		    object, "observed_data_refs", list_of(observed));
	if (o->count != 0)
		(void)json_object_set_new(
		    object, "count", json_integer((json_int_t)o->count));
	put_when(object, "first_seen", o->first);
	put_when(object, "last_seen", o->last);
	(void)json_object_set_new(object, "where_sighted_refs", list_of(h->identity));
	if (o->kind == OUTGOING_COUNT) {
		char words[64];

		(void)snprintf(words, sizeof words, "lines of realm %u", o->realm);
		put(object, "description", words);
		(void)json_object_set_new(object, "summary", json_true());
	}
	put_class(object, o);
	put_marking(object, o->tlp);
	add_object(h, object);
}

/* ---- bundles */

json_t *
stix_objects(const struct outgoing_list *list, const struct writer_head *head)
{
	struct heap h = {.head = head, .objects = json_array(), .known = json_object()};
	char name[256];
	json_t *identity;

	(void)snprintf(name, sizeof name, "identity|%.200s", head->organisation);
	(void)make_id(h.identity, "identity", name);
	identity = new_object(&h, "identity", h.identity, 0, 0);
	put(identity, "name", head->organisation);
	put(identity, "identity_class", "organization");
	add_object(&h, identity);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == OUTGOING_PLACE)
			add_place(&h, &list->items[i]);
		else
			add_lines(&h, &list->items[i]);
	json_decref(h.known);
	return h.objects;
}

/* The bundle is named after all that is in it. */
static void
name_bundle(json_t *bundle, const json_t *objects)
{
	char *all = json_dumps(objects, JSON_COMPACT | JSON_SORT_KEYS), id[ID];

	put(bundle, "id", make_id(id, "bundle", all != NULL ? all : ""));
	free(all);
}

static bool
stix_write(const struct outgoing_list *list, const struct writer_head *head,
    const struct writer_sink *sink, struct err *err)
{
	json_t *bundle = json_object(), *objects = stix_objects(list, head);
	char *all;
	bool good;

	put(bundle, "type", "bundle");
	name_bundle(bundle, objects);
	(void)json_object_set_new(bundle, "objects", objects);
	all = json_dumps(bundle, JSON_INDENT(1) | JSON_SORT_KEYS);
	json_decref(bundle);
	if (all == NULL)
		fatal("no memory for a bundle");
	good = sink->file(sink->ctx, NULL, all, strlen(all), err);
	free(all);
	return good;
}

const struct writer writer_stix = {
    .name = "stix",
    .summary = "a STIX 2.1 bundle: indicators, infrastructure, sightings",
    .write = stix_write,
};
