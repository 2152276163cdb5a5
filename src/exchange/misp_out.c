/* SPDX-License-Identifier: Apache-2.0 */
/*
 * misp_out.c -- statements as a MISP feed: a directory with manifest.json, an event for
 * each TLP and kind, and hashes.csv (MD5 of each value: how MISP finds overlaps).
 *
 * A place is an attribute marked for detection; an infection is an object
 * network-connection, a count an attribute `counter`. The class is a tag of RSIT's
 * taxonomy, the family a tag of the galaxy of botnets.
 */
#include "base/mem.h"
#include "base/when.h"
#include "exchange/writers.h"

#include <stdio.h>
#include <stdlib.h>

struct feed {
	const struct writer_head *head;
	const struct writer_sink *sink;
	struct wr hashes;
	json_t *manifest;
	char organisation[UUID_TEXT];
};

static json_t *
text(const char *value)
{
	json_t *json = json_string(value);

	return json != NULL ? json : json_string("?");
}

static void
put(json_t *object, const char *name, const char *value)
{
	(void)json_object_set_new(object, name, text(value));
}

static void
put_second(json_t *object, const char *name, int64_t t)
{
	char out[32];

	(void)snprintf(out, sizeof out, "%lld", (long long)(t / WHEN_SECOND));
	put(object, name, out);
}

static void
put_when(json_t *object, const char *name, int64_t t)
{
	struct civil c = when_to_civil(t);
	char out[64];

	(void)snprintf(out, sizeof out, "%04d-%02u-%02uT%02u:%02u:%02u.%06u+00:00",
	    c.year, c.month, c.day, c.hour, c.minute, c.second, c.micro);
	put(object, name, out);
}

static void
add_tag(json_t *tags, const char *name)
{
	json_t *tag = json_object();

	put(tag, "name", name);
	put(tag, "colour", "#0088cc");
	(void)json_array_append_new(tags, tag);
}

static json_t *
tags_of(const struct outgoing *o)
{
	json_t *tags = json_array();
	char tag[2 * SIGHTING_NAME + 16];

	(void)snprintf(tag, sizeof tag, "rsit:%.*s=\"%s\"", (int)strcspn(o->rsit, "/"),
	    o->rsit, outgoing_type(o));
	add_tag(tags, tag);
	if (o->family[0] != 0) {
		(void)snprintf(tag, sizeof tag, "misp-galaxy:botnet=\"%s\"", o->family);
		add_tag(tags, tag);
	}
	return tags;
}

/* An attribute's UUID is that of its statement and its place in it. */
static json_t *
new_attribute(const struct outgoing *o, const char *type, const char *value, bool marked)
{
	json_t *a = json_object();
	char uuid[UUID_TEXT], name[128];

	(void)snprintf(name, sizeof name, "%s|%s", o->id, type);
	put(a, "uuid", uuid_of(UUID_OURS, name, uuid));
	put(a, "type", type);
	put(a, "category", strcmp(type, "counter") == 0 ? "Other" : "Network activity");
	put(a, "value", value);
	(void)json_object_set_new(a, "to_ids", json_boolean(marked));
	(void)json_object_set_new(a, "disable_correlation", json_false());
	put(a, "comment", "");
	put_second(a, "timestamp", o->last);
	put_when(a, "first_seen", o->first);
	put_when(a, "last_seen", o->last);
	return a;
}

static void
note_hash(struct feed *f, const char *value, const char *event)
{
	char md5[MD5_TEXT];

	wr_printf(&f->hashes, "%s,%s\n", md5_of(value, md5), event);
}

static json_t *
place_attribute(struct feed *f, const struct outgoing *o, const char *event)
{
	char place[INDICATOR_NAME], value[INDICATOR_NAME + 8];
	const char *type = !o->has_addr ? "domain" : o->port ? "ip-dst|port" : "ip-dst";
	json_t *a;

	(void)outgoing_place(o, place);
	if (o->has_addr && o->port != 0)
		(void)snprintf(value, sizeof value, "%s|%u", place, o->port);
	else
		(void)snprintf(value, sizeof value, "%s", place);
	note_hash(f, place, event);
	a = new_attribute(o, type, value, true);
	(void)json_object_set_new(a, "Tag", tags_of(o));
	return a;
}

static json_t *
count_attribute(const struct outgoing *o)
{
	char value[32], comment[160];
	json_t *a;

	(void)snprintf(value, sizeof value, "%llu", (unsigned long long)o->count);
	(void)snprintf(comment, sizeof comment, "lines of realm %u: %s%s%s", o->realm,
	    o->rsit, o->family[0] != 0 ? ", " : "", o->family);
	a = new_attribute(o, "counter", value, false);
	put(a, "comment", comment);
	(void)json_object_set_new(a, "Tag", tags_of(o));
	return a;
}

static void
add_relation(json_t *list, const struct outgoing *o, const char *relation,
    const char *type, const char *value)
{
	char name[128], uuid[UUID_TEXT];
	json_t *a;

	if (*value == 0)
		return;
	a = new_attribute(o, type, value, false);
	(void)snprintf(name, sizeof name, "%s|%s", o->id, relation);
	put(a, "uuid", uuid_of(UUID_OURS, name, uuid));
	put(a, "object_relation", relation);
	if (strcmp(relation, "ip-src") == 0)
		(void)json_object_set_new(a, "Tag", tags_of(o));
	(void)json_array_append_new(list, a);
}

static const char *
port_text(uint16_t port, char *out)
{
	(void)snprintf(out, 8, "%u", port);
	return port != 0 ? out : "";
}

static json_t *
connection_object(const struct outgoing *o)
{
	json_t *object = json_object(), *list = json_array();
	char value[INDICATOR_NAME], when[WHEN_TEXT], port[8];
	bool address = !addr_equal(&o->remote, &(struct addr){{0}});

	put(object, "name", "network-connection");
	put(object, "meta-category", "network");
	put(object, "template_uuid", "af16764b-f8e5-4603-9de1-de34d272f80b");
	put(object, "template_version", "3");
	put(object, "uuid", o->id);
	put_second(object, "timestamp", o->last);
	add_relation(list, o, "ip-src", "ip-src", outgoing_place(o, value));
	add_relation(list, o, "src-port", "port", port_text(o->port, port));
	add_relation(
	    list, o, "ip-dst", "ip-dst", address ? addr_text(&o->remote, value) : "");
	add_relation(list, o, "hostname-dst", "hostname", o->remote_name);
	add_relation(list, o, "dst-port", "port", port_text(o->remote_port, port));
	add_relation(list, o, "layer4-protocol", "text", outgoing_transport(o));
	add_relation(list, o, "first-packet-seen", "datetime", when_text(o->first, when));
	(void)json_object_set_new(object, "Attribute", list);
	return object;
}

/* ---- events */

static const char *const titles[] = {[OUTGOING_PLACE] = "C2 servers and malware sites",
    [OUTGOING_COUNT] = "Lines with trouble, counted",
    [OUTGOING_INFECTION] = "Infected lines"};

static json_t *
head_of(const struct feed *f, const struct outgoing *first, int64_t last)
{
	json_t *event = json_object(), *organisation = json_object(),
	       *tags = json_array();
	char date[WHEN_TEXT], tag[32];

	put(organisation, "name", f->head->organisation);
	put(organisation, "uuid", f->organisation);
	(void)snprintf(tag, sizeof tag, "tlp:%s",
	    first->tlp == TLP_STRICT ? "amber+strict" : tlp_words[first->tlp]);
	add_tag(tags, tag);
	put(event, "info", titles[first->kind]);
	(void)json_object_set_new(event, "Orgc", organisation);
	(void)json_object_set_new(event, "Tag", tags);
	put(event, "analysis", "2");
	put(event, "threat_level_id", "2");
	put_second(event, "timestamp", last);
	(void)when_text(last, date);
	date[10] = 0;
	put(event, "date", date);
	return event;
}

static void
add_statement(struct feed *f, const struct outgoing *o, json_t *event, const char *uuid)
{
	if (o->kind == OUTGOING_INFECTION)
		(void)json_array_append_new(
		    json_object_get(event, "Object"), connection_object(o));
	else
		(void)json_array_append_new(json_object_get(event, "Attribute"),
		    o->kind == OUTGOING_PLACE ? place_attribute(f, o, uuid)
					      : count_attribute(o));
}

static bool
give_json(struct feed *f, const char *name, const json_t *root, struct err *err)
{
	char *all = json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS);
	bool good;

	if (all == NULL)
		fatal("no memory for an event");
	good = f->sink->file(f->sink->ctx, name, all, strlen(all), err);
	free(all);
	return good;
}

/* The event of one kind under one TLP; nothing of none. */
static bool
write_event(struct feed *f, const struct outgoing_list *list, enum outgoing_kind kind,
    enum tlp tlp, struct err *err)
{
	const struct outgoing *first = NULL;
	json_t *event, *root;
	char uuid[UUID_TEXT], name[64];
	int64_t last = 0;
	bool good;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == kind && list->items[i].tlp == tlp) {
			first = first != NULL ? first : &list->items[i];
			last = list->items[i].last > last ? list->items[i].last : last;
		}
	if (first == NULL)
		return true;
	(void)snprintf(name, sizeof name, "event|%s|%d|%d", f->organisation, kind, tlp);
	(void)uuid_of(UUID_OURS, name, uuid);
	event = head_of(f, first, last);
	(void)json_object_set_new(f->manifest, uuid, json_deep_copy(event));
	put(event, "uuid", uuid);
	(void)json_object_set_new(event, "published", json_true());
	(void)json_object_set_new(event, "Attribute", json_array());
	(void)json_object_set_new(event, "Object", json_array());
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == kind && list->items[i].tlp == tlp)
			add_statement(f, &list->items[i], event, uuid);
	root = json_object();
	(void)json_object_set_new(root, "Event", event);
	(void)snprintf(name, sizeof name, "%s.json", uuid);
	good = give_json(f, name, root, err);
	json_decref(root);
	return good;
}

static bool
misp_write(const struct outgoing_list *list, const struct writer_head *head,
    const struct writer_sink *sink, struct err *err)
{
	struct feed f = {.head = head, .sink = sink, .manifest = json_object()};
	char name[256];
	bool good = true;

	(void)snprintf(name, sizeof name, "identity|%.200s", head->organisation);
	(void)uuid_of(UUID_OURS, name, f.organisation);
	wr_init(&f.hashes, 1 << 30);
	for (int kind = OUTGOING_PLACE; kind <= OUTGOING_INFECTION && good; kind++)
		for (int tlp = 0; tlp < TLP_COUNT && good; tlp++)
			good = write_event(
			    &f, list, (enum outgoing_kind)kind, (enum tlp)tlp, err);
	good = good &&
	       sink->file(sink->ctx, "hashes.csv", f.hashes.bytes, f.hashes.size, err);
	/* Last, for it names what must be there. */
	good = good && give_json(&f, "manifest.json", f.manifest, err);
	json_decref(f.manifest);
	wr_fini(&f.hashes);
	return good;
}

const struct writer writer_misp = {
    .name = "misp",
    .summary = "a MISP feed: a directory with manifest, events and hashes",
    .directory = true,
    .write = misp_write,
};
