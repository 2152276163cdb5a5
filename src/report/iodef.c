/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iodef.c -- IODEF documents, version 1 (RFC 5070) and 2 (RFC 7970).
 *
 * An Incident has EventData (which nest), these Flows, these Systems. Each address of a
 * source system is a statement; the first target of its flow, else an intermediate system
 * of the event, is its far end. An intermediate or infrastructure system that is said to
 * control bots is a statement of its own. If there are no sources at all the incident
 * is set aside. AdditionalData that holds a document (AbuseHUB: a Shadowserver CSV in
 * CDATA) is a report again.
 *
 * The class: a category of the incident that is RSIT's, else what descriptions say of
 * bots and C2s, else what the impact's type suggests. The restriction stands for the TLP.
 *
 * The parser is libxml2's with its own bounds on depth and text (no huge trees), without
 * network; a document type declaration is refused as soon as it begins, so that there are
 * no entities to expand. Element names are compared without their namespace: what is met
 * is not always in the right one.
 *
 * Not handled: XML encryption and signatures, IndicatorData, histories.
 */
#include "base/when.h"
#include "report/document.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MOST = 4096 };

static const char blanks[] = " \t\r\n";

struct iodef {
	struct document *doc;
	const xmlNode *incident, *event;
	const xmlNode *target;  /* of the flow at hand, or NULL */
	const xmlNode *between; /* the event's first intermediate system, or NULL */
};

/* ---- the tree */

static const char *
name_of(const xmlNode *node)
{
	return (const char *)node->name;
}

static bool
is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp(name_of(node), name) == 0;
}

static const xmlNode *
next_of(const xmlNode *node, const char *name)
{
	for (; node != NULL; node = node->next)
		if (is(node, name))
			return node;
	return NULL;
}

/* The first child of that name; NULL. */
static const xmlNode *
child(const xmlNode *node, const char *name)
{
	return node != NULL ? next_of(node->children, name) : NULL;
}

/* The text right below the node, without blanks around it, in the arena; "" for none and
 * for more than TEXT_MOST bytes, which would be copied for each statement. */
static const char *
content(struct iodef *x, const xmlNode *node)
{
	const xmlNode *part = node != NULL ? node->children : NULL;
	char text[TEXT_MOST];
	size_t used = 0, from;

	for (; part != NULL; part = part->next) {
		size_t size;

		if (part->type != XML_TEXT_NODE && part->type != XML_CDATA_SECTION_NODE)
			continue;
		size = strlen((const char *)part->content);
		if (size >= sizeof text - used)
			return "";
		memcpy(text + used, part->content, size);
		used += size;
	}
	text[used] = 0;
	from = strspn(text, blanks);
	while (used > from && strchr(blanks, text[used - 1]) != NULL)
		used--;
	return used > from ? arena_strdup(x->doc->arena, text + from, used - from) : "";
}

/* The tree's; "" if it is not there or longer than TEXT_MOST. */
static const char *
attribute(const xmlNode *node, const char *name)
{
	const xmlAttr *a = node != NULL ? node->properties : NULL;

	for (; a != NULL; a = a->next)
		if (strcmp((const char *)a->name, name) == 0)
			return a->children != NULL && a->children->content != NULL &&
				       strlen((const char *)a->children->content) <
					   TEXT_MOST
				   ? (const char *)a->children->content
				   : "";
	return "";
}

static const char *
child_text(struct iodef *x, const xmlNode *node, const char *name)
{
	return content(x, child(node, name));
}

/* ---- what holds for all statements of an event */

/* Version 2 has DateTime texts in the same places. */
static void
put_time(struct iodef *x, const xmlNode *system)
{
	static const char *const names[] = {"DetectTime", "StartTime", "EndTime", NULL};
	struct item *item = &x->doc->item;
	const xmlNode *const holders[] = {x->event, x->incident};
	int64_t t;
	const char *text = child_text(x, child(system, "Node"), "DateTime");

	for (size_t h = 0; h < 2 && *text == 0; h++)
		for (size_t i = 0; names[i] != NULL && *text == 0; i++)
			text = child_text(x, holders[h], names[i]);
	if (*text == 0) {
		text = child_text(x, x->incident, "ReportTime");
		if (*text == 0)
			text = child_text(x, x->incident, "GenerationTime");
		item->precision = WHEN_DAY; /* when it was told, not when it was */
	}
	if (when_parse(text, &t, NULL))
		item_text(item, "time.source", text);
}

static enum tlp
restriction_tlp(const char *word)
{
	static const struct {
		const char *word;
		enum tlp tlp;
	} words[] = {
	    {"public", TLP_CLEAR},
	    {"partner", TLP_GREEN},
	    {"need-to-know", TLP_AMBER},
	    {"private", TLP_RED},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].tlp;
	return tlp_parse(word);
}

static void
put_restriction(struct iodef *x)
{
	const char *own = attribute(x->event, "restriction");

	if (*own == 0 || strcmp(own, "default") == 0)
		own = attribute(x->incident, "restriction");
	if (strcmp(own, "ext-value") == 0)
		own = attribute(x->incident, "ext-restriction");
	document_tlp(x->doc, restriction_tlp(own));
}

/* AdditionalData that says one thing (ours: malware.name); "" if it is not there. */
static const char *
additional(struct iodef *x, const xmlNode *holder, const char *what)
{
	const xmlNode *node = child(holder, "AdditionalData");

	for (; node != NULL; node = next_of(node->next, "AdditionalData"))
		if (strcmp(attribute(node, "meaning"), what) == 0 ||
		    strcmp(attribute(node, "name"), what) == 0)
			return content(x, node);
	return "";
}

static const xmlNode *
inner(const xmlNode *a, const xmlNode *b, const char *name)
{
	return child(a, name) != NULL ? child(a, name) : child(b, name);
}

static void
put_family(struct iodef *x)
{
	const xmlNode *method = inner(x->event, x->incident, "Method");
	const char *family = additional(x, x->event, "malware.name");

	if (*family == 0)
		family = additional(x, x->incident, "malware.name");
	if (*family == 0)
		family = child_text(x, child(method, "Reference"), "ReferenceName");
	item_text(&x->doc->item, "malware.name", family);
}

/* ---- the class */

/* By the impact's type; both versions. */
static const char *
impact_class(struct iodef *x)
{
	static const struct {
		const char *type, *class;
	} impacts[] = {
	    {"dos", "ddos"},
	    {"recon", "scanner"},
	    {"social-engineering", "social-engineering"},
	    {"misconfiguration", "misconfiguration"},
	    {"admin", "system-compromise"},
	    {"takeover-system", "infected-system"},
	    {"takeover-account", "unprivileged-account-compromise"},
	    {"takeover-service", "application-compromise"},
	};
	const xmlNode *assessment = inner(x->event, x->incident, "Assessment");
	const char *v1 = attribute(child(assessment, "Impact"), "type");
	const char *v2 = attribute(child(assessment, "SystemImpact"), "type");

	for (size_t i = 0; i < sizeof impacts / sizeof *impacts; i++)
		if (strcmp(v1, impacts[i].type) == 0 || strcmp(v2, impacts[i].type) == 0)
			return impacts[i].class;
	return "undetermined";
}

/* RSIT's word in the category ("malicious-code/c2-server", or the type alone); else "".
 */
static const char *
category_class(struct iodef *x)
{
	const xmlNode *assessment = inner(x->event, x->incident, "Assessment");
	const char *text = child_text(x, assessment, "IncidentCategory");
	const char *slash = strrchr(text, '/');

	return slash != NULL ? slash + 1 : text;
}

static const char *
source_class(struct iodef *x, const xmlNode *system)
{
	static const char *const words[] = {
	    "bots", "infected", "compromised", "botnet", "bot-net"};
	const char *category = category_class(x);
	const char *role = attribute(child(system, "NodeRole"), "category");
	const char *own = child_text(x, system, "Description");
	const char *of_event = child_text(x, x->event, "Description");
	const char *of_incident = child_text(x, x->incident, "Description");

	if (*category != 0 && class_known(category))
		return category;
	if (class_known(role))
		return role;
	if (prose_says_c2(own))
		return "c2-server";
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(of_event, words[i]) || strcasestr(of_incident, words[i]))
			return "infected-system";
	return impact_class(x);
}

/* ---- systems */

static uint16_t
port_of(struct iodef *x, const xmlNode *system)
{
	const char *text = child_text(x, child(system, "Service"), "Port");
	unsigned long port =
	    strspn(text, "0123456789") == strlen(text) && strlen(text) <= 5
		? strtoul(text, NULL, 10)
		: 0;

	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static const char *
transport_of(const xmlNode *system)
{
	const xmlNode *service = child(system, "Service");
	const char *number = attribute(service, "ip_protocol");

	if (*number == 0)
		number = attribute(service, "ip-protocol");
	return strcmp(number, "6") == 0    ? "tcp"
	       : strcmp(number, "17") == 0 ? "udp"
					   : NULL;
}

/* The address at hand, or the first one, with the system's name and port. */
static struct place
place_of(struct iodef *x, const xmlNode *system, const xmlNode *address)
{
	const xmlNode *node = child(system, "Node");
	const char *name = child_text(x, node, "NodeName");
	struct place place = {
	    .port = port_of(x, system), .transport = transport_of(system)};

	if (address == NULL)
		address = child(node, "Address");
	if (*name == 0)
		name = child_text(x, child(node, "DomainData"), "Name");
	if (address != NULL)
		place.address = content(x, address);
	if (*name != 0)
		place.name = name;
	if (address != NULL && strcmp(attribute(address, "category"), "site-uri") == 0) {
		place.url = place.address;
		place.address = NULL;
	}
	return place;
}

static const xmlNode *
find_system(const xmlNode *flow, const char *category)
{
	const xmlNode *system = child(flow, "System");

	for (; system != NULL; system = next_of(system->next, "System"))
		if (strcmp(attribute(system, "category"), category) == 0)
			return system;
	return NULL;
}

static const xmlNode *
find_between(const xmlNode *event)
{
	const xmlNode *flow = child(event, "Flow"), *system = NULL;

	for (; flow != NULL && system == NULL; flow = next_of(flow->next, "Flow"))
		system = find_system(flow, "intermediate");
	return system;
}

static void
put_counter(struct iodef *x, const xmlNode *system)
{
	const xmlNode *counter = child(system, "Counter");
	const char *text;

	if (counter == NULL)
		counter = child(child(system, "Node"), "Counter");
	text = content(x, counter);
	if (*text == 0 || strspn(text, "0123456789") != strlen(text) || strlen(text) > 15)
		return;
	item_int(&x->doc->item, "extra.count", strtoll(text, NULL, 10));
	item_text(&x->doc->item, "extra.counted",
	    attribute(counter, *attribute(counter, "unit") != 0 ? "unit" : "type"));
}

/* Percent, as we write it; RFC 7970 leaves open what the number means. */
static void
put_confidence(struct iodef *x)
{
	const xmlNode *assessment = inner(x->event, x->incident, "Assessment");
	const xmlNode *confidence = child(assessment, "Confidence");
	const char *text = content(x, confidence);
	double percent = strtod(text, NULL);

	if (strcmp(attribute(confidence, "rating"), "numeric") == 0 && *text != 0 &&
	    percent >= 0 && percent <= 100)
		x->doc->item.confidence = percent / 100;
}

static void
put_incident(struct iodef *x)
{
	struct item *item = &x->doc->item;
	const xmlNode *id = child(x->incident, "IncidentID");

	item_text(item, "classification.identifier", item->identifier);
	item_text(item, "extra.incident", content(x, id));
	item_text(item, "extra.created_by", attribute(id, "name"));
	item_text(
	    item, "event_description.text", child_text(x, x->incident, "Description"));
	item_text(item, "extra.last_seen", child_text(x, x->event, "EndTime"));
	item_text(item, "extra.valid_until", additional(x, x->event, "valid_until"));
	put_confidence(x);
	put_family(x);
	put_restriction(x);
}

/* One address of a system. */
static void
take_address(struct iodef *x, const xmlNode *system, const xmlNode *address)
{
	struct item *item = document_item(x->doc, "iodef");
	struct place from = place_of(x, system, address), to;
	const xmlNode *far = x->target != NULL ? x->target : x->between;
	bool source = strcmp(attribute(system, "category"), "source") == 0;

	put_incident(x);
	put_time(x, system);
	put_counter(x, system);
	item_classify(item, source ? source_class(x, system) : "c2-server");
	if (!document_place(x->doc, "source", &from))
		item->aside = "no address or name";
	if (source && far != NULL) {
		to = place_of(x, far, NULL);
		(void)document_place(x->doc, "destination", &to);
	}
	document_give(x->doc, NULL);
}

static void
take_system(struct iodef *x, const xmlNode *system)
{
	const xmlNode *address = child(child(system, "Node"), "Address");

	if (address == NULL)
		take_address(x, system, NULL);
	for (; address != NULL; address = next_of(address->next, "Address"))
		take_address(x, system, address);
}

/* Whose system's addresses are statements. */
static bool
is_statement(struct iodef *x, const xmlNode *system)
{
	const char *category = attribute(system, "category");

	if (strcmp(category, "source") == 0)
		return true;
	if (strcmp(category, "intermediate") != 0 &&
	    strcmp(category, "infrastructure") != 0)
		return false;
	arena_reset(x->doc->arena);
	return prose_says_c2(child_text(x, system, "Description"));
}

static void
take_flow(struct iodef *x, const xmlNode *flow)
{
	const xmlNode *system = child(flow, "System");

	x->target = find_system(flow, "target");
	for (; system != NULL; system = next_of(system->next, "System"))
		if (is_statement(x, system))
			take_system(x, system);
}

/* ---- parts */

/* A CSV in CDATA is a report of its own, called by what its sender says it is. */
static void
take_additional(struct iodef *x, const xmlNode *node)
{
	xmlChar *text = xmlNodeGetContent(node);
	const char *bare = (const char *)text, *name;
	struct report_input part = {.fd = -1};
	struct err err;

	if (bare == NULL)
		return;
	bare += strspn(bare, blanks);
	name = attribute(node, "meaning");
	part.name = *name != 0 ? name : x->doc->name;
	part.bytes = (const uint8_t *)bare;
	part.size = strlen(bare);
	if (strchr(bare, '\n') != NULL && strchr(bare, ',') != NULL &&
	    !report_part(x->doc->in, &part, x->doc->sink, x->doc->stat, &err))
		document_refuse(x->doc, NULL, err.text, SEVERITY_MEDIUM);
	xmlFree(text);
}

static void
take_event(struct iodef *x, const xmlNode *event)
{
	const xmlNode *part;

	for (part = event->children; part != NULL; part = part->next) {
		if (is(part, "EventData"))
			take_event(x, part);
		if (is(part, "AdditionalData"))
			take_additional(x, part);
	}
	x->event = event;
	x->between = find_between(event);
	for (part = child(event, "Flow"); part != NULL;
	     part = next_of(part->next, "Flow"))
		take_flow(x, part);
}

static void
take_incident(struct iodef *x, const xmlNode *incident)
{
	uint64_t before = x->doc->stat->rows;
	const xmlNode *part;

	x->incident = incident;
	for (part = incident->children; part != NULL; part = part->next) {
		if (is(part, "EventData"))
			take_event(x, part);
		if (is(part, "AdditionalData"))
			take_additional(x, part);
	}
	if (x->doc->stat->rows > before)
		return;
	x->event = x->incident;
	(void)document_item(x->doc, "iodef");
	put_incident(x);
	put_time(x, NULL);
	item_classify(&x->doc->item, impact_class(x));
	x->doc->item.aside = "no source of the incident is named";
	document_give(x->doc, NULL);
}

/* ---- documents */

static void
refuse_doctype(
    void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name;
	(void)external;
	(void)system;
	xmlStopParser(ctx);
}

/* libxml2 would write its complaints to stderr. */
static void
hush(void *ctx, const char *format, ...)
{
	(void)ctx;
	(void)format;
}

static xmlDoc *
parse(const char *text, size_t size, struct err *err)
{
	xmlParserCtxt *parser = xmlNewParserCtxt();
	xmlDoc *tree;
	int line;

	if (parser == NULL)
		fatal("no memory for an XML parser");
	parser->sax->internalSubset = refuse_doctype;
	parser->sax->error = parser->sax->warning = hush;
	parser->sax->serror = NULL;
	tree = xmlCtxtReadMemory(parser, text, (int)size, NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
		XML_PARSE_NOBLANKS);
	line = parser->lastError.line;
	xmlFreeParserCtxt(parser);
	if (tree == NULL)
		(void)err_set(err,
		    "XML that is not well-formed, or declares a document type (line %d)",
		    line);
	return tree;
}

static bool
read_iodef(struct document *doc, const char *text, size_t size, struct err *err)
{
	struct iodef x = {.doc = doc};
	xmlDoc *tree = parse(text, size, err);
	const xmlNode *root = tree != NULL ? xmlDocGetRootElement(tree) : NULL, *incident;

	if (tree == NULL)
		return false;
	if (root == NULL || !is(root, "IODEF-Document")) {
		xmlFreeDoc(tree);
		return err_set(err, "no IODEF document");
	}
	incident = child(root, "Incident");
	for (; incident != NULL; incident = next_of(incident->next, "Incident"))
		take_incident(&x, incident);
	xmlFreeDoc(tree);
	return true;
}

static bool
iodef_read(const struct report_input *in, const struct report_sink *sink,
    struct report_stat *stat, struct err *err)
{
	return document_each(in, sink, stat, read_iodef, err);
}

static int
iodef_recognise(const char *name, const uint8_t *head, size_t size)
{
	(void)name;
	return memmem(head, size, "IODEF-Document", 14) != NULL ? 70 : 0;
}

const struct format format_iodef = {
    .name = "iodef",
    .summary = "IODEF documents, versions 1 and 2",
    .recognise = iodef_recognise,
    .read = iodef_read,
};
