/* SPDX-License-Identifier: Apache-2.0 */
/* test_template.c -- templates are found again, replaced, withdrawn, and bounded. */
#include "../../src/event/template.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct template_field many[TEMPLATE_FIELDS_EACH + 1];

static bool
set(struct templates *t, uint16_t id, uint16_t fields, bool options)
{
	struct template fresh = {
	    .id = id, .options = options, .field_count = fields, .fields = many};

	return templates_set(t, &fresh);
}

static int
setup(void **state)
{
	static struct templates t;

	for (size_t i = 0; i <= TEMPLATE_FIELDS_EACH; i++)
		many[i] = (struct template_field){.length = 4, .field = FIELD_PACKETS};
	t = (struct templates){0};
	*state = &t;
	return 0;
}

static int
teardown(void **state)
{
	templates_fini(*state);
	return 0;
}

static void
test_set_and_find(void **state)
{
	struct templates *t = *state;
	const struct template *found;

	many[1].length = LENGTH_VARIABLE;
	assert_true(set(t, 256, 3, false));
	assert_null(templates_find(t, 257));
	found = templates_find(t, 256);
	assert_non_null(found);
	assert_int_equal(found->field_count, 3);
	assert_int_equal(found->least, 4 + 1 + 4);
	assert_true(set(t, 256, 1, true)); /* replaces */
	assert_int_equal(t->count, 1);
	assert_int_equal(t->fields, 1);
	assert_true(templates_find(t, 256)->options);
}

static void
test_refused(void **state)
{
	struct templates *t = *state;

	assert_false(set(t, 256, 0, false));
	assert_false(set(t, 256, TEMPLATE_FIELDS_EACH + 1, false));
	many[0].length = 0; /* a record of no bytes would never end */
	assert_false(set(t, 256, 1, false));
	assert_int_equal(t->count, 0);
}

/* The one unused for longest goes, by number and by fields. */
static void
test_bounds(void **state)
{
	struct templates *t = *state;

	for (uint16_t i = 0; i < TEMPLATES; i++)
		assert_true(set(t, 256 + i, 1, false));
	assert_non_null(templates_find(t, 256));
	assert_true(set(t, 1000, 1, false));
	assert_int_equal(t->count, TEMPLATES);
	assert_non_null(templates_find(t, 256));
	assert_null(templates_find(t, 257));
	for (uint16_t i = 0; i < 20; i++) {
		assert_true(set(t, 2000 + i, TEMPLATE_FIELDS_EACH, false));
		assert_true(t->fields <= TEMPLATE_FIELDS);
	}
	assert_null(templates_find(t, 256));
	assert_non_null(templates_find(t, 2019));
}

static void
test_drop(void **state)
{
	struct templates *t = *state;

	for (uint16_t i = 0; i < 6; i++)
		assert_true(set(t, 256 + i, 2, i % 2 == 1));
	templates_drop(t, 256);
	templates_drop(t, 999);
	assert_null(templates_find(t, 256));
	templates_drop_all(t, true);
	assert_int_equal(t->count, 2);
	assert_int_equal(t->fields, 4);
	assert_non_null(templates_find(t, 258));
	assert_null(templates_find(t, 259));
}

static void
test_save_and_load(void **state)
{
	struct templates *t = *state;
	struct templates *copy = xcalloc(1, sizeof *copy);
	struct wr w;
	struct rd r;

	assert_true(set(t, 256, 3, false));
	assert_true(set(t, 300, 1, true));
	(void)templates_find(t, 256);
	wr_init(&w, 1 << 16);
	templates_save(t, &w);
	r = rd_init(w.bytes, w.size);
	assert_true(templates_load(copy, &r));
	assert_int_equal(copy->uses, t->uses);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(copy->items[i].used, t->items[i].used);
		assert_int_equal(copy->items[i].least, t->items[i].least);
	}
	templates_fini(copy);
	r = rd_init(w.bytes, w.size - 1);
	assert_false(templates_load(copy, &r));
	templates_fini(copy);
	free(copy);
	wr_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_set_and_find, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_drop, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_save_and_load, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
