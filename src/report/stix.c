/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stix.c -- STIX bundles and TAXII envelopes (OASIS, STIX 2.1 of 2021; 2.0 is
 * recognised).
 *
 * A bundle is a heap of objects that refer to each other. Three kinds of them are
 * statements and become items; the others are what statements stand on:
 *
 *     indicator        each way to meet its pattern that names a place (pattern.h)
 *     infrastructure   each address or name that it consists of
 *     sighting         each address in the observed data: with malware, an infection at
 *                      a time
 *
 * Malware that a statement is related to gives the family, markings the TLP (the
 * strictest of them, granular ones too). Of several versions of an object the last
 * counts. Who is said to have made an object is kept, but is no upstream: anybody may
 * write any name there, and upstreams count as independent voices.
 *
 * Not handled: patterns of other languages and what is said of files (set aside), notes
 * and opinions of others on an object, language content.
 */
#include "base/when.h"
#include "report/pattern.h"

#include <stdlib.h>
#include <string.h>

enum { PATTERN_ARENA = 16 << 20, RELATED_MOST = 64 };

struct stix {
	struct document *doc;
	json_t *by_id;         /* id -> its last version */
	json_t *related;       /* id -> array of the relationships it is an end of */
	json_t *seen;          /* ids of observed data that sightings refer to */
	json_t *ends;          /* ids of the ends of traffic of one observation */
	struct arena *arena;   /* of one pattern */
	const json_t *object;  /* the statement at hand */
	const json_t *malware; /* that it is related to; NULL: none */
};

/* ---- the heap */

static int64_t
version_of(const json_t *object)
{
	int64_t t;

	return when_parse(member_text(object, "modified"), &t, NULL) ? t : INT64_MIN;
}

static void
append_to(json_t *map, const char *id, json_t *object)
{
	json_t *list = json_object_get(map, id);

	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(map, id, list);
	}
	(void)json_array_append(list, object);
}

static void
index_object(struct stix *s, json_t *object)
{
	const char *id = member_text(object, "id"), *type = member_text(object, "type");
	json_t *other = json_object_get(s->by_id, id), *ref;
	size_t i;

	if (*id != 0 && (other == NULL || version_of(object) > version_of(other)))
		(void)json_object_set(s->by_id, id, object);
	if (strcmp(type, "relationship") == 0) {
		append_to(s->related, member_text(object, "source_ref"), object);
		append_to(s->related, member_text(object, "target_ref"), object);
	}
	if (strcmp(type, "sighting") == 0)
		json_array_foreach(json_object_get(object, "observed_data_refs"), i,
		    ref) if (json_is_string(ref))(void)
		    json_object_set_new(s->seen, json_string_value(ref), json_true());
}

static const json_t *
resolve(const struct stix *s, const char *id)
{
	return json_object_get(s->by_id, id);
}

static bool
is_type(const json_t *object, const char *type)
{
	return strcmp(member_text(object, "type"), type) == 0;
}

/* The i-th object that a relationship joins to `id`; NULL when there are no more. `*rel`
 * is the relationship; the object may be NULL where the heap does not have it. */
static const json_t *
related(const struct stix *s, const char *id, size_t i, const json_t **rel)
{
	const json_t *list = json_object_get(s->related, id);
	const char *end;

	*rel = json_array_get(list, i);
	end = member_text(*rel, "source_ref");
	if (strcmp(end, id) == 0)
		end = member_text(*rel, "target_ref");
	return resolve(s, end);
}

/* The first related object of the type that `good` (or NULL) accepts; only the first
 * RELATED_MOST are looked at, or a hub of the heap would be walked for each statement. */
static const json_t *
find_related(const struct stix *s, const char *id, const char *type,
    bool (*good)(const json_t *object))
{
	const json_t *rel, *object;

	for (size_t i = 0; i < RELATED_MOST; i++) {
		object = related(s, id, i, &rel);
		if (rel == NULL)
			return NULL;
		if (object != NULL && is_type(object, type) &&
		    (good == NULL || good(object)))
			return object;
	}
	return NULL;
}

/* ---- what objects say of a statement */

static bool
list_has(const json_t *object, const char *name, const char *word)
{
	const json_t *list = json_object_get(object, name), *entry;
	size_t i;

	json_array_foreach(
	    list, i, entry) if (json_is_string(entry) &&
				strcmp(json_string_value(entry), word) == 0) return true;
	return false;
}

static bool
is_c2(const json_t *infrastructure)
{
	return list_has(infrastructure, "infrastructure_types", "command-and-control");
}

/* Directly, or by the infrastructure that the statement is about. */
static const json_t *
malware_of(const struct stix *s, const char *id)
{
	const json_t *malware = find_related(s, id, "malware", NULL), *between;

	if (is_type(resolve(s, id), "malware"))
		return resolve(s, id);
	between = find_related(s, id, "infrastructure", NULL);
	if (malware == NULL && between != NULL)
		malware = find_related(s, member_text(between, "id"), "malware", NULL);
	return malware;
}

/* The markings that every consumer knows by their ids. */
static enum tlp
known_marking(const char *id)
{
	static const struct {
		const char *id;
		enum tlp tlp;
	} known[] = {
	    {"613f2e26-407d-48c7-9eca-b8e91df99dc9", TLP_CLEAR},
	    {"34098fce-860f-48ae-8e50-ebd3cc5e41da", TLP_GREEN},
	    {"f88d31f6-486f-44da-b317-01333bde0b82", TLP_AMBER},
	    {"5e57c739-391a-4eb3-b6be-7d15ca92d5ed", TLP_RED},
	    {"94868c89-83c2-464b-929b-a1a8aa3c8487", TLP_CLEAR},
	    {"bab4a63c-aed9-4cf5-a766-dfca5abac2bb", TLP_GREEN},
	    {"55d920b0-5e8b-4f79-9ee9-91f868d9b421", TLP_AMBER},
	    {"939a9414-2ddd-4d32-a0cd-375ea402b003", TLP_STRICT},
	    {"e828b379-4e03-4974-9ac4-e53a884c97c1", TLP_RED},
	};
	const char *bare = strstr(id, "--");

	for (size_t i = 0; bare != NULL && i < sizeof known / sizeof *known; i++)
		if (strcmp(bare + 2, known[i].id) == 0)
			return known[i].tlp;
	return TLP_UNTOLD;
}

static enum tlp
marking_tlp(const struct stix *s, const char *id)
{
	const json_t *definition = resolve(s, id), *extension;
	enum tlp tlp = known_marking(id);
	void *at;

	if (tlp != TLP_UNTOLD || definition == NULL)
		return tlp;
	tlp = tlp_parse(member_text(json_object_get(definition, "definition"), "tlp"));
	at = json_object_iter(json_object_get(definition, "extensions"));
	extension = at != NULL ? json_object_iter_value(at) : NULL;
	if (tlp == TLP_UNTOLD)
		tlp = tlp_parse(member_text(extension, "tlp_2_0"));
	return tlp != TLP_UNTOLD ? tlp : tlp_parse(member_text(definition, "name"));
}

static enum tlp
object_tlp(const struct stix *s, const json_t *object)
{
	enum tlp strictest = TLP_UNTOLD, tlp;
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(object, "object_marking_refs"), i, entry)
	{
		tlp = json_is_string(entry) ? marking_tlp(s, json_string_value(entry))
					    : TLP_UNTOLD;
		strictest = tlp > strictest ? tlp : strictest;
	}
	json_array_foreach(json_object_get(object, "granular_markings"), i, entry)
	{
		tlp = marking_tlp(s, member_text(entry, "marking_ref"));
		strictest = tlp > strictest ? tlp : strictest;
	}
	return strictest;
}

/* ---- items */

static void
put_maker(struct stix *s, struct item *item)
{
	const char *id = member_text(s->object, "created_by_ref");
	const char *name = member_text(resolve(s, id), "name");

	item_text(item, "extra.created_by", *name != 0 ? name : id);
}

/* Begins an item of the statement, with what holds for all of its items. */
static struct item *
begin(struct stix *s, const char *identifier)
{
	struct item *item = document_item(s->doc, identifier);
	const json_t *confidence = json_object_get(s->object, "confidence");
	double percent = json_number_value(confidence);

	item_text(item, "classification.identifier", item->identifier);
	item_text(item, "event_description.text", member_text(s->object, "name"));
	item_text(item, "malware.name", member_text(s->malware, "name"));
	item_text(item, "extra.stix_id", member_text(s->object, "id"));
	put_maker(s, item);
	document_tlp(s->doc, object_tlp(s, s->object));
	if (json_is_number(confidence) && percent >= 0 && percent <= 100)
		item->confidence = percent / 100;
	if (json_is_true(json_object_get(s->object, "revoked")))
		item->aside = "revoked by its maker";
	return item;
}

/* The first of the named members that is a time. */
static void
put_time(struct item *item, const json_t *object, const char *const *names)
{
	int64_t t;

	for (size_t i = 0; names[i] != NULL; i++)
		if (when_parse(member_text(object, names[i]), &t, NULL)) {
			item_text(item, "time.source", member_text(object, names[i]));
			return;
		}
}

static void
give(struct stix *s)
{
	document_give(s->doc, s->object);
}

/* A statement that names no place says so, once. */
static void
give_aside(struct stix *s, const char *identifier, const char *why)
{
	struct item *item = begin(s, identifier);

	item_classify(item, "undetermined");
	if (item->aside == NULL)
		item->aside = why;
	give(s);
}

/* A machine tag among the labels says the class. */
static bool
labelled(const json_t *object, char *class)
{
	const json_t *label;
	size_t i;

	json_array_foreach(json_object_get(object, "labels"), i,
	    label) if (json_is_string(label) &&
		       tag_class(json_string_value(label), class)) return true;
	return false;
}

/* ---- indicators */

static bool
controls_bots(const struct stix *s, const json_t *indicator)
{
	const json_t *phase;
	size_t i;

	json_array_foreach(json_object_get(indicator, "kill_chain_phases"), i,
	    phase) if (prose_says_c2(member_text(phase, "phase_name"))) return true;
	return prose_says_c2(member_text(indicator, "name")) ||
	       prose_says_c2(member_text(indicator, "description")) ||
	       find_related(s, member_text(indicator, "id"), "infrastructure", is_c2) !=
		   NULL;
}

/* In STIX 2.0 these words stood among the labels. */
static bool
indicator_type(const json_t *indicator, const char *word)
{
	return list_has(indicator, "indicator_types", word) ||
	       list_has(indicator, "labels", word);
}

/* By what the indicator says of itself, else by what it is. */
static const char *
indicator_class(struct stix *s, const struct pattern_way *way, char *labelled_class)
{
	if (labelled(s->object, labelled_class))
		return labelled_class;
	if (controls_bots(s, s->object))
		return "c2-server";
	if (indicator_type(s->object, "compromised"))
		return "infected-system";
	if (way->place.url != NULL)
		return strcasestr(member_text(s->object, "name"), "phish") != NULL
			   ? "phishing"
			   : "malware-distribution";
	return indicator_type(s->object, "anonymization") ? "proxy" : "blacklist";
}

static void
take_way(struct stix *s, const struct pattern_way *way)
{
	static const char *const times[] = {"valid_from", "created", NULL};
	struct item *item = begin(s, "stix-indicator");
	char class[SIGHTING_NAME];
	bool placed = document_place(s->doc, "source", &way->place);

	item_classify(item, indicator_class(s, way, class));
	put_time(item, s->object, times);
	item_text(item, "extra.valid_until", member_text(s->object, "valid_until"));
	if (indicator_type(s->object, "benign"))
		item->aside = "said to be benign";
	else if (!placed)
		item->aside = "no address or name";
	else if (way->more)
		item->aside = "its pattern asks for more than a place";
	give(s);
}

static void
take_indicator(struct stix *s)
{
	const char *language = member_text(s->object, "pattern_type");
	const char *text = json_string_value(json_object_get(s->object, "pattern"));
	struct pattern pattern;
	struct err err;

	if (*language != 0 && strcmp(language, "stix") != 0) {
		give_aside(s, "stix-indicator", "its pattern is of another language");
		return;
	}
	arena_reset(s->arena);
	if (text == NULL || !pattern_read(text, s->arena, &pattern, &err)) {
		document_refuse(s->doc, s->object,
		    text != NULL ? err.text : "an indicator without pattern",
		    SEVERITY_MEDIUM);
		return;
	}
	for (size_t i = 0; i < pattern.count && !document_full(s->doc); i++)
		take_way(s, &pattern.ways[i]);
}

/* ---- places among the observables */

static uint16_t
member_port(const json_t *object, const char *name)
{
	json_int_t port = json_integer_value(json_object_get(object, name));

	return port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* `heap`: of observables by key, where STIX 2.0 has them; else NULL. */
static const json_t *
observable(const struct stix *s, const json_t *heap, const char *ref)
{
	return heap != NULL ? json_object_get(heap, ref) : resolve(s, ref);
}

static struct place
place_of(const json_t *object)
{
	struct place place = {.port = 0};
	const char *value = member_text(object, "value");

	if (is_type(object, "ipv4-addr") || is_type(object, "ipv6-addr"))
		place.address = value;
	else if (is_type(object, "domain-name"))
		place.name = value;
	else if (is_type(object, "url"))
		place.url = value;
	return place;
}

/* One end of traffic: "src" or "dst". */
static struct place
end_of(const struct stix *s, const json_t *heap, const json_t *traffic, bool source)
{
	const char *ref = member_text(traffic, source ? "src_ref" : "dst_ref");
	struct place place = place_of(observable(s, heap, ref));

	place.port = member_port(traffic, source ? "src_port" : "dst_port");
	place.transport = list_has(traffic, "protocols", "tcp")   ? "tcp"
			  : list_has(traffic, "protocols", "udp") ? "udp"
								  : NULL;
	return place;
}

/* ---- infrastructure */

static const char *
infrastructure_class(const json_t *object)
{
	static const struct {
		const char *type, *class;
	} known[] = {
	    {"command-and-control", "c2-server"},
	    {"hosting-malware", "malware-distribution"},
	    {"staging", "malware-distribution"},
	    {"exfiltration", "c2-server"},
	    {"phishing", "phishing"},
	    {"botnet", "infected-system"},
	    {"anonymization", "proxy"},
	    {"amplification", "ddos-amplifier"},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (list_has(object, "infrastructure_types", known[i].type))
			return known[i].class;
	return "blacklist";
}

static void
take_part(struct stix *s, const struct place *place)
{
	static const char *const times[] = {"first_seen", "created", NULL};
	struct item *item = begin(s, "stix-infrastructure");
	char class[SIGHTING_NAME];

	if (!document_place(s->doc, "source", place) && item->aside == NULL)
		item->aside = "no address or name";
	item_classify(
	    item, labelled(s->object, class) ? class : infrastructure_class(s->object));
	put_time(item, s->object, times);
	item_text(item, "extra.last_seen", member_text(s->object, "last_seen"));
	give(s);
}

static void
take_infrastructure(struct stix *s)
{
	const char *id = member_text(s->object, "id");
	const json_t *rel, *part;
	/* What indicators speak of is what these stand on, and they say the place. */
	bool any = find_related(s, id, "indicator", NULL) != NULL;

	for (size_t i = 0; part = related(s, id, i, &rel), rel != NULL; i++) {
		struct place place = is_type(part, "network-traffic")
					 ? end_of(s, NULL, part, false)
					 : place_of(part);

		if (place.address == NULL && place.name == NULL && place.url == NULL)
			continue;
		if (document_full(s->doc))
			return;
		take_part(s, &place);
		any = true;
	}
	if (!any)
		give_aside(
		    s, "stix-infrastructure", "infrastructure that names no address");
}

/* ---- sightings */

struct observation {
	const json_t *observed; /* the observed-data object */
	json_t *heap;           /* its own observables (2.0), or NULL */
};

static void
put_count(struct item *item, const json_t *object, const char *name)
{
	const json_t *count = json_object_get(object, name);

	if (json_is_integer(count))
		item_int(item, "extra.count", json_integer_value(count));
}

static struct item *
begin_sighting(struct stix *s, const struct observation *o)
{
	static const char *const own[] = {"first_seen", "created", NULL};
	static const char *const observed[] = {"first_observed", NULL};
	struct item *item = begin(s, "stix-sighting");
	const char *of = member_text(s->object, "sighting_of_ref");
	char class[SIGHTING_NAME];

	item_text(item, "malware.name", member_text(malware_of(s, of), "name"));
	item_text(item, "extra.sighting_of", of);
	item_classify(item, labelled(s->object, class) ? class : "infected-system");
	if (o != NULL) {
		put_time(item, o->observed, observed);
		item_text(
		    item, "extra.last_seen", member_text(o->observed, "last_observed"));
	}
	put_time(item, s->object, own);
	put_count(item, s->object, "count");
	return item;
}

static void
take_traffic(struct stix *s, const struct observation *o, const json_t *traffic)
{
	struct item *item = begin_sighting(s, o);
	struct place from = end_of(s, o->heap, traffic, true);
	struct place to = end_of(s, o->heap, traffic, false);

	if (!document_place(s->doc, "source", &from) && item->aside == NULL)
		item->aside = "observed traffic without a source";
	(void)document_place(s->doc, "destination", &to);
	give(s);
}

/* Gives the observables of an observation, one at a time. */
typedef void observable_visit(
    struct stix *s, const struct observation *o, const char *ref, const json_t *object);

static size_t
each_observable(struct stix *s, const struct observation *o, observable_visit *visit)
{
	const json_t *refs = json_object_get(o->observed, "object_refs"), *entry;
	size_t count = 0, i;

	json_array_foreach(refs, i, entry)
	{
		const char *ref = json_is_string(entry) ? json_string_value(entry) : "";
		const json_t *object = resolve(s, ref);

		if (document_full(s->doc))
			break;
		if (object == NULL)
			continue;
		visit(s, o, ref, object);
		count++;
	}
	for (void *at = json_object_iter(o->heap); at != NULL && !document_full(s->doc);
	     at = json_object_iter_next(o->heap, at)) {
		visit(s, o, json_object_iter_key(at), json_object_iter_value(at));
		count++;
	}
	return count;
}

static void
note_ends(
    struct stix *s, const struct observation *o, const char *ref, const json_t *object)
{
	(void)o;
	(void)ref;
	if (!is_type(object, "network-traffic"))
		return;
	(void)json_object_set_new(s->ends, member_text(object, "src_ref"), json_true());
	(void)json_object_set_new(s->ends, member_text(object, "dst_ref"), json_true());
}

/* Addresses alone, unless they are the ends of traffic observed with them. */
static void
take_observable(
    struct stix *s, const struct observation *o, const char *ref, const json_t *object)
{
	struct place place = place_of(object);

	if (is_type(object, "network-traffic")) {
		take_traffic(s, o, object);
		return;
	}
	if (place.address == NULL || json_object_get(s->ends, ref) != NULL)
		return;
	(void)begin_sighting(s, o);
	(void)document_place(s->doc, "source", &place);
	give(s);
}

static void
take_observation(struct stix *s, const json_t *observed)
{
	struct observation o = {.observed = observed};

	o.heap = json_object_get(observed, "objects");
	if (!json_is_object(o.heap))
		o.heap = NULL;
	(void)json_object_clear(s->ends);
	(void)each_observable(s, &o, note_ends);
	(void)each_observable(s, &o, take_observable);
}

static void
take_sighting(struct stix *s)
{
	const json_t *refs = json_object_get(s->object, "observed_data_refs"), *entry;
	uint64_t before = s->doc->row;
	size_t i;

	json_array_foreach(refs, i, entry)
	{
		const json_t *observed =
		    json_is_string(entry) ? resolve(s, json_string_value(entry)) : NULL;

		if (document_full(s->doc))
			return;
		if (is_type(observed, "observed-data"))
			take_observation(s, observed);
	}
	if (s->doc->row > before)
		return;
	(void)begin_sighting(s, NULL);
	if (s->doc->item.aside == NULL)
		s->doc->item.aside = "a sighting that names no address";
	give(s);
}

/* ---- bundles */

static void
take_object(struct stix *s, const json_t *object)
{
	const char *id = member_text(object, "id");

	s->object = object;
	s->malware = malware_of(s, id);
	if (document_full(s->doc) ||
	    (*id != 0 && resolve(s, id) != object)) /* another version counts */
		return;
	if (is_type(object, "indicator"))
		take_indicator(s);
	else if (is_type(object, "infrastructure"))
		take_infrastructure(s);
	else if (is_type(object, "sighting"))
		take_sighting(s);
	else if (is_type(object, "observed-data") && json_object_get(s->seen, id) == NULL)
		give_aside(s, "stix-observed-data", "observed, but not said to be bad");
	else if (*member_text(object, "type") == 0)
		document_refuse(
		    s->doc, object, "no STIX object: it has no type", SEVERITY_INFO);
}

static void
take_objects(struct stix *s, const json_t *objects)
{
	json_t *object;
	size_t i;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): jansson's loop */
	json_array_foreach(objects, i, object) index_object(s, object);
	json_array_foreach(objects, i, object) take_object(s, object);
}

static bool
read_bundle(struct document *doc, const char *text, size_t size, struct err *err)
{
	json_t *bundle = json_read(text, size, err);
	const json_t *objects = json_object_get(bundle, "objects");
	struct stix s = {.doc = doc};

	if (bundle == NULL)
		return false;
	if (!json_is_array(objects) && !is_type(bundle, "bundle") &&
	    json_object_get(bundle, "more") == NULL) {
		json_decref(bundle);
		return err_set(err, "neither a STIX bundle nor a TAXII envelope");
	}
	s.by_id = json_object();
	s.related = json_object();
	s.seen = json_object();
	s.ends = json_object();
	s.arena = arena_new(PATTERN_ARENA);
	take_objects(&s, objects);
	arena_free(s.arena);
	json_decref(s.by_id);
	json_decref(s.related);
	json_decref(s.seen);
	json_decref(s.ends);
	json_decref(bundle);
	return true;
}

static bool
stix_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	return document_each(in, sink, stat, read_bundle, err);
}

static int
stix_recognise(const char *name, const uint8_t *head, size_t size)
{
	const char *text = (const char *)head;
	bool ids = memmem(text, size, "\"bundle--", 9) != NULL;

	(void)name;
	if (size == 0 || (*text != '{' && *text != ' ' && *text != '\n'))
		return 0;
	if (ids)
		return 80;
	return memmem(text, size, "\"objects\"", 9) != NULL &&
		       memmem(text, size, "\"spec_version\"", 14) != NULL
		   ? 60
		   : 0;
}

const struct format format_stix = {
    .name = "stix",
    .summary = "STIX 2.1 and 2.0 bundles, TAXII 2.1 envelopes",
    .recognise = stix_recognise,
    .read = stix_read,
};
