/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field.h -- fields that mails, XARF and other free hands fill in, put into an item.
 *
 * Each takes text as strangers wrote it and leaves the item alone, returning false, where
 * it does not say what the field holds. Texts are copied into the arena where they have
 * to change; else they are borrowed until the next item.
 */
#ifndef REPORT_FIELD_H
#define REPORT_FIELD_H

#include "base/mem.h"
#include "report/date.h"
#include "report/item.h"

struct field_place {
	struct item *item;
	struct arena *arena;
};

/* `side`: "source" or "destination". An address, also in brackets, with "::ffff:" before
 * it or a host's name behind it ("192.0.2.1 (host)"). */
bool field_addr(const struct field_place *at, const char *side, const char *text);
bool field_port(const struct field_place *at, const char *side, int64_t port);
/* A domain name, in small letters. */
bool field_name(const struct field_place *at, const char *side, const char *text);
/* An address or a domain name. */
bool field_host(const struct field_place *at, const char *side, const char *text);
/* source.url, and its host as address, port and name where none was told. */
bool field_url(const struct field_place *at, const char *side, const char *text);
/* tcp, udp, icmp go to protocol.transport, others to protocol.application. */
void field_protocol(const struct field_place *at, const char *text);
/* time.source and, after item_derive, item.precision: so call it last. */
void field_time(const struct field_place *at, const struct date *date);
/* At most the first 1,024 bytes. */
const char *field_lower(struct arena *arena, const char *text, size_t size);
/* item.identifier: "x-arf login-attack"; as much of it as fits. */
void field_identifier(struct item *item, const char *format, const char *type);
/* item.tlp, where the word is one of the Traffic Light Protocol. */
void field_tlp(struct item *item, const char *word);
/* The domain of whoever reported ("abuse@example.com" -> "example.com") as item.upstream:
 * never a person's address. */
void field_upstream(struct item *item, const char *text);

#endif
