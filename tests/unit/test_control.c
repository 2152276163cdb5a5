/* SPDX-License-Identifier: Apache-2.0 */
/* test_control.c -- questions and answers over the control socket, refusals included. */
#include "../../src/cmd/control.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

/* Answers each line read from one client with the next of `answers`, a piece at a time.
 */
static void
serve(int listener, const char *const *answers)
{
	int fd = accept(listener, NULL, NULL);
	char line[4096];

	for (; *answers != NULL; answers++) {
		size_t half = strlen(*answers) / 2;

		if (recv(fd, line, sizeof line, 0) <= 0)
			_exit(1);
		(void)send(fd, *answers, half, 0);
		(void)usleep(2000);
		(void)send(fd, *answers + half, strlen(*answers) - half, 0);
	}
	_exit(0);
}

static pid_t
start(const char *directory, const char *const *answers)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	(void)snprintf(at.sun_path, sizeof at.sun_path, "%s/control", directory);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	if (pid == 0)
		serve(fd, answers);
	(void)close(fd);
	return pid;
}

static void
test_answers(void **state)
{
	static const char *const answers[] = {"{\"ok\":true,\"result\":{\"n\":7}}\n",
	    "{\"ok\":false,\"error\":\"no such case\"}\n", "{\"ok\":true}\n",
	    "nonsense\n", NULL};
	char directory[] = "/tmp/test-control-XXXXXX", path[64];
	struct control *c;
	json_t *result;
	struct err err;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_null(control_open(directory, &err));
	pid = start(directory, answers);
	c = control_open(directory, &err);
	assert_non_null(c);
	result = control_ask(c, "status", NULL, &err);
	assert_int_equal(json_integer_value(json_object_get(result, "n")), 7);
	json_decref(result);
	assert_null(control_ask(c, "case.show", NULL, &err));
	assert_string_equal(err.text, "no such case");
	result = control_ask(c, "case.close", NULL, &err);
	assert_true(json_is_null(result));
	assert_null(control_ask(c, "status", NULL, &err));
	assert_null(control_ask(c, "status", NULL, &err)); /* the other end has left */
	control_close(c);
	(void)waitpid(pid, NULL, 0);
	(void)snprintf(path, sizeof path, "%s/control", directory);
	(void)unlink(path);
	(void)rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
