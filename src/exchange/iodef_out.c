/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iodef_out.c -- statements as IODEF version 2 (RFC 7970), an incident each.
 *
 * The elements stand in the schema's order. A COUNT has no system, since a system needs
 * an address or a name: it says its number in words and as additional data.
 */
#include "base/mem.h"
#include "base/when.h"
#include "exchange/writers.h"

#include <libxml/xmlwriter.h>
#include <stdio.h>

static const xmlChar *
x(const char *text)
{
	return (const xmlChar *)text;
}

static void
begin(xmlTextWriter *w, const char *name)
{
	(void)xmlTextWriterStartElement(w, x(name));
}

static void
end(xmlTextWriter *w)
{
	(void)xmlTextWriterEndElement(w);
}

static void
put_attribute(xmlTextWriter *w, const char *name, const char *value)
{
	(void)xmlTextWriterWriteAttribute(w, x(name), x(value));
}

/* XML knows no control characters, not even written out. */
static void
content(xmlTextWriter *w, const char *text)
{
	char clean[512];
	size_t used = 0;

	for (; *text != 0 && used < sizeof clean - 1; text++)
		clean[used++] = (char)((unsigned char)*text < ' ' ? '?' : *text);
	clean[used] = 0;
	(void)xmlTextWriterWriteString(w, x(clean));
}

static void
element(xmlTextWriter *w, const char *name, const char *text)
{
	begin(w, name);
	content(w, text);
	end(w);
}

static void
element_when(xmlTextWriter *w, const char *name, int64_t t)
{
	char text[WHEN_TEXT];

	element(w, name, when_text(t, text));
}

static void
additional(xmlTextWriter *w, const char *name, const char *value)
{
	begin(w, "AdditionalData");
	put_attribute(w, "name", name);
	put_attribute(w, "dtype", "string");
	content(w, value);
	end(w);
}

static void
put_service(xmlTextWriter *w, uint16_t port, uint8_t proto)
{
	char text[8];

	if (port == 0)
		return;
	begin(w, "Service");
	(void)snprintf(text, sizeof text, "%u", proto);
	if (proto != 0)
		put_attribute(w, "ip-protocol", text);
	(void)snprintf(text, sizeof text, "%u", port);
	element(w, "Port", text);
	end(w);
}

static void
put_name(xmlTextWriter *w, const char *name)
{
	if (*name == 0)
		return;
	begin(w, "DomainData");
	put_attribute(w, "system-status", "unknown");
	put_attribute(w, "domain-status", "unknown");
	element(w, "Name", name);
	end(w);
}

static void
put_address(xmlTextWriter *w, const struct prefix *p)
{
	char text[PREFIX_TEXT];
	bool v4 = addr_is_v4(&p->addr), whole = p->length == 128;

	begin(w, "Address");
	put_attribute(w, "category",
	    v4 ? (whole ? "ipv4-addr" : "ipv4-net") : (whole ? "ipv6-addr" : "ipv6-net"));
	content(w, whole ? addr_text(&p->addr, text) : prefix_text(p, text));
	end(w);
}

static void
put_systems(xmlTextWriter *w, const struct outgoing *o)
{
	char count[32];
	struct prefix far = {o->remote, 128};

	begin(w, "Flow");
	begin(w, "System");
	put_attribute(w, "category", "source");
	begin(w, "Node");
	put_name(w, o->name);
	if (o->has_addr)
		put_address(w, &o->addr);
	end(w);
	if (strcmp(outgoing_type(o), "c2-server") == 0 ||
	    strcmp(outgoing_type(o), "malware-distribution") == 0) {
		begin(w, "NodeRole");
		put_attribute(w, "category", outgoing_type(o));
		end(w);
	}
	put_service(w, o->port, o->proto);
	if (o->count != 0) {
		begin(w, "Counter");
		put_attribute(w, "type", "count");
		put_attribute(w, "unit", "event");
		(void)snprintf(count, sizeof count, "%llu", (unsigned long long)o->count);
		content(w, count);
		end(w);
	}
	end(w);
	if (outgoing_has_remote(o)) {
		begin(w, "System");
		put_attribute(w, "category", "target");
		begin(w, "Node");
		put_name(w, o->remote_name);
		if (!addr_equal(&o->remote, &(struct addr){{0}}))
			put_address(w, &far);
		end(w);
		put_service(w, o->remote_port, o->proto);
		end(w);
	}
	end(w);
}

static void
put_assessment(xmlTextWriter *w, const struct outgoing *o)
{
	begin(w, "Assessment");
	element(w, "IncidentCategory", o->rsit);
	begin(w, "SystemImpact");
	put_attribute(w, "type", "takeover-system");
	end(w);
	if (o->confidence >= 0) {
		char text[8];

		begin(w, "Confidence");
		put_attribute(w, "rating", "numeric");
		(void)snprintf(text, sizeof text, "%d", o->confidence);
		content(w, text);
		end(w);
	}
	end(w);
}

static void
put_event(xmlTextWriter *w, const struct outgoing *o)
{
	char until[WHEN_TEXT], count[32], realm[16];

	begin(w, "EventData");
	element_when(w, "DetectTime", o->first);
	element_when(w, "StartTime", o->first);
	if (o->last != o->first)
		element_when(w, "EndTime", o->last);
	put_assessment(w, o);
	if (o->kind != OUTGOING_COUNT)
		put_systems(w, o);
	if (o->family[0] != 0)
		additional(w, "malware.name", o->family);
	if (o->until != WHEN_NEVER)
		additional(w, "valid_until", when_text(o->until, until));
	if (o->kind == OUTGOING_COUNT) {
		(void)snprintf(count, sizeof count, "%llu", (unsigned long long)o->count);
		(void)snprintf(realm, sizeof realm, "%u", o->realm);
		additional(w, "lines", count);
		additional(w, "realm", realm);
	}
	end(w);
}

static const char *
restriction(enum tlp tlp)
{
	static const char *const words[TLP_COUNT] = {
	    "default", "white", "green", "amber", "ext-value", "red"};

	return words[tlp];
}

static void
put_incident(xmlTextWriter *w, const struct outgoing *o, const struct writer_head *head)
{
	begin(w, "Incident");
	put_attribute(w, "purpose", "reporting");
	put_attribute(w, "restriction", restriction(o->tlp));
	if (o->tlp == TLP_STRICT)
		put_attribute(w, "ext-restriction", "amber+strict");
	begin(w, "IncidentID");
	put_attribute(w, "name", head->organisation);
	content(w, o->id);
	end(w);
	element_when(w, "GenerationTime", head->made);
	if (o->kind == OUTGOING_COUNT)
		element(w, "Description", "lines with trouble, counted");
	begin(w, "Contact");
	put_attribute(w, "role", "creator");
	put_attribute(w, "type", "organization");
	element(w, "ContactName", head->organisation);
	end(w);
	put_event(w, o);
	end(w);
}

static bool
iodef_write(const struct outgoing_list *list, const struct writer_head *head,
    const struct writer_sink *sink, struct err *err)
{
	xmlBuffer *buffer;
	xmlTextWriter *w;
	bool good;

	if (list->count == 0)
		return err_set(
		    err, "nothing leaves: an IODEF document needs an incident");
	buffer = xmlBufferCreate();
	w = xmlNewTextWriterMemory(buffer, 0);
	if (buffer == NULL || w == NULL)
		fatal("no memory for XML");
	(void)xmlTextWriterSetIndent(w, 1);
	(void)xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
	begin(w, "IODEF-Document");
	put_attribute(w, "version", "2.00");
	put_attribute(w, "xml:lang", "en");
	put_attribute(w, "xmlns", "urn:ietf:params:xml:ns:iodef-2.0");
	for (size_t i = 0; i < list->count; i++)
		put_incident(w, &list->items[i], head);
	end(w);
	(void)xmlTextWriterEndDocument(w);
	xmlFreeTextWriter(w);
	good = sink->file(sink->ctx, NULL, xmlBufferContent(buffer),
	    (size_t)xmlBufferLength(buffer), err);
	xmlBufferFree(buffer);
	return good;
}

const struct writer writer_iodef = {
    .name = "iodef",
    .summary = "IODEF 2 (RFC 7970), an incident a statement",
    .write = iodef_write,
};
