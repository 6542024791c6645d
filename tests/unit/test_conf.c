/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/conf_sets.h"
#include "authority/conf_values.h"
#include "tests/unit/unit.h"

static char folder[64], path[96], error[512];
static struct conf conf;

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/webcred-conf.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/webcred.conf", folder);
	memset(&conf, 0x5a, sizeof(conf));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(path);
	return rmdir(folder);
}

static void put_bytes(const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	fchmod(fd, 0644);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static int read_this(const char *text)
{
	put_bytes(text, strlen(text));
	return conf_read(path, &conf, error, sizeof(error));
}

static void accepted(const char *text)
{
	int r = read_this(text);

	if (r != 0)
		fail_msg("%d %s\n%s", r, error, text);
}

/* Refused at this line, with this word, and nothing of it is used. */
static void refused(const char *text, unsigned line, const char *word)
{
	char where[128];
	struct conf before;
	int r;

	memset(&conf, 0x5a, sizeof(conf));
	before = conf;
	r = read_this(text);
	snprintf(where, sizeof(where), "%s:%u: ", path, line);
	if (r != WEBCRED_TYPE_ERROR || strncmp(error, where, strlen(where)) != 0 ||
	    !strstr(error, word) || strchr(error, '\n') || strchr(error, '\x1b'))
		fail_msg("%d \"%s\" instead of line %u ...%s... for\n%s", r, error, line, word,
			 text);
	assert_memory_equal(&before, &conf, sizeof(conf));
}

/* ---- defaults ---- */

static void defaults_hold(const struct conf *now)
{
	static const struct conf_service service = {
		.order = "public-key otp password",
		.timeout_ms = 60000,
		.key_wait_ms = POLICY_KEY_WAIT_AUTO,
		.pin_tries = 1,
		.fail_delay_ms = 2000,
		.transports = CONF_TRANSPORT_DEVICE,
	};

	assert_string_equal(now->rp_id, "");
	assert_true(conf_list_has(&now->quiet_services, "sudo"));
	assert_true(conf_list_has(&now->quiet_services, "su-l"));
	assert_false(conf_list_has(&now->quiet_services, "sshd"));
	assert_true(conf_list_has(&now->unprivileged_services, "swaylock"));
	assert_true(conf_list_has(&now->unprivileged_services, "webcred"));
	assert_false(conf_list_has(&now->unprivileged_services, "sudo"));
	assert_int_equal(now->locality_unknown, LOCALITY_REMOTE);
	assert_memory_equal(&now->defaults, &service, sizeof(service));
	assert_string_equal(now->manage.order, service.order);
	assert_int_equal(now->n_services, 0);
	assert_int_equal(now->argon_memory_kib, 65536);
	assert_int_equal(now->argon_passes, 2);
	assert_int_equal(now->password_min, 8);
	assert_int_equal(now->windows.look_back, 1);
	assert_int_equal(now->windows.hotp_look_ahead, 10);
	assert_true(now->throttle_enabled);
	assert_int_equal(now->throttle_free, 3);
	assert_int_equal(now->deny, 0);
	assert_int_equal(now->fail_interval_s, 900);
	assert_false(now->even_deny_root);
	assert_string_equal(now->audit, "auto");
	assert_int_equal(now->max_sessions, 512);
	assert_int_equal(now->n_devices, 0);
	assert_int_equal(now->ids.low, 65536);
	assert_int_equal(now->ids.high, 99999);
	assert_string_equal(now->home_folder, "/home");
}

static void test_defaults(void **state)
{
	struct conf_service service;

	(void)state;
	/* no file; then an empty one; then comments alone */
	assert_int_equal(conf_read(path, &conf, error, sizeof(error)), 0);
	defaults_hold(&conf);
	conf_service_find(&conf, "sshd", &service);
	assert_string_equal(service.name, "sshd");
	assert_string_equal(service.order, "public-key otp password");
	accepted("");
	defaults_hold(&conf);
	accepted("# a comment\n\n; another\n[webcred]\n[service sudo]\n  # indented\n");
	assert_int_equal(conf.n_services, 1);
	conf.n_services = 0;
	defaults_hold(&conf);
	/* no folder either */
	assert_int_equal(conf_read("/nonexistent/webcred.conf", &conf, error, sizeof(error)), 0);
	defaults_hold(&conf);
}

/* ---- values ---- */

static void test_values(void **state)
{
	(void)state;
	accepted("\xef\xbb\xbf[webcred]\nrp_id = login.example.org\nissuer = Example & Söhne\n"
		 "quiet_services =\nunprivileged_services = vlock  i3lock\tkde\n"
		 "locality_unknown = local ; because\r\n"
		 "[password]\nmemory=64\npasses: 1\nmin = 12\n"
		 "[otp]\nlook_back = 0\nresynchronise = 1000\n"
		 "[throttle]\nenabled = no\ndeny = 5\nmax = 300\neven_deny_root = yes\n"
		 "[audit]\nto = /var/log/webcred.log\n[limits]\nmax_sessions = 64\n"
		 "[devices]\ndevice = /dev/hidraw0\ndevice = /dev/pts/3");
	assert_string_equal(conf.rp_id, "login.example.org");
	assert_string_equal(conf.issuer, "Example & Söhne");
	assert_int_equal(conf.quiet_services.n, 0);
	assert_int_equal(conf.unprivileged_services.n, 3);
	assert_string_equal(conf.unprivileged_services.name[2], "kde");
	assert_int_equal(conf.locality_unknown, LOCALITY_LOCAL);
	assert_int_equal(conf.argon_memory_kib, 64);
	assert_int_equal(conf.argon_passes, 1);
	assert_int_equal(conf.password_min, 12);
	assert_int_equal(conf.windows.look_back, 0);
	assert_int_equal(conf.windows.look_ahead, 1);
	assert_int_equal(conf.windows.resynchronise, 1000);
	assert_false(conf.throttle_enabled);
	assert_int_equal(conf.deny, 5);
	assert_int_equal(conf.throttle_max_s, 300);
	assert_true(conf.even_deny_root);
	assert_string_equal(conf.audit, "/var/log/webcred.log");
	assert_int_equal(conf.max_sessions, 64);
	assert_int_equal(conf.n_devices, 2);
	assert_string_equal(conf.device[1], "/dev/pts/3");
}

/* [service NAME] over [service], whichever stands first. */
static void test_services(void **state)
{
	struct conf_service service;

	(void)state;
	accepted("[service sudo]\nget = password\n[service]\nget = otp\ntimeout = 30\n"
		 "user_verification = required\n[service sshd]\ntimeout = 110\nmediation = "
		 "required\n"
		 "[service sudo]\necho_code = yes\npin_tries = 3\ncounter = "
		 "warn\n[manage]\nunknown_as = otp\n");
	assert_int_equal(conf.n_services, 2);
	conf_service_find(&conf, "sudo", &service);
	assert_string_equal(service.order, "password");
	assert_int_equal(service.timeout_ms, 30000);
	assert_int_equal(service.user_verification, WEBCRED_UV_REQUIRED);
	assert_int_equal(service.counter, COUNTER_WARN);
	assert_int_equal(service.mediation, WEBCRED_MEDIATION_BY_FLAGS);
	assert_true(service.echo_code);
	assert_int_equal(service.pin_tries, 3);
	conf_service_find(&conf, "sshd", &service);
	assert_string_equal(service.order, "otp");
	assert_int_equal(service.timeout_ms, 110000);
	assert_int_equal(service.mediation, WEBCRED_MEDIATION_REQUIRED);
	assert_false(service.echo_code);
	assert_int_equal(service.pin_tries, 1);
	conf_service_find(&conf, "login", &service);
	assert_string_equal(service.name, "login");
	assert_string_equal(service.order, "otp");
	/* what a change takes is not what a login asks for */
	assert_string_equal(conf.manage.order, "public-key otp password");
	assert_int_equal(conf.manage.timeout_ms, 30000);
	assert_int_equal(conf.manage.unknown_as, WEBCRED_TYPE_OTP);
}

/* An order or a list goes on in indented lines. */
static void test_continued(void **state)
{
	(void)state;
	accepted("[service]\nget = public-key\n  [UNAVAIL=continue\n\n# between\n"
		 "\tNOTFOUND=continue]\n   otp\ntimeout = 5\n[webcred]\nquiet_services = sudo\n "
		 "su\n");
	assert_string_equal(conf.defaults.order,
			    "public-key [UNAVAIL=continue NOTFOUND=continue] otp");
	assert_int_equal(conf.defaults.timeout_ms, 5000);
	assert_int_equal(conf.quiet_services.n, 2);
	refused("[service]\ntimeout = 5\n  0\n", 3, "timeout: an indented line continues");
	refused("[service]\ntimeout = 5\n  get = otp\n", 3, "timeout: an indented line continues");
	refused("[service]\nget = otp\n  timeout = 5\n", 2, "get: ");
	refused("[service]\nget = otp\n  [password]\n", 2, "get: ");
	refused("[webcred]\nquiet_services = sudo\n  issuer = x\n", 2,
		"\"=\" is no service's name");
	/* no key above: a section and a key like any other */
	accepted("  [service]\n  get = otp\n");
	assert_string_equal(conf.defaults.order, "otp");
}

/* ---- mistakes ---- */

static void test_bad_values(void **state)
{
	static const struct {
		const char *section, *line, *word;
	} bad[] = {
		{"webcred", "rp_id =", "rp_id: \"\" is no domain name"},
		{"webcred", "rp_id = 127.0.0.1", "no domain name"},
		{"webcred", "rp_id = ::1", "no domain name"},
		{"webcred", "rp_id = -host", "no domain name"},
		{"webcred", "rp_id = host:22", "no domain name"},
		{"webcred", "rp_id = a b", "no domain name"},
		{"webcred", "rp_id = Host", "lower-case"},
		{"webcred", "rp_id = a..b", "no domain name"},
		{"webcred", "rp_id = host.", "no domain name"},
		{"webcred", "issuer = a:b", "without a colon"},
		{"webcred", "issuer =", "printable"},
		{"webcred", "issuer = \xff\xfe", "printable"},
		{"webcred", "quiet_services = sudo,su", "\"sudo,su\" is no service's name"},
		{"webcred", "quiet_services = ../x", "no service's name"},
		{"webcred", "locality_unknown = Remote", "is not one of: remote local"},
		{"service", "get =", "get: "},
		{"service", "get = otp otp", "get: "},
		{"service", "get = fingerprint", "fingerprint"},
		{"service", "get = otp [FAULT=continue]", "get: "},
		{"service", "get = otp [SUCCESS=continue] password", "get: "},
		{"service", "mediation = never", "is not one of: by-flags optional"},
		{"service", "user_verification = yes", "preferred required discouraged"},
		{"service", "unknown_as = identity", "last public-key otp password"},
		{"service", "counter =", "fail warn ignore"},
		{"service", "transport =", "is none of: device ssh-agent"},
		{"service", "transport = usb", "no way to a security key"},
		{"service", "pin_tries = 0", "from 1 to 3"},
		{"service", "pin_tries = 4", "from 1 to 3"},
		{"service", "timeout = 0", "from 1 to 110"},
		{"service", "timeout = 111", "from 1 to 110"},
		{"service", "timeout = -1", "from 1 to 110"},
		{"service", "timeout = 1s", "\"1s\" is no whole number"},
		{"service", "timeout = 1.5", "whole number"},
		{"service", "timeout = 0x10", "whole number"},
		{"service", "timeout = 99999999999999999999", "whole number"},
		{"service", "echo_code = true", "neither yes nor no"},
		{"service", "echo_code = YES", "neither yes nor no"},
		{"service", "tell_throttled =", "neither yes nor no"},
		{"password", "memory = 63", "from 64 to 1048576"},
		{"password", "memory = 1048577", "from 64 to 1048576"},
		{"password", "passes = 0", "from 1 to 100"},
		{"throttle", "max = 1\ndelay = 2", "less than the first delay"},
		{"audit", "to = file", "auto journal syslog stderr, and no absolute path"},
		{"devices", "device = /etc/passwd", "below /dev/"},
		{"account", "range = 0-5", "0-999"},
		{"account", "range = 1000-2000", "useradd"},
		{"account", "range = 65535-70000", "60001-65535"},
		{"account", "range = 65536-600000", "524288"},
		{"account", "range = 1879048192-2147483648", "2147483647"},
		{"account", "range = 70000-65536", "ends before"},
		{"account", "range = 65536", "65536-99999"},
		{"account", "range = -1-99999", "65536-99999"},
		{"account", "home = home", "absolute"},
		{"account", "home = /a/../b", "absolute"},
		{"account", "shell = bash", "absolute"},
		{"devices", "device = /dev/../etc/passwd", "below /dev/"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		snprintf(text, sizeof(text), "[%s]\n%s\n", bad[i].section, bad[i].line);
		refused(text, strchr(bad[i].line, '\n') ? 3 : 2, bad[i].word);
	}
}

static void test_bad_text(void **state)
{
	(void)state;
	refused("get = otp\n", 1, "before the first [section]");
	refused("[services]\n", 1, "no such section; there are webcred, service,");
	refused("\n\n[Webcred]\n", 3, "no such section");
	refused("[service]\nfoo = 1\n", 2, "[service] foo: no such key; there are: get mediation");
	refused("[service sudo]\nrp_id = x\n", 2, "[service sudo] rp_id: no such key");
	refused("[service a/b]\n", 1, "no service's name");
	refused("[service ]\n", 1, "no service's name");
	refused("[service a b]\n", 1, "no service's name");
	refused("[service]\nget\n", 2, "key = value");
	refused("[service]\n\n# x\njust words\n", 4, "key = value");
	refused("[service\nget = otp\n", 1, "[NAME]");
	refused("[]\n", 1, "[NAME]");
	refused("[service] get = otp\n", 1, "nothing may follow");
	refused("[service]\nget = otp\nget = password\n", 3, "twice");
	refused("[service]\nget = otp\n[manage]\n[service]\nget = otp\n", 5, "twice");
	refused("[service a]\ntimeout = 1\n[service b]\n[service a]\ntimeout = 1\n", 5, "twice");
	refused("[service]\nget = otp\x1b[31m\n", 2, "byte 10 is a control character");
	refused("[service]\rget = otp\n", 1, "control character");
	refused("[service \x7f]\n", 1, "control character");
	refused("[service]\n\xc2\x9b = 1\n", 2, "no such key");
}

/* inih would cut these in silence. */
static void test_long(void **state)
{
	char line[400], text[5000] = "[webcred]\nquiet_services =\n";
	unsigned n = 0;

	(void)state;
	for (size_t len = 190; len < 260; len++) {
		memset(line, 'a', sizeof(line));
		memcpy(line, "[webcred]\nissuer = ", 19);
		memcpy(line + 10 + len, "\n", 2);
		refused(line, 2, len > 196 ? "bytes, 196 are allowed" : "1 to 63 bytes");
		memset(line, '#', 10 + len);
		memcpy(line + 10 + len, "\n", 2);
		if (len + 10 > 196)
			refused(line, 1, "bytes, 196 are allowed");
	}
	snprintf(line, sizeof(line), "[service %041d]\n", 7);
	accepted(line);
	snprintf(line, sizeof(line), "[service %042d]\n", 7);
	refused(line, 1, "longer than 49 bytes");
	while (n++ < 32)
		sprintf(text + strlen(text), "  service%u\n", n);
	accepted(text);
	assert_int_equal(conf.quiet_services.n, 32);
	strcat(text, "  onemore\n");
	refused(text, 2, "more than 32 names");
	strcpy(text, "[service]\nget =");
	for (n = 0; n < 60; n++)
		strcat(text, "\n  otp [!UNAVAIL=return]");
	refused(text, 2, "longer than 511 bytes");
	text[0] = '\0';
	for (n = 0; n < 64; n++)
		sprintf(text + strlen(text), "[service s%u]\n", n);
	accepted(text);
	strcat(text, "[service s64]\n");
	refused(text, 65, "more than 64 services");
	strcpy(text, "[devices]\n");
	for (n = 0; n < 17; n++)
		strcat(text, "device = /dev/hidraw0\n");
	refused(text, 18, "more than 16 times");
}

/* ---- the file ---- */

static void fails(int expected, const char *word)
{
	int r;

	memset(error, 0, sizeof(error));
	r = conf_read(path, &conf, error, sizeof(error));
	if (r != expected || !strstr(error, word))
		fail_msg("%d instead of %d, \"%s\" instead of ...%s...", r, expected, error, word);
}

static void test_file(void **state)
{
	static const char zero[] = "[service]\nget = otp\n\0[x]\n";
	char *big = calloc(1, 1024 * 1024 + 1);

	(void)state;
	alarm(20);
	assert_int_equal(mkfifo(path, 0644), 0);
	fails(-EINVAL, "FIFO");
	unlink(path);
	assert_int_equal(mkdir(path, 0755), 0);
	fails(-EINVAL, "a folder");
	rmdir(path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	fails(-EINVAL, "symbolic link");
	unlink(path);
	accepted("[service]\n");
	chmod(path, 0664);
	fails(WEBCRED_SECURITY, "0664");
	chmod(path, 0646);
	fails(WEBCRED_SECURITY, "0646");
	chmod(path, 0644);
	chmod(folder, 0777);
	fails(WEBCRED_SECURITY, folder);
	chmod(folder, 0700);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 1, 1), 0);
		fails(WEBCRED_SECURITY, "uid 1");
		assert_int_equal(chown(path, 0, 0), 0);
	} else {
		chmod(path, 0);
		fails(-EACCES, path);
	}
	unlink(path);
	put_bytes(zero, sizeof(zero));
	fails(WEBCRED_TYPE_ERROR, ":3: a zero byte");
	memset(big, '\n', 1024 * 1024);
	put_bytes(big, 1024 * 1024);
	assert_int_equal(conf_read(path, &conf, error, sizeof(error)), 0);
	put_bytes(big, 1024 * 1024 + 1);
	fails(-EFBIG, "larger than the 1048576 bytes");
	free(big);
	alarm(0);
}

/* ---- what is in force ---- */

struct dump {
	char section[96], text[200000];
	size_t n;
};

/* As a file; long lists in indented lines. */
static void dump_one(void *context, const char *section, const char *key, const char *value)
{
	struct dump *dump = context;
	char words[CONF_VALUE_MAX], *word, *rest = words;

	if (strcmp(dump->section, section) != 0)
		sprintf(dump->text + strlen(dump->text), "[%s]\n", section);
	snprintf(dump->section, sizeof(dump->section), "%s", section);
	snprintf(words, sizeof(words), "%s", value);
	if (strlen(value) < 100) {
		sprintf(dump->text + strlen(dump->text), "%s = %s\n", key, value);
	} else {
		sprintf(dump->text + strlen(dump->text), "%s =\n", key);
		while ((word = strsep(&rest, " ")))
			sprintf(dump->text + strlen(dump->text), "  %s\n", word);
	}
	dump->n++;
}

/* What is told is what is read: the table is one. */
static void test_each(void **state)
{
	static struct dump dump, again;
	struct conf first;

	(void)state;
	accepted("[webcred]\nrp_id = a.b\nissuer = x\n[service sudo]\nget = otp [UNAVAIL=return] "
		 "password\ntimeout = 7\n[manage]\ncounter = ignore\n[throttle]\ndeny = 9\n"
		 "[devices]\ndevice = /dev/hidraw1\ndevice = /dev/hidraw2\n");
	memset(&dump, 0, sizeof(dump));
	memset(&again, 0, sizeof(again));
	first = conf;
	conf_each(&conf, dump_one, &dump);
	/* every key once, those of [service] for sudo and manage too, two devices */
	assert_int_equal(dump.n, conf_n_keys + 2 * 15 + 1);
	accepted(dump.text);
	assert_memory_equal(&first, &conf, sizeof(conf));
	conf_each(&conf, dump_one, &again);
	assert_string_equal(dump.text, again.text);
	/* what has no value is not told */
	conf_defaults(&conf);
	memset(&dump, 0, sizeof(dump));
	conf_each(&conf, dump_one, &dump);
	assert_null(strstr(dump.text, "rp_id"));
	accepted(dump.text);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_defaults),  CASE(test_values),     CASE(test_services),
		CASE(test_continued), CASE(test_bad_values), CASE(test_bad_text),
		CASE(test_long),      CASE(test_file),	     CASE(test_each),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
