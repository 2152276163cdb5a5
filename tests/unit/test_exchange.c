/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_exchange.c -- what leaves, and that what we write we read: the same statements.
 */
#include "../../src/exchange/outgoing.c"

#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "exchange/writers.h"
#include "intel/import.h"

#include <dirent.h>
#include <unistd.h>

/* ---- reading back */

static const struct outgoing_rules all = {.until = INT64_MAX,
    .most = TLP_RED,
    .addresses = true,
    .classes = OUTGOING_C2 | OUTGOING_DISTRIBUTION | OUTGOING_LINES};

static void
collect_item(void *ctx, const struct item *item)
{
	(void)outgoing_item(ctx, item, &all);
}

static void
read_into(struct outgoing_list *list, const char *format, const void *bytes, size_t size)
{
	const struct report_sink sink = {.item = collect_item, .ctx = list};
	struct report_input in = {
	    .name = "x", .fd = -1, .bytes = bytes, .size = size, .format = format};
	struct report_stat stat;
	struct err err;

	assert_true(report_read(&in, &sink, &stat, &err));
	assert_int_equal(stat.refused, 0);
}

struct written {
	struct outgoing_list *list;
	const char *format; /* that reads it; NULL: keep the text */
	char *text;
	size_t files;
};

static bool
take_file(void *ctx, const char *name, const void *bytes, size_t size, struct err *err)
{
	struct written *w = ctx;

	(void)err;
	w->files++;
	if (w->format != NULL && (name == NULL || strlen(name) == UUID_TEXT + 4))
		read_into(w->list, w->format, bytes, size);
	if (w->format == NULL || (name != NULL && strcmp(name, "hashes.csv") == 0)) {
		free(w->text);
		w->text = size > 0 ? strndup(bytes, size) : strdup("");
	}
	return true;
}

static struct written
write_as(const struct outgoing_list *list, const char *format, struct outgoing_list *back)
{
	const struct writer_head head = {
	    .organisation = "cert & co", .serial = 7, .made = 1793491200 * WHEN_SECOND};
	struct written w = {.list = back, .format = back != NULL ? format : NULL};
	struct writer_sink sink = {take_file, &w};
	struct err err;

	assert_true(writer_find(format, &err)->write(list, &head, &sink, &err));
	return w;
}

static void
assert_same(
    const struct outgoing_list *a, const struct outgoing_list *b, const char *format)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct outgoing *x = &a->items[i], *y = &b->items[i];

		assert_int_equal(compare_same(x, y), 0);
		assert_string_equal(x->family, y->family);
		assert_int_equal(x->tlp, y->tlp);
		assert_true(x->first / 1000 == y->first / 1000);
		/* An indicator of STIX does not say when it was last met. */
		if (strcmp(format, "stix") != 0 || x->kind != OUTGOING_PLACE)
			assert_true(x->last / 1000 == y->last / 1000);
		if (strcmp(format, "misp") == 0) /* has neither */
			continue;
		assert_int_equal(x->confidence, y->confidence);
		assert_true(x->until / 1000 == y->until / 1000);
	}
}

static const char *const trips[] = {"stix", "iodef", "misp"};

static void
round_trip(struct outgoing_list *list)
{
	outgoing_seal(list);
	if (list->count == 0)
		return;
	for (size_t i = 0; i < sizeof trips / sizeof *trips; i++) {
		struct outgoing_list back = {.count = 0};
		struct written w = write_as(list, trips[i], &back);

		outgoing_seal(&back);
		/* ip-dst|port does not say the protocol; this trip is the last. */
		for (size_t k = 0; strcmp(trips[i], "misp") == 0 && k < list->count; k++)
			if (list->items[k].kind == OUTGOING_PLACE)
				list->items[k].proto = 0;
		assert_same(list, &back, trips[i]);
		outgoing_free(&back);
		free(w.text);
	}
}

/* ---- statements made by hand */

static struct outgoing *
place(struct outgoing_list *list, const char *addr, const char *name, uint16_t port)
{
	struct outgoing *o = add(list, OUTGOING_PLACE, TLP_GREEN);

	(void)strcpy(o->rsit, "malicious-code/c2-server");
	(void)strcpy(o->name, name);
	o->has_addr = prefix_parse(addr, &o->addr);
	if (!o->has_addr)
		memset(&o->addr, 0, sizeof o->addr);
	o->port = port;
	o->proto = port != 0 ? PROTO_TCP : 0;
	o->first = 1793491200 * WHEN_SECOND;
	o->last = o->first + WHEN_HOUR;
	return o;
}

static struct outgoing *
infection(struct outgoing_list *list)
{
	struct outgoing *o = add(list, OUTGOING_INFECTION, TLP_AMBER);

	(void)strcpy(o->rsit, "malicious-code/infected-system");
	(void)strcpy(o->family, "mirai");
	assert_true(prefix_parse("192.0.2.7", &o->addr));
	o->has_addr = true;
	o->port = 40000;
	o->proto = PROTO_TCP;
	assert_true(addr_parse("198.51.100.1", &o->remote));
	o->remote_port = 23;
	o->first = o->last = 1793491200 * WHEN_SECOND + 5000;
	return o;
}

static void
make_list(struct outgoing_list *list)
{
	struct outgoing *o;

	(void)place(list, "198.51.100.7", "", 8443);
	(void)place(list, "198.51.100.7", "", 0);
	(void)place(list, "2001:db8::7", "", 443);
	o = place(list, "198.51.100.0/28", "", 0);
	(void)strcpy(o->rsit, "malicious-code/malware-distribution");
	o->tlp = TLP_STRICT;
	o = place(list, "", "c2.example.net", 0);
	(void)strcpy(o->family, "mirai");
	o->confidence = 85;
	o->until = o->first + 30 * WHEN_DAY;
	o->count = 12;
	(void)infection(list);
}

static void
test_round_trip(void **state)
{
	struct outgoing_list list = {.count = 0};

	(void)state;
	make_list(&list);
	round_trip(&list);
	outgoing_free(&list);
}

/* The same statements in another order give the same bytes. */
static void
test_same_bytes(void **state)
{
	struct outgoing_list list = {.count = 0}, turned = {.count = 0};
	struct written a, b;

	(void)state;
	make_list(&list);
	for (size_t i = list.count; i-- > 0;)
		*add(&turned, OUTGOING_PLACE, TLP_GREEN) = list.items[i];
	outgoing_seal(&list);
	outgoing_seal(&turned);
	for (const struct writer *const *w = writers; *w != NULL; w++) {
		a = write_as(&list, (*w)->name, NULL);
		b = write_as(&turned, (*w)->name, NULL);
		assert_string_equal(a.text, b.text);
		free(a.text);
		free(b.text);
	}
	outgoing_free(&list);
	outgoing_free(&turned);
}

static void
test_lists(void **state)
{
	struct outgoing_list list = {.count = 0};
	struct written w;

	(void)state;
	make_list(&list);
	(void)place(&list, "", "x y.example.net", 0); /* no text of a zone file */
	outgoing_seal(&list);
	w = write_as(&list, "list", NULL);
	assert_string_equal(w.text,
	    "c2.example.net\nx y.example.net\n198.51.100.7\n198.51.100.7:8443\n"
	    "[2001:db8::7]:443\n198.51.100.0/28\n");
	free(w.text);
	w = write_as(&list, "rpz", NULL);
	assert_string_equal(w.text,
	    "$TTL 300\n@ SOA localhost. hostmaster.localhost. 7 300 60 604800 300\n"
	    "@ NS localhost.\n"
	    "c2.example.net CNAME .\n*.c2.example.net CNAME .\n"
	    "32.7.100.51.198.rpz-ip CNAME .\n128.7.zz.db8.2001.rpz-ip CNAME .\n"
	    "28.0.100.51.198.rpz-ip CNAME .\n");
	free(w.text);
	outgoing_free(&list);
}

/* A cell that a spreadsheet would run is text. */
static void
test_formula(void **state)
{
	struct outgoing_list list = {.count = 0};
	struct written w;

	(void)state;
	(void)strcpy(place(&list, "", "a.example.net", 0)->family, "=cmd|\"x\"");
	outgoing_seal(&list);
	w = write_as(&list, "csv", NULL);
	assert_non_null(strstr(w.text, "\"'=cmd|\"\"x\"\"\""));
	free(w.text);
	w = write_as(&list, "intelmq", NULL);
	assert_non_null(strstr(w.text, "\"source.fqdn\":\"a.example.net\""));
	assert_non_null(strstr(w.text, "\"tlp\":\"GREEN\""));
	free(w.text);
	outgoing_free(&list);
}

/* ---- what leaves of a sighting */

static const struct prefix *
ours(void)
{
	static struct prefix p;

	assert_true(prefix_parse("192.0.2.0/24", &p));
	return &p;
}

static struct stored_sighting
sighting(uint64_t line, const char *addr, enum address_role role)
{
	struct stored_sighting s = {.line = line};

	s.attributed.answer = line != 0 ? ATTRIBUTION_UNIQUE : ATTRIBUTION_NOT_OURS;
	assert_true(addr_parse(addr, &s.sighting.addr));
	s.sighting.role = (uint8_t)role;
	s.sighting.kind = role == ROLE_BOT ? KIND_INFECTION : KIND_HOSTING;
	s.sighting.group = GROUP_REPORT;
	s.sighting.port = 4444;
	s.sighting.realm = 3;
	s.sighting.count = 1;
	s.sighting.first = s.sighting.last = 1793491200 * WHEN_SECOND + 3 * WHEN_HOUR;
	(void)strcpy(s.sighting.tlp, "green");
	(void)strcpy(s.sighting.rsit, role == ROLE_BOT ? "malicious-code/infected-system"
						       : "malicious-code/c2-server");
	(void)strcpy(s.sighting.family, "mirai");
	return s;
}

static struct outgoing_list
leave(const struct stored_sighting *s, size_t count, struct outgoing_rules rules)
{
	struct outgoing_list list = {.count = 0};
	struct collect c = {&list, &rules};

	rules.ours = ours();
	rules.our_count = 1;
	for (size_t i = 0; i < count; i++)
		(void)take_sighting(&c, &s[i]);
	outgoing_seal(&list);
	return list;
}

static const struct outgoing_rules green = {
    .most = TLP_GREEN, .classes = OUTGOING_C2 | OUTGOING_DISTRIBUTION | OUTGOING_LINES};

static void
test_lines_are_counted(void **state)
{
	struct stored_sighting s[] = {sighting(1, "192.0.2.1", ROLE_BOT),
	    sighting(2, "192.0.2.2", ROLE_BOT), sighting(1, "192.0.2.1", ROLE_BOT)};
	struct outgoing_rules allowed = green;
	struct outgoing_list list = leave(s, 3, green);

	(void)state;
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].kind, OUTGOING_COUNT);
	assert_int_equal(list.items[0].count, 2); /* lines, not sightings */
	assert_int_equal(list.items[0].first % WHEN_DAY, 0);
	assert_false(list.items[0].has_addr);
	assert_int_equal(list.items[0].port, 0);
	assert_int_equal(list.items[0].line, 0);
	for (const struct writer *const *w = writers; *w != NULL; w++) {
		struct written text = write_as(&list, (*w)->name, NULL);

		assert_null(strstr(text.text, "192.0.2."));
		assert_null(strstr(text.text, "4444"));
		free(text.text);
	}
	outgoing_free(&list);
	allowed.addresses = true;
	list = leave(s, 3, allowed);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].kind, OUTGOING_INFECTION);
	outgoing_free(&list);
}

static void
test_what_stays(void **state)
{
	struct stored_sighting s[] = {sighting(0, "203.0.113.1", ROLE_C2), /* leaves */
	    sighting(0, "203.0.113.2", ROLE_BOT), /* another network's customer */
	    sighting(0, "203.0.113.3", ROLE_C2),  /* amber */
	    sighting(0, "203.0.113.4", ROLE_C2),  /* untold by a reporter: amber */
	    sighting(0, "203.0.113.5", ROLE_C2),  /* vetoed */
	    sighting(5, "192.0.2.9", ROLE_C2),    /* on our line: counted */
	    sighting(6, "192.0.2.8", ROLE_BOT),   /* its C2 leaves */
	    sighting(7, "192.0.2.8", ROLE_BOT),   /* its C2 is ours */
	    sighting(8, "192.0.2.8", ROLE_BOT)};  /* its far end is a sinkhole */
	struct outgoing_list list;

	(void)state;
	(void)strcpy(s[2].sighting.tlp, "amber");
	s[3].sighting.tlp[0] = 0;
	s[4].vetoed = true;
	for (int i = 6; i < 9; i++) {
		s[i].sighting.kind = KIND_C2;
		s[i].sighting.group = GROUP_INTEL;
		s[i].sighting.tlp[0] = 0; /* our own: green */
		s[i].sighting.remote_port = 80;
	}
	assert_true(addr_parse("198.51.100.9", &s[6].sighting.remote));
	assert_true(addr_parse("192.0.2.77", &s[7].sighting.remote));
	assert_true(addr_parse("198.51.100.66", &s[8].sighting.remote));
	s[8].sighting.gold = true;
	list = leave(s, sizeof s / sizeof *s, green);
	assert_int_equal(list.kept.secret, 2);
	assert_int_equal(list.kept.vetoed, 1);
	assert_int_equal(list.kept.ours, 1);
	assert_int_equal(list.kept.other, 1);
	assert_int_equal(list.count, 4);
	assert_int_equal(list.items[0].port, 80); /* 198.51.100.9 */
	assert_int_equal(list.items[1].kind, OUTGOING_PLACE);
	assert_int_equal(list.items[2].kind, OUTGOING_COUNT);
	assert_int_equal(list.items[3].count, 3);
	outgoing_free(&list);
}

static void
test_indicators(void **state)
{
	static const char text[] =
	    "value,port,role,confidence,shared,tlp\n"
	    "198.51.100.1,80,c2,90,no,green\n198.51.100.2,,c2,90,no,\n"
	    "198.51.100.3,,sinkhole,90,no,clear\n198.51.100.4,,c2,90,yes,clear\n"
	    "192.0.2.5,,c2,90,no,clear\nbad.example.net,,distribution,90,no,clear\n"
	    "192.0.0.0/16,,c2,90,no,clear\n";
	const struct indicator_row preset = {.source = "x", .until = INT64_C(1) << 59};
	struct indicators *set = indicators_new();
	struct outgoing_rules rules = green;
	struct outgoing_list list = {.count = 0};

	(void)state;
	(void)indicators_import(set, &preset, text, sizeof text - 1, NULL, NULL);
	indicators_seal(set);
	rules.since = 1;
	rules.until = INT64_C(1) << 58;
	rules.ours = ours();
	rules.our_count = 1;
	outgoing_indicators(&list, set, &rules);
	outgoing_seal(&list);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].port, 80);
	assert_string_equal(list.items[1].name, "bad.example.net");
	assert_int_equal(list.kept.secret, 1); /* untold: amber */
	assert_int_equal(list.kept.ours, 2);
	assert_int_equal(list.kept.other, 2);
	outgoing_free(&list);
	indicators_free(set);
}

/* The standard's own example of an observable's id (STIX 2.1, 2.9). */
static void
test_ids(void **state)
{
	char out[UUID_TEXT], md5[MD5_TEXT];

	(void)state;
	assert_string_equal(uuid_of(UUID_STIX, "{\"value\":\"198.51.100.3\"}", out),
	    "28bb3599-77cd-5a82-a950-b5bc3caf07c4");
	assert_string_equal(md5_of("", md5), "d41d8cd98f00b204e9800998ecf8427e");
}

/* Real documents, read, written and read: the same statements. */
static void
trip_file(const char *format, const char *path, size_t *statements)
{
	struct outgoing_list list = {.count = 0};
	struct err err;
	struct wr text;

	wr_init(&text, 1 << 24);
	assert_true(file_read(path, &text, &err));
	read_into(&list, format, text.bytes, text.size);
	wr_fini(&text);
	round_trip(&list);
	*statements += list.count;
	outgoing_free(&list);
}

static void
test_samples(void **state)
{
#define BASE "../shared/data/reports/threatintel/"
	static const char stix[] = BASE "stix21-oasis-docs/examples/example_json";
	const char *root = getenv("MESON_SOURCE_ROOT");
	size_t statements = 0;
	char path[1024];
	struct dirent *entry;
	DIR *directory;

	(void)state;
	if (root != NULL)
		assert_int_equal(chdir(root), 0);
	directory = opendir(stix);
	if (directory == NULL) {
		(void)printf("no " BASE ": skipped\n");
		skip();
	}
	while ((entry = readdir(directory)) != NULL) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", stix, entry->d_name);
		trip_file("stix", path, &statements);
	}
	(void)closedir(directory);
	assert_true(statements > 40);
	trip_file("misp", BASE "misp-core/tests/event.json", &statements);
	trip_file("iodef", BASE "iodef-marknl/tests/iodef.xml", &statements);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_same_bytes),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_formula),
	    cmocka_unit_test(test_lines_are_counted),
	    cmocka_unit_test(test_what_stays),
	    cmocka_unit_test(test_indicators),
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
