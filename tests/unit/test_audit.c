/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* audit.c itself, with the journal's and the syslog's socket in a folder of ours. */
#define AUDIT_JOURNAL "journal.socket"
#define AUDIT_SYSLOG "syslog.socket"
#include "authority/audit.c"

#include <stdlib.h>
#include <sys/wait.h>

#include "tests/unit/unit.h"

#define NASTY "a\nb\r\x1b[31m\"q\" \\ x=y\x7f\xff\xe2\x80\xa8\tz"

static const uint8_t id[16] = {0x1a, 0x2b, 0x3c, 0x4d, 0x5e};

static struct audit_entry example(void)
{
	return (struct audit_entry){
		.action = "get",
		.result = "granted",
		.user = "alice",
		.service = "sudo",
		.tty = "/dev/pts/3",
		.rhost = "",
		.requester = 1000,
		.peer_uid = -1,
		.type = "otp",
		.label = "phone",
		.id = id,
		.mediation = "required",
		.reason = "verified",
	};
}

/* ---- the sinks ---- */

static int saved_stderr;

static int setup(void **state)
{
	char *folder = strdup("/tmp/webcred-audit.XXXXXX");

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	saved_stderr = dup(STDERR_FILENO);
	*state = folder;
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	audit_close();
	audit.lost = 0;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	if (chdir("/") < 0)
		return -1;
	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	free(*state);
	return system(command);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	unlink(path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void receive(int fd, char *buffer, size_t size)
{
	ssize_t n = recv(fd, buffer, size - 1, MSG_DONTWAIT);

	assert_true(n > 0);
	buffer[n] = '\0';
	assert_int_equal(strlen(buffer), n);
}

static void read_log(const char *path, char *buffer, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(buffer, 1, size - 1, file);
	buffer[n] = '\0';
	fclose(file);
}

static size_t count(const char *text, char c)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

static void log_to_file(const char *folder, char path[128])
{
	snprintf(path, 128, "%s/log", folder);
	assert_int_equal(audit_open(path), 0);
}

static void test_line(void **state)
{
	struct audit_entry entry = example();
	char path[128], text[4096];
	struct stat st;

	log_to_file(*state, path);
	audit_entry(&entry);
	read_log(path, text, sizeof(text));
	/* the time, and then: */
	assert_string_equal(strstr(text, "webcred: "),
			    "webcred: get granted user=\"alice\" service=\"sudo\" "
			    "tty=\"/dev/pts/3\" rhost=\"\" requester=1000 type=otp "
			    "credential=\"phone\" id=1a2b3c4d mediation=required "
			    "reason=\"verified\"\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	entry.peer_uid = 4294967295;
	entry.type = entry.label = entry.mediation = entry.reason = entry.user = NULL;
	entry.id = NULL;
	audit_entry(&entry);
	read_log(path, text, sizeof(text));
	assert_string_equal(strstr(strchr(text, '\n'), "webcred: "),
			    "webcred: get granted user=\"\" peer_uid=4294967295 "
			    "claimed_service=\"sudo\" type=- credential=\"\" id=- mediation=- "
			    "reason=\"\"\n");
}

/* Whatever stands in a field: one line, no control byte, quotes that match. */
static void one_line(const char *text)
{
	size_t quotes = 0;

	assert_int_equal(count(text, '\n'), 1);
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_true(text_utf8_valid(text, strlen(text)));
	assert_null(strstr(text, "\xe2\x80\xa8")); /* a line separator */
	for (const char *at = text; *at != '\n'; at++) {
		assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
		if (*at == '\\')
			at++;
		else
			quotes += *at == '"';
	}
	assert_int_equal(quotes % 2, 0);
}

static void test_escapes(void **state)
{
	struct audit_entry entry;
	const char **fields[] = {&entry.user,	&entry.service, &entry.tty,	  &entry.rhost,
				 &entry.type,	&entry.label,	&entry.mediation, &entry.reason,
				 &entry.action, &entry.result};
	char path[128], text[8192], longest[2000];

	memset(longest, '"', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < 2 * N_ELEMENTS(fields); i++) {
		entry = example();
		entry.peer_uid = i % 2 ? 7 : -1;
		*fields[i / 2] = i < 4 ? longest : NASTY;
		log_to_file(*state, path);
		audit_entry(&entry);
		read_log(path, text, sizeof(text));
		one_line(text);
		unlink(path);
	}
	entry = example();
	for (size_t i = 0; i < 8; i++)
		*fields[i] = longest;
	log_to_file(*state, path);
	audit_entry(&entry);
	audit_close();
	read_log(path, text, sizeof(text));
	one_line(text);
	unlink(path);
	log_to_file(*state, path);
	audit_log(LOG_ERR, "said: %s", NASTY);
	read_log(path, text, sizeof(text));
	assert_int_equal(count(text, '\n'), 1);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "webcred: said: a?b"));
}

static void test_path_refused(void **state)
{
	char path[128], other[128];

	snprintf(path, sizeof(path), "%s/log", (char *)*state);
	snprintf(other, sizeof(other), "%s/other", (char *)*state);
	alarm(10);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(audit_open(path), -ENXIO); /* nobody reads it; nobody waits */
	assert_int_equal(audit.sink, SINK_STDERR);
	unlink(path);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(audit_open(path), -ELOOP);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(audit_open(path), -EISDIR);
	rmdir(path);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	chmod(path, 0622);
	assert_int_equal(audit_open(path), -EPERM);
	chmod(path, 0600);
	chmod(*state, 0777);
	assert_int_equal(audit_open(path), -EPERM);
	chmod(*state, 0700);
	assert_int_equal(audit_open(path), 0);
	assert_int_equal(audit_open("elsewhere"), -EINVAL);
	assert_int_equal(audit_open("journal"), -ENOENT);
	assert_int_equal(audit_open("syslog"), -ENOENT);
	assert_int_equal(audit_open("stderr"), 0);
	alarm(0);
}

/* What is configured and cannot be had is told where the lines go instead. */
static void test_refusal_is_told(void **state)
{
	char text[512], expected[256];
	int fd = open("out", O_CREAT | O_RDWR, 0600);

	dup2(fd, STDERR_FILENO);
	close(fd);
	snprintf(expected, sizeof(expected), "[audit] to = %s cannot be opened: Is a directory;",
		 (char *)*state);
	assert_int_equal(audit_open(*state), -EISDIR);
	read_log("out", text, sizeof(text));
	assert_non_null(strstr(text, expected));
}

/* ---- the journal ---- */

/* NAME=value on each line, and no name that is not ours. */
static void journal_fields(char *datagram, size_t expected)
{
	size_t n = 0;
	char *line, *rest = datagram;

	while ((line = strsep(&rest, "\n")) && *line) {
		size_t name = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

		assert_true(name > 0 && line[name] == '=');
		assert_true(strncmp(line, "WEBCRED_", 8) == 0 ||
			    strncmp(line, "MESSAGE=", 8) == 0 ||
			    strncmp(line, "PRIORITY=", 9) == 0 || strncmp(line, "SYSLOG_", 7) == 0);
		n++;
	}
	assert_int_equal(n, expected);
}

static void test_journal(void **state)
{
	struct audit_entry entry = example();
	char datagram[DATAGRAM_SIZE + 1];
	int fd = listen_at(AUDIT_JOURNAL);

	(void)state;
	assert_int_equal(audit_open("auto"), 0);
	entry.rhost = "10.0.0.1";
	audit_entry(&entry);
	receive(fd, datagram, sizeof(datagram));
	assert_int_equal(strncmp(datagram, "MESSAGE=get granted user=\"alice\" ", 33), 0);
	assert_non_null(strstr(datagram, "\nPRIORITY=6\n"));
	assert_non_null(strstr(datagram, "\nWEBCRED_USER=alice\n"));
	assert_non_null(strstr(datagram, "\nWEBCRED_SERVICE=sudo\n"));
	assert_non_null(strstr(datagram, "\nWEBCRED_REQUESTER=1000\n"));
	assert_non_null(strstr(datagram, "\nWEBCRED_ID=1a2b3c4d\n"));
	journal_fields(datagram, 4 + 12);
	/* a field that tries to be two */
	entry.user = "x\nMESSAGE=forged\nWEBCRED_RESULT=granted";
	entry.label = NASTY;
	entry.result = "refused";
	entry.peer_uid = 1001;
	audit_entry(&entry);
	receive(fd, datagram, sizeof(datagram));
	assert_non_null(strstr(datagram, "\nPRIORITY=5\n"));
	assert_non_null(strstr(datagram, "\nWEBCRED_PEER_UID=1001\n"));
	assert_non_null(strstr(datagram, "\nWEBCRED_CLAIMED_SERVICE=sudo\n"));
	assert_null(strstr(datagram, "\nMESSAGE=forged"));
	journal_fields(datagram, 4 + 10);
	audit_log(LOG_CRIT, "the store is damaged");
	receive(fd, datagram, sizeof(datagram));
	assert_string_equal(datagram, "MESSAGE=the store is damaged\nPRIORITY=2\n"
				      "SYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=webcred\n");
	close(fd);
}

/* Nobody reads: nothing waits for them.  What the queue holds comes later, in
 * order; what it could not hold is counted, and told. */
static void test_lost(void **state)
{
	char datagram[DATAGRAM_SIZE + 1], expected[64];
	unsigned long said = 0, received = 0;
	int fd = listen_at(AUDIT_JOURNAL);

	(void)state;
	assert_int_equal(audit_open("journal"), 0);
	alarm(20);
	for (int i = 0; i < 5000; i++)
		audit_log(LOG_INFO, "line %d", i);
	alarm(0);
	assert_true(audit.lost > 0);
	assert_int_equal(n_waiting, AUDIT_WAITING_MAX);
	for (;;) {
		audit_flush();
		if (recv(fd, datagram, sizeof(datagram), MSG_DONTWAIT) <= 0)
			break;
		snprintf(expected, sizeof(expected), "MESSAGE=line %lu\n", received++);
		assert_int_equal(strncmp(datagram, expected, strlen(expected)), 0);
	}
	assert_true(received > AUDIT_WAITING_MAX);
	audit_log(LOG_INFO, "after");
	receive(fd, datagram, sizeof(datagram));
	assert_int_equal(sscanf(datagram, "MESSAGE=%lu lines before this one were lost", &said), 1);
	assert_int_equal(said + received, 5000);
	receive(fd, datagram, sizeof(datagram));
	assert_int_equal(strncmp(datagram, "MESSAGE=after\n", 14), 0);
	close(fd);
}

/* The daemon goes and comes back: what was said meanwhile is not lost. */
static void test_restarted(void **state)
{
	char datagram[DATAGRAM_SIZE + 1];
	int fd = listen_at(AUDIT_JOURNAL);

	(void)state;
	assert_int_equal(audit_open("journal"), 0);
	close(fd);
	audit_log(LOG_INFO, "nobody hears");
	assert_int_equal(audit.lost, 0);
	fd = listen_at(AUDIT_JOURNAL);
	audit_log(LOG_INFO, "here again");
	receive(fd, datagram, sizeof(datagram));
	assert_int_equal(strncmp(datagram, "MESSAGE=nobody hears\n", 21), 0);
	receive(fd, datagram, sizeof(datagram));
	assert_int_equal(strncmp(datagram, "MESSAGE=here again\n", 19), 0);
	close(fd);
}

static void test_syslog(void **state)
{
	struct audit_entry entry = example();
	char datagram[DATAGRAM_SIZE + 1], expected[64];
	int fd = listen_at(AUDIT_SYSLOG);

	(void)state;
	assert_int_equal(audit_open("auto"), 0); /* there is no journal */
	entry.result = "fault";
	audit_entry(&entry);
	receive(fd, datagram, sizeof(datagram));
	snprintf(expected, sizeof(expected), "<83>webcred[%ld]: get fault user=\"alice\"",
		 (long)getpid());
	assert_int_equal(strncmp(datagram, expected, strlen(expected)), 0);
	assert_null(strchr(datagram, '\n'));
	close(fd);
}

/* ---- stderr ---- */

static void test_stderr(void **state)
{
	char text[256];
	int fd = open("out", O_CREAT | O_RDWR, 0600);

	(void)state;
	dup2(fd, STDERR_FILENO);
	close(fd);
	assert_int_equal(audit_open("auto"), 0); /* nobody listens */
	audit_log(LOG_INFO, "hello");
	read_log("out", text, sizeof(text));
	assert_string_equal(text, "webcred: hello\n");
}

/* A pipe without reader, a full pipe, a closed descriptor: no signal, no wait. */
static void test_stderr_broken(void **state)
{
	struct sigaction action;
	int ends[2];

	(void)state;
	assert_int_equal(audit_open("stderr"), 0);
	assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
	assert_true(action.sa_handler == SIG_DFL); /* it would end the test */
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	alarm(10);
	for (int i = 0; i < 10000; i++)
		audit_log(LOG_INFO, "line %d", i);
	assert_true(audit.lost > 0);
	close(ends[0]);
	audit_log(LOG_INFO, "nobody reads");
	assert_int_equal(write_quietly(STDERR_FILENO, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(STDERR_FILENO);
	audit_log(LOG_INFO, "nowhere");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	close(ends[0]);
	audit_log(LOG_INFO, "nobody there");
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_escapes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_path_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusal_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_journal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restarted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_syslog, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stderr, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stderr_broken, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
