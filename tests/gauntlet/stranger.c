/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * stranger - a caller who keeps no rule.
 *
 * It writes the protocol's messages itself, with whatever is claimed on the
 * command line, so that no check of libwebcred's stands between it and the
 * authority.  It has the rights of whoever runs it, and says what it heard, a
 * line a message.  Exit status: 0 where something granted or was given, 1 where
 * nothing was.
 */
#include "tests/gauntlet/stranger.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/outcome.h"

static const char usage_text[] =
	"usage: stranger [OPTION]... OPERATION\n"
	"  --socket PATH  --name N  --uid U  --requester U  --service S  --tty T  --rhost H\n"
	"  --order O  --ssh-auth A  --mediation N  --flags N  --cached SECRET  --answer TEXT\n"
	"  --change KIND (sent without waiting for a proof)\n"
	"  ask VERB                     one request: get settle manage list prevent status "
	"accounts\n"
	"                               backup, or a number\n"
	"  lengths                      the request cut at, and lengthened by, each byte\n"
	"  oversize                     packets of up to 200,000 bytes in place of each message\n"
	"  crowd N MS silent|half|asked so many connections, held\n"
	"  linger N S MS                hellos with descriptors whose last close waits S seconds\n"
	"  stuck KIND N MS FILE         so many descriptors of a file of stuck_file's, sent with\n"
	"                               hello, request, or where nobody reads: refused, unread, "
	"left\n"
	"  lie NUMBER...                be the authority: RESULT with each of these as `granted`\n";

static _Noreturn void usage(void)
{
	fputs(usage_text, stderr);
	exit(2);
}

int stranger_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval most = {.tv_sec = 20};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

bool stranger_send(int fd, const void *bytes, size_t len)
{
	return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

bool stranger_attach(int fd, const void *bytes, size_t len, int passed)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.room = {0}};
	struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &passed, sizeof(int));
	return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)len;
}

void stranger_hello(const struct stranger *stranger, struct wire_hello *hello)
{
	memset(hello, 0, sizeof(*hello));
	hello->magic = WIRE_MAGIC;
	hello->version = WIRE_VERSION;
	hello->verb = stranger->verb;
	hello->uid = stranger->uid;
	hello->requester = stranger->requester;
	snprintf(hello->name, sizeof(hello->name), "%s", stranger->name);
}

int stranger_begin(const struct stranger *stranger)
{
	struct wire_hello hello;
	int fd = stranger_connect(stranger->socket);

	stranger_hello(stranger, &hello);
	if (fd >= 0 && !stranger_send(fd, &hello, sizeof(hello))) {
		close(fd);
		return -1;
	}
	return fd;
}

size_t stranger_request(const struct stranger *stranger, struct wire_out *out)
{
	const struct wire_request *request = &stranger->request;

	/* Not wire_put_request(): what that refuses is what is wanted here. */
	wire_begin(out, WIRE_REQUEST);
	wire_put_str(out, request->service);
	wire_put_str(out, request->tty);
	wire_put_str(out, request->rhost);
	wire_put_u32(out, request->host_flags);
	wire_put_u8(out, request->mediation);
	wire_put_u8(out, request->user_verification);
	wire_put_u32(out, request->timeout_ms);
	wire_put_str(out, request->order);
	wire_put_u8(out, request->flags);
	wire_put_bytes(out, request->cached ? secret_bytes(request->cached) : "",
		       request->cached ? secret_len(request->cached) : 0);
	wire_put_u8(out, 0);
	wire_put_u8(out, 0);
	wire_put_str(out, request->ssh_auth);
	return out->len;
}

/* ---- what is heard ------------------------------------------------------------ */

static int hear_result(const struct stranger *stranger, const uint8_t *message, size_t len)
{
	static struct wire_result result;

	if (!wire_get_result(message, len, &result)) {
		puts("RESULT that does not parse");
		return 0;
	}
	if (!stranger->quiet)
		printf("RESULT %s outcome=%u fault=%u status=%u: %s\n",
		       result.granted == WEBCRED_GRANTED ? "granted" : "refused", result.outcome,
		       result.fault, result.status, result.message);
	return result.granted == WEBCRED_GRANTED;
}

static void hear_ask(const struct stranger *stranger, int fd, const uint8_t *message, size_t len)
{
	char text[WIRE_TEXT_MAX + 1];
	static struct wire_out out;
	struct wire_in in;
	uint16_t number;

	(void)wire_open(&in, message, len);
	number = wire_get_u16(&in);
	(void)wire_get_u8(&in);
	wire_get_str(&in, text, sizeof(text));
	if (!stranger->quiet)
		printf("ASK %s\n", text);
	wire_begin(&out, stranger->answer ? WIRE_ANSWER : WIRE_CANCEL);
	if (stranger->answer) {
		wire_put_u16(&out, number);
		wire_put_bytes(&out, stranger->answer, strlen(stranger->answer));
	} else {
		wire_put_u8(&out, WEBCRED_NOT_ALLOWED);
	}
	(void)stranger_send(fd, out.bytes, out.len);
}

static void hear_other(uint8_t type, const uint8_t *message, size_t len)
{
	static struct wire_credential credential;
	char text[WIRE_TEXT_MAX + 1] = "";
	struct wire_in in;

	(void)wire_open(&in, message, len);
	switch (type) {
	case WIRE_ENTRY:
		if (wire_get_entry(message, len, &credential))
			printf("ENTRY %s %s\n", credential.kind, credential.label);
		break;
	case WIRE_ACCOUNT:
		wire_get_str(&in, text, sizeof(text));
		printf("ACCOUNT %s\n", text);
		break;
	case WIRE_SHOW:
		(void)wire_get_u8(&in);
		wire_get_str(&in, text, sizeof(text));
		printf("SHOW %s\n", text);
		break;
	default:
		printf("MESSAGE %u of %zu bytes\n", type, len);
	}
}

int stranger_listen(const struct stranger *stranger, int fd)
{
	static uint8_t message[WIRE_MESSAGE_MAX];
	int given = 0;

	for (;;) {
		ssize_t n = recv(fd, message, sizeof(message), 0);

		if (n <= 0) {
			if (!stranger->quiet)
				puts(n == 0 ? "END" : "GONE");
			return given;
		}
		if (message[0] == WIRE_RESULT)
			return hear_result(stranger, message, (size_t)n) | given;
		if (message[0] == WIRE_ASK) {
			hear_ask(stranger, fd, message, (size_t)n);
			continue;
		}
		given |= message[0] != WIRE_SHOW;
		hear_other(message[0], message, (size_t)n);
	}
}

/* ---- one request ----------------------------------------------------------------- */

static uint16_t verb_parse(const char *word)
{
	static const char *const verbs[] = {"",	       "get",	 "settle",   "manage", "list",
					    "prevent", "status", "accounts", "backup"};

	for (uint16_t i = 1; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(word, verbs[i]) == 0)
			return i;
	return (uint16_t)strtoul(word, NULL, 10);
}

static void put_change(struct wire_out *out, int kind)
{
	struct wire_change change = {.kind = (uint8_t)kind, .number = 60, .has_id = true};

	change.secret = secret_new();
	if (change.secret)
		(void)secret_set(change.secret, "taken over 1", 12);
	(void)wire_put_change(out, &change);
	wire_change_deinit(&change);
}

static void put_settlement(const struct stranger *stranger, struct wire_out *out)
{
	uint8_t login[WIRE_LOGIN_SIZE] = {0};

	wire_begin(out, WIRE_SETTLEMENT);
	wire_put_bytes(out, login, sizeof(login));
	wire_put_str(out, stranger->request.service);
	wire_put_str(out, stranger->request.tty);
	wire_put_str(out, stranger->request.rhost);
}

static int ask_once(const struct stranger *stranger)
{
	static struct wire_out out;
	int given, fd = stranger_begin(stranger);

	if (fd < 0) {
		puts("no connection");
		return 0;
	}
	if (stranger->verb == WIRE_SETTLE)
		put_settlement(stranger, &out);
	else
		(void)stranger_request(stranger, &out);
	(void)stranger_send(fd, out.bytes, out.len);
	if (stranger->change) {
		put_change(&out, stranger->change);
		(void)stranger_send(fd, out.bytes, out.len);
	}
	given = stranger_listen(stranger, fd);
	close(fd);
	return given;
}

/* ---- the command line -------------------------------------------------------------- */

static const struct option options[] = {
	{"socket", required_argument, NULL, 'S'},
	{"name", required_argument, NULL, 'n'},
	{"uid", required_argument, NULL, 'u'},
	{"requester", required_argument, NULL, 'r'},
	{"service", required_argument, NULL, 's'},
	{"tty", required_argument, NULL, 't'},
	{"rhost", required_argument, NULL, 'h'},
	{"order", required_argument, NULL, 'o'},
	{"ssh-auth", required_argument, NULL, 'A'},
	{"mediation", required_argument, NULL, 'm'},
	{"flags", required_argument, NULL, 'f'},
	{"cached", required_argument, NULL, 'c'},
	{"answer", required_argument, NULL, 'a'},
	{"change", required_argument, NULL, 'C'},
	{NULL, 0, NULL, 0},
};

#define COPY(field, value) snprintf(field, sizeof(field), "%s", value)

static void take_request(struct wire_request *request, int key, const char *value)
{
	switch (key) {
	case 's':
		COPY(request->service, value);
		break;
	case 't':
		COPY(request->tty, value);
		break;
	case 'h':
		COPY(request->rhost, value);
		break;
	case 'o':
		COPY(request->order, value);
		break;
	case 'A':
		COPY(request->ssh_auth, value);
		break;
	case 'm':
		request->mediation = (uint8_t)strtoul(value, NULL, 10);
		break;
	case 'f':
		request->flags = (uint8_t)strtoul(value, NULL, 10);
		break;
	case 'c':
		request->cached = secret_new();
		if (request->cached)
			(void)secret_set(request->cached, value, strlen(value));
		break;
	default:
		usage();
	}
}

static void take_option(struct stranger *stranger, int key, const char *value)
{
	if (key == 'S')
		stranger->socket = value;
	else if (key == 'n')
		stranger->name = value;
	else if (key == 'u')
		stranger->uid = (uint32_t)strtoul(value, NULL, 10);
	else if (key == 'r')
		stranger->requester = (uint32_t)strtoul(value, NULL, 10);
	else if (key == 'a')
		stranger->answer = value;
	else if (key == 'C')
		stranger->change = atoi(value);
	else
		take_request(&stranger->request, key, value);
}

int main(int argc, char **argv)
{
	static struct stranger stranger = {
		.socket = WIRE_SOCKET_USER, .name = "alice", .verb = WIRE_GET};
	int key, n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	stranger.uid = getuid();
	COPY(stranger.request.service, "webcred");
	while ((key = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(&stranger, key, optarg);
	n = argc - optind;
	argv += optind;
	if (n < 1)
		usage();
	if (strcmp(argv[0], "ask") == 0 && n == 2) {
		stranger.verb = verb_parse(argv[1]);
		return ask_once(&stranger) ? 0 : 1;
	}
	if (strcmp(argv[0], "lengths") == 0)
		return stranger_lengths(&stranger);
	if (strcmp(argv[0], "oversize") == 0)
		return stranger_oversize(&stranger);
	if (strcmp(argv[0], "crowd") == 0 && n == 4)
		return stranger_crowd(&stranger, argv + 1, n - 1);
	if (strcmp(argv[0], "linger") == 0 && n == 4)
		return stranger_linger(&stranger, argv + 1, n - 1);
	if (strcmp(argv[0], "stuck") == 0 && n == 5)
		return stranger_stuck(&stranger, argv + 1, n - 1);
	if (strcmp(argv[0], "lie") == 0 && n > 1)
		return stranger_lie(argv + 1, n - 1);
	usage();
}
