/* SPDX-License-Identifier: Apache-2.0 */
/*
 * misp.c -- MISP events (the core format of MISP, as its feeds publish it).
 *
 * A document is one event, or a list of them as MISP's API answers. Each attribute that
 * names a place is a statement; the attributes of an object that belongs together (a
 * connection, an address with its port) are one. By MISP's definitions ip-dst, domains
 * and hosts are the attacker's or his C2's and ip-src is where an attack came from; a
 * tag rsit:...="type" says it better and is believed. What is not marked for detection
 * (to_ids), is deleted, or names no place is set aside. The manifest of a feed is
 * recognised and says nothing by itself (the directory is walked by cmd/feed.c).
 *
 * TLP: the attribute's tag, else the event's. Family: a galaxy of malware on the
 * attribute, else on the event. Not handled: sightings, proposals, sharing groups.
 */
#include "base/when.h"
#include "report/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct misp {
	struct document *doc;
	const json_t *event;
};

/* What the attributes of one statement say. */
struct claim {
	const char *type, *category;
	struct place from, to;
	const char *first, *last;
	bool marked, deleted, attacker;
	enum tlp tlp;
	char class[SIGHTING_NAME], family[SIGHTING_NAME];
	bool classed, c2;
};

/* ---- tags */

/* misp-galaxy:TYPE="NAME - S0001" of a galaxy of malware; false if it is none. */
static bool
galaxy_family(const char *type, const char *name, char *out)
{
	static const char *const galaxies[] = {"malpedia", "mitre-malware", "botnet",
	    "ransomware", "rat", "banker", "stealer", "backdoor", "tool", "android",
	    "exploit-kit", "cryptominers"};
	size_t size = strcspn(name, "\"");
	const char *number = strstr(name, " - S");
	bool known = false;

	for (size_t i = 0; i < sizeof galaxies / sizeof *galaxies; i++)
		known |= strcmp(type, galaxies[i]) == 0;
	if (number != NULL && (size_t)(number - name) < size)
		size = (size_t)(number - name);
	if (!known || size == 0 || size >= SIGHTING_NAME)
		return false;
	memcpy(out, name, size);
	out[size] = 0;
	return true;
}

static void
take_tag(struct claim *c, const char *tag)
{
	static const char prefix[] = "misp-galaxy:";
	const char *equals = strchr(tag, '=');
	char type[32];

	if (strncasecmp(tag, "tlp:", 4) == 0 && tlp_parse(tag) > c->tlp)
		c->tlp = tlp_parse(tag);
	c->classed = c->classed || tag_class(tag, c->class);
	c->c2 = c->c2 || (strncasecmp(tag, "kill-chain:", 11) == 0 && prose_says_c2(tag));
	if (c->family[0] != 0 || equals == NULL || equals[1] != '"' ||
	    strncmp(tag, prefix, sizeof prefix - 1) != 0 ||
	    (size_t)(equals - tag) - (sizeof prefix - 1) >= sizeof type)
		return;
	(void)snprintf(type, sizeof type, "%.*s",
	    (int)((size_t)(equals - tag) - (sizeof prefix - 1)), tag + sizeof prefix - 1);
	(void)galaxy_family(type, equals + 2, c->family);
}

/* Of an attribute or an event. */
static void
take_tags(struct claim *c, const json_t *holder)
{
	const json_t *tag, *galaxy, *cluster;
	size_t i, k;

	json_array_foreach(json_object_get(holder, "Tag"), i, tag)
	    take_tag(c, member_text(tag, "name"));
	json_array_foreach(json_object_get(holder, "Galaxy"), i, galaxy)
	    json_array_foreach(json_object_get(galaxy, "GalaxyCluster"), k,
		cluster) if (c->family[0] == 0)(void)
		galaxy_family(member_text(galaxy, "type"), member_text(cluster, "value"),
		    c->family);
}

/* ---- attributes */

static uint16_t
port_of(const char *text)
{
	unsigned long port =
	    strspn(text, "0123456789") == strlen(text) && strlen(text) <= 5
		? strtoul(text, NULL, 10)
		: 0;

	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* "value|port" and the like: the second half, and *first cut before it. */
static const char *
split(struct misp *m, const char **first)
{
	const char *bar = strrchr(*first, '|');

	if (bar == NULL)
		return "";
	*first = arena_strdup(m->doc->arena, *first, (size_t)(bar - *first));
	return bar + 1;
}

static void
set(const char **slot, const char *value)
{
	if (*slot == NULL && *value != 0)
		*slot = value;
}

static void
set_port(uint16_t *slot, const char *value)
{
	if (*slot == 0)
		*slot = port_of(value);
}

/* What an attribute of that type, or so called within its object, says. */
static void
take_place(struct misp *m, struct claim *c, const char *type, const char *value)
{
	if (strncmp(type, "ip-src", 6) == 0) {
		if (type[6] == '|')
			set_port(&c->from.port, split(m, &value));
		set(&c->from.address, value);
		c->attacker = true;
	} else if (strncmp(type, "ip-dst", 6) == 0 || strcmp(type, "ip") == 0) {
		if (strchr(type, '|') != NULL)
			set_port(&c->to.port, split(m, &value));
		set(&c->to.address, value);
	} else if (strcmp(type, "domain|ip") == 0) {
		set(&c->to.address, split(m, &value));
		set(&c->to.name, value);
	} else if (strncmp(type, "hostname", 8) == 0 || strncmp(type, "domain", 6) == 0) {
		if (strcmp(type, "hostname|port") == 0)
			set_port(&c->to.port, split(m, &value));
		set(&c->to.name, value);
	} else if (strcmp(type, "url") == 0)
		set(&c->to.url, value);
}

static bool
is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* What only says something within an object: ports, times, the protocol. */
static void
take_detail(struct claim *c, const char *relation, const char *value)
{
	static const char *const first[] = {"first-seen", "first-packet-seen", NULL};
	static const char *const last[] = {"last-seen", "last-packet-seen", NULL};
	static const char *const to[] = {"dst-port", "port", NULL};
	static const char *const protocol[] = {"layer4-protocol", "protocol", NULL};

	if (is_one_of(relation, first))
		set(&c->first, value);
	else if (is_one_of(relation, last))
		set(&c->last, value);
	else if (is_one_of(relation, to))
		set_port(&c->to.port, value);
	else if (strcmp(relation, "src-port") == 0)
		set_port(&c->from.port, value);
	else if (is_one_of(relation, protocol))
		set(&c->to.transport, strcasecmp(value, "udp") == 0   ? "udp"
				      : strcasecmp(value, "tcp") == 0 ? "tcp"
								      : "");
}

static void
take_attribute(struct misp *m, struct claim *c, const json_t *a, bool inside)
{
	const char *type = member_text(a, inside ? "object_relation" : "type");

	take_place(m, c, type, member_text(a, "value"));
	if (inside)
		take_detail(c, type, member_text(a, "value"));
	take_tags(c, a);
	set(&c->first, member_text(a, "first_seen"));
	set(&c->last, member_text(a, "last_seen"));
	set(&c->category, member_text(a, "category"));
	c->marked |= json_is_true(json_object_get(a, "to_ids"));
	c->deleted |= json_is_true(json_object_get(a, "deleted"));
	c->c2 |= prose_says_c2(member_text(a, "comment"));
}

/* ---- statements */

static const char *
class_of(const struct claim *c)
{
	if (c->classed)
		return c->class;
	if (c->c2)
		return "c2-server";
	if (c->attacker)
		return "blacklist";
	if (c->to.url != NULL || strcmp(c->category, "Payload delivery") == 0)
		return "malware-distribution";
	return "c2-server";
}

/* The attribute's own time, else when it was written down, else the event's date. */
static void
put_times(struct misp *m, const struct claim *c, const json_t *a)
{
	struct item *item = &m->doc->item;
	const char *stamp = member_text(a, "timestamp");
	char *text = arena_get(m->doc->arena, WHEN_TEXT);
	int64_t t;

	if (c->first != NULL && when_parse(c->first, &t, NULL))
		item_text(item, "time.source", c->first);
	else if (strspn(stamp, "0123456789") == strlen(stamp) && *stamp != 0 &&
		 strlen(stamp) < 12)
		item_text(item, "time.source",
		    when_text(strtoll(stamp, NULL, 10) * WHEN_SECOND, text));
	else if (strlen(member_text(m->event, "date")) == 10) {
		(void)snprintf(
		    text, WHEN_TEXT, "%.10sT00:00:00Z", member_text(m->event, "date"));
		item_text(item, "time.source", text);
		item->precision = WHEN_DAY;
	}
	if (c->last != NULL)
		item_text(item, "extra.last_seen", c->last);
}

static void
put_hash(struct misp *m, const char *type, const char *value)
{
	static const char *const hashes[] = {"md5", "sha1", "sha256"};
	static const char *const names[] = {
	    "malware.hash.md5", "malware.hash.sha1", "malware.hash.sha256"};

	for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
		if (strcmp(type, hashes[i]) == 0)
			item_text(&m->doc->item, names[i], value);
}

/* Puts the ends; false if there is no place. */
static bool
put_places(struct misp *m, const struct claim *c)
{
	bool both =
	    c->from.address != NULL && (c->to.address != NULL || c->to.name != NULL);
	struct place place = c->from.address != NULL ? c->from : c->to;

	place.transport = c->to.transport;
	if (place.port == 0 && !both)
		place.port = c->to.port;
	if (both)
		(void)document_place(m->doc, "destination", &c->to);
	return document_place(m->doc, "source", &place);
}

static void
finish(struct misp *m, struct claim *c, const json_t *a)
{
	struct item *item = &m->doc->item;
	bool placed = put_places(m, c);

	item_text(item, "classification.identifier", item->identifier);
	item_classify(item, placed ? class_of(c) : "undetermined");
	item_text(item, "malware.name", c->family);
	item_text(item, "event_description.text", member_text(m->event, "info"));
	item_text(item, "extra.misp_uuid", member_text(a, "uuid"));
	item_text(item, "extra.misp_event", member_text(m->event, "uuid"));
	item_text(item, "extra.created_by",
	    member_text(json_object_get(m->event, "Orgc"), "name"));
	document_tlp(m->doc, c->tlp);
	put_times(m, c, a);
	if (c->deleted)
		item->aside = "deleted by its maker";
	else if (!placed)
		item->aside = "no address or name";
	else if (!c->marked && !c->classed)
		item->aside = "not marked for detection (to_ids)";
	document_give(m->doc, a);
}

/* An event's tags hold where the attribute's say nothing. */
static void
inherit(struct misp *m, struct claim *c)
{
	struct claim event = {.tlp = TLP_UNTOLD};

	take_tags(&event, m->event);
	if (c->tlp == TLP_UNTOLD)
		c->tlp = event.tlp;
	if (!c->classed && event.classed) {
		c->classed = true;
		memcpy(c->class, event.class, sizeof c->class);
	}
	if (c->family[0] == 0)
		memcpy(c->family, event.family, sizeof c->family);
	set(&c->category, "Other");
}

static void
begin(struct misp *m, const char *type)
{
	char identifier[SIGHTING_NAME];

	(void)snprintf(identifier, sizeof identifier, "misp-%.40s", type);
	(void)document_item(m->doc, identifier);
}

static void
take_alone(struct misp *m, const json_t *a)
{
	struct claim c = {.tlp = TLP_UNTOLD};

	begin(m, member_text(a, "type"));
	take_attribute(m, &c, a, false);
	put_hash(m, member_text(a, "type"), member_text(a, "value"));
	inherit(m, &c);
	finish(m, &c, a);
}

static void
take_object(struct misp *m, const json_t *object)
{
	static const char *const whole[] = {
	    "network-connection", "netflow", "ip-port", "domain-ip", "url", NULL};
	const json_t *attributes = json_object_get(object, "Attribute"), *a;
	struct claim c = {.tlp = TLP_UNTOLD};
	size_t i;

	if (!is_one_of(member_text(object, "name"), whole)) {
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): jansson's loop */
		json_array_foreach(attributes, i, a) take_alone(m, a);
		return;
	}
	begin(m, member_text(object, "name"));
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): jansson's loop */
	json_array_foreach(attributes, i, a) take_attribute(m, &c, a, true);
	set(&c.first, member_text(object, "first_seen"));
	set(&c.last, member_text(object, "last_seen"));
	c.deleted |= json_is_true(json_object_get(object, "deleted"));
	inherit(m, &c);
	finish(m, &c, object);
}

static void
take_event(struct misp *m, const json_t *event)
{
	const json_t *part;
	size_t i;

	m->event = event;
	/* NOLINTBEGIN(bugprone-sizeof-expression): jansson's loops */
	json_array_foreach(json_object_get(event, "Attribute"), i, part)
	    take_alone(m, part);
	json_array_foreach(json_object_get(event, "Object"), i, part)
	    take_object(m, part);
	/* NOLINTEND(bugprone-sizeof-expression) */
}

/* ---- documents */

/* {uuid: {info, Orgc, timestamp ...}}: what a feed's directory holds. */
static bool
is_manifest(json_t *root)
{
	void *first = json_object_iter(root);
	const json_t *event = first != NULL ? json_object_iter_value(first) : NULL;

	return json_object_get(event, "Orgc") != NULL &&
	       json_object_get(event, "info") != NULL;
}

static bool
read_event(struct document *doc, const char *text, size_t size, struct err *err)
{
	json_t *root = json_read(text, size, err);
	const json_t *list, *entry, *event;
	struct misp m = {.doc = doc};
	size_t i;

	if (root == NULL)
		return false;
	list = json_is_array(root) ? root : json_object_get(root, "response");
	event = json_object_get(root, "Event");
	if (event != NULL)
		take_event(&m, event);
	json_array_foreach(list, i, entry) if (json_object_get(entry, "Event") != NULL)
	    take_event(&m, json_object_get(entry, "Event"));
	if (event == NULL && list == NULL && !is_manifest(root)) {
		json_decref(root);
		return err_set(err, "no MISP event");
	}
	json_decref(root);
	return true;
}

static bool
misp_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	return document_each(in, sink, stat, read_event, err);
}

static int
misp_recognise(const char *name, const uint8_t *head, size_t size)
{
	const char *text = (const char *)head;
	bool event = memmem(text, size, "\"Event\"", 7) != NULL;
	bool organisation = memmem(text, size, "\"Orgc\"", 6) != NULL;

	if (size == 0 || strchr("{[ \n", *text) == NULL)
		return 0;
	if (strcmp(name, "manifest.json") == 0 && organisation)
		return 90;
	if (event && organisation)
		return 80;
	return event && memmem(text, size, "\"Attribute\"", 11) != NULL ? 60 : 0;
}

const struct format format_misp = {
    .name = "misp",
    .summary = "MISP events, alone or of a feed's directory",
    .recognise = misp_recognise,
    .read = misp_read,
};
