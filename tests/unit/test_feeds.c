/* SPDX-License-Identifier: Apache-2.0 */
/* test_feeds.c -- what a fetch role may do to files: through the parent, and no more. */
#include "../../src/role/feeds.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char directory[] = "/tmp/test_feeds.XXXXXX";
static struct config_fetch entry;
static struct config config;
static struct loop *loop;
static struct spool *spool;
static struct feeds *feeds;
static struct msg_peer *fetch, *parent;

/* What the role heard last. */
static uint32_t heard;
static char heard_text[DOCUMENT_NAME + 1];
static int heard_fd = -1;

static void
on_heard(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	size_t size = rd_left(&msg->body);

	(void)ctx;
	(void)peer;
	assert_true(size < sizeof heard_text);
	heard = msg->type;
	(void)rd_copy(&msg->body, heard_text, size);
	heard_text[size] = 0;
	if (heard_fd >= 0)
		(void)close(heard_fd);
	heard_fd = msg_take_fd(msg);
}

static void
on_said(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	(void)ctx;
	if (!feeds_message(feeds, spool, 0, msg))
		msg_violation(peer, "nonsense");
}

static bool gone;

static void
on_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	(void)ctx;
	(void)peer;
	gone = gone || why != NULL;
}

static const struct msg_calls role_calls = {on_heard, on_gone, NULL};
static const struct msg_calls parent_calls = {on_said, on_gone, NULL};

static void
on_taken(void *ctx, size_t place, const char *name)
{
	(void)ctx;
	(void)place;
	(void)name;
}

static void
say_text(uint32_t type, const char *text)
{
	msg_send(fetch, type, text, strlen(text), -1);
	for (int i = 0; i < 6; i++)
		loop_once(loop, 1000);
}

static void
connect_role(void)
{
	int fds[2];

	msg_pair(fds);
	gone = false;
	fetch = msg_peer_new(loop, fds[0], &role_calls, NULL);
	parent = msg_peer_new(loop, fds[1], &parent_calls, NULL);
	feeds_to(feeds, 0, parent);
	for (int i = 0; i < 6; i++)
		loop_once(loop, 1000);
}

static void
disconnect_role(void)
{
	feeds_to(feeds, 0, NULL);
	msg_peer_free(fetch);
	msg_peer_free(parent);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	entry.report.name = (char *)(uintptr_t) "test";
	entry.report.path = directory;
	entry.backlog = 2;
	entry.size = 10;
	config.fetch.items = &entry;
	config.fetch.count = 1;
	loop = loop_new();
	feeds = feeds_new(&config);
	spool = spool_new(&config, loop, on_taken, NULL);
	connect_role();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	disconnect_role();
	spool_free(spool);
	feeds_free(feeds);
	loop_free(loop);
	return rmdir(directory);
}

static bool
is_there(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	return access(path, F_OK) == 0;
}

static void
bring(const char *text, const char *name)
{
	say_text(WIRE_DOCUMENT_OPEN, "");
	assert_int_equal(heard, WIRE_DOCUMENT);
	assert_true(heard_fd >= 0);
	assert_int_equal(write(heard_fd, text, strlen(text)), (ssize_t)strlen(text));
	say_text(WIRE_DOCUMENT_KEEP, name);
	assert_int_equal(heard, WIRE_DOCUMENT_KEPT);
}

static void
test_names(void **state)
{
	(void)state;
	assert_true(feeds_name_sound("7.12,12.eml"));
	assert_false(feeds_name_sound("noname,"));
	assert_false(feeds_name_sound(",nokey"));
	assert_false(feeds_name_sound("nocomma"));
	assert_false(feeds_name_sound("two,commas,here"));
	assert_false(feeds_name_sound("../up,x"));
	assert_false(feeds_name_sound(".hidden,x"));
	assert_false(feeds_name_sound("a,b:2,S"));
}

static void
test_life(void **state)
{
	(void)state;
	bring("text", "a,b");
	assert_int_equal(heard_text[0], 1);
	assert_true(is_there("a,b"));
	say_text(WIRE_DOCUMENT_DROP, "a,b"); /* not taken yet */
	assert_true(is_there("a,b"));
	disconnect_role(); /* a role that was killed is told what there is */
	connect_role();
	assert_int_equal(heard, WIRE_DOCUMENT_BEGIN);
	feeds_taken(feeds, 0, "a,b");
	say_text(WIRE_DOCUMENT_DROP, "unknown,x");
	assert_int_equal(heard, WIRE_DOCUMENT_TAKEN);
	assert_string_equal(heard_text, "a,b");
	say_text(WIRE_DOCUMENT_DROP, "a,b");
	assert_false(is_there("a,b"));
	assert_false(gone);
}

static void
test_bounds(void **state)
{
	(void)state;
	bring("more than ten", "large,x");
	assert_int_equal(heard_text[0], 0);
	assert_false(is_there("large,x"));
	bring("1", "a,1");
	bring("2", "a,1"); /* the key is ours already */
	assert_int_equal(heard_text[0], 0);
	bring("2", "a,2");
	say_text(WIRE_DOCUMENT_OPEN, "");
	assert_int_equal(heard_fd, -1); /* backlog */
	feeds_taken(feeds, 0, "a,1");
	feeds_taken(feeds, 0, "a,2");
	say_text(WIRE_DOCUMENT_DROP, "a,1");
	say_text(WIRE_DOCUMENT_DROP, "a,2");
	assert_false(is_there("a,1") || is_there("a,2"));
	assert_false(gone);
}

static void
test_nonsense(void **state)
{
	(void)state;
	say_text(WIRE_DOCUMENT_KEEP, "../../etc/x,y");
	assert_true(gone);
	disconnect_role();
	connect_role();
	say_text(WIRE_DOCUMENT_DROP, "a/b,c");
	assert_true(gone);
	disconnect_role();
	connect_role();
	say_text(WIRE_REPLAY_END, "a,b");
	assert_true(gone);
	disconnect_role();
	connect_role();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
