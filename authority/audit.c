/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * To the journal goes its native datagram (systemd's JOURNAL_NATIVE_PROTOCOL):
 * a readable line as MESSAGE and every field beside it.  A value stands behind
 * "NAME=" on a line; as all of ours are escaped first, none has a newline that
 * could begin a field of its own.  Everybody else gets the readable line.
 *
 * syslog(3) is not used: it blocks where the log's socket is full.
 */
#include "authority/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "authority/trusted.h"
#include "lib/base/text.h"

#ifndef AUDIT_JOURNAL /* the unit test has sockets of its own */
#define AUDIT_JOURNAL "/run/systemd/journal/socket"
#define AUDIT_SYSLOG "/dev/log"
#endif
#define LINE_SIZE 3072
#define FIELD_SIZE 300
#define DATAGRAM_SIZE 8192

_Static_assert(LINE_SIZE + 64 <= PIPE_BUF, "a pipe takes a line whole");

enum sink { SINK_STDERR, SINK_JOURNAL, SINK_SYSLOG, SINK_FILE };

static struct {
	enum sink sink;
	int fd; /* of all but stderr; -1 where there is none */
	unsigned long lost;
} audit = {.sink = SINK_STDERR, .fd = -1};

/* ---- opening ---- */

static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/* A file's end, without waiting for anybody: a FIFO in its place is refused. */
static int open_file(const char *path)
{
	char what[256];
	struct stat st;
	int r, fd;

	/* Before it is made, and again behind it. */
	r = trusted_above(path, what, sizeof(what));
	if (r < 0)
		return r;
	fd = open(path,
		  O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) < 0 ? -errno : 0;
	if (r == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r == 0 && (!trusted_owner(st.st_uid) || (st.st_mode & 022) ||
		       trusted_above(path, what, sizeof(what)) < 0))
		r = -EPERM;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int open_as(enum sink sink, int fd)
{
	if (fd < 0)
		return fd;
	audit.sink = sink;
	audit.fd = fd;
	return 0;
}

static int open_to(const char *to)
{
	int r = -EINVAL;

	if (strcmp(to, "stderr") == 0)
		return 0;
	if (to[0] == '/')
		return open_as(SINK_FILE, open_file(to));
	if (strcmp(to, "journal") == 0 || strcmp(to, "auto") == 0)
		r = open_as(SINK_JOURNAL, open_socket(AUDIT_JOURNAL));
	if (r < 0 && (strcmp(to, "syslog") == 0 || strcmp(to, "auto") == 0))
		r = open_as(SINK_SYSLOG, open_socket(AUDIT_SYSLOG));
	/* auto means: wherever somebody listens. */
	return strcmp(to, "auto") == 0 ? 0 : r;
}

int audit_open(const char *to)
{
	int r;

	audit_close();
	r = open_to(to);
	if (r < 0)
		audit_log(LOG_ERR,
			  "[audit] to = %s cannot be opened: %s; the lines go to standard error",
			  to, strerror(-r));
	return r;
}

static void forget_waiting(void);

void audit_close(void)
{
	audit_flush();
	forget_waiting();
	if (audit.fd >= 0)
		close(audit.fd);
	audit.fd = -1;
	audit.sink = SINK_STDERR;
}

/* ---- a text that grows ---- */

struct line {
	char *text;
	size_t size, len;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The whole piece or nothing of it: a field is never cut in its middle. */
static void add(struct line *line, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(line->text + line->len, line->size - line->len, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= line->size - line->len) {
		line->text[line->len] = '\0';
		return;
	}
	line->len += (size_t)n;
}

/* ---- sending ---- */

/* True where it is out.  MSG_NOSIGNAL: a log that went away is no reason to die. */
static bool send_now(const char *bytes, size_t len)
{
	const char *path = audit.sink == SINK_JOURNAL ? AUDIT_JOURNAL : AUDIT_SYSLOG;
	int fd;

	if (send(audit.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		return true;
	if (errno != ECONNREFUSED && errno != ENOTCONN && errno != ECONNRESET)
		return false;
	/* The log daemon was started anew: its socket is another one now. */
	fd = open_socket(path);
	if (fd < 0)
		return false;
	close(audit.fd);
	audit.fd = fd;
	return send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

/*
 * A burst fills the log daemon's socket faster than it reads: what does not go
 * out at once waits here, in order, for the keeper's next turn.
 */
struct waiting {
	struct waiting *next;
	size_t len;
	char bytes[];
};

static struct waiting *waiting_first, **waiting_last = &waiting_first;
static unsigned n_waiting;

static bool enqueue(const char *bytes, size_t len)
{
	struct waiting *one = n_waiting < AUDIT_WAITING_MAX ? malloc(sizeof(*one) + len) : NULL;

	if (!one)
		return false;
	one->next = NULL;
	one->len = len;
	memcpy(one->bytes, bytes, len);
	*waiting_last = one;
	waiting_last = &one->next;
	n_waiting++;
	return true;
}

void audit_flush(void)
{
	struct waiting *one;

	while ((one = waiting_first) != NULL) {
		if (!send_now(one->bytes, one->len))
			return;
		waiting_first = one->next;
		if (!waiting_first)
			waiting_last = &waiting_first;
		n_waiting--;
		free(one);
	}
}

static bool send_datagram(const char *bytes, size_t len)
{
	audit_flush();
	if (!waiting_first && send_now(bytes, len))
		return true;
	return enqueue(bytes, len);
}

static void forget_waiting(void)
{
	struct waiting *one;

	while ((one = waiting_first) != NULL) {
		waiting_first = one->next;
		audit.lost++;
		free(one);
	}
	waiting_last = &waiting_first;
	n_waiting = 0;
}

/* write(2), without the signal of a pipe that nobody reads any more. */
static ssize_t write_quietly(int fd, const char *text, size_t len)
{
	struct timespec at_once = {0};
	sigset_t broken, before, pending;
	ssize_t n;
	int error;

	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &broken, &before);
	n = write(fd, text, len);
	error = errno;
	if (n < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&broken, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return n;
}

/* A pipe or terminal that nobody reads must not hold a login up.  It may be
 * shared, so it is asked each time instead of being made non-blocking; a line
 * is shorter than PIPE_BUF, which is what a pipe that says POLLOUT has room for. */
static bool write_stderr(const char *text, size_t len)
{
	struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t n = send(STDERR_FILENO, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0 || errno != ENOTSOCK)
		return n == (ssize_t)len;
	if (poll(&ready, 1, 0) != 1 || ready.revents != POLLOUT)
		return false;
	return write_quietly(STDERR_FILENO, text, len) == (ssize_t)len;
}

static bool send_journal(int priority, const char *text, const char *fields)
{
	char buffer[DATAGRAM_SIZE];
	struct line line = {.text = buffer, .size = sizeof(buffer)};

	add(&line, "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=webcred\n", text,
	    priority, LOG_AUTHPRIV >> 3);
	add(&line, "%s", fields);
	return send_datagram(buffer, line.len);
}

static bool send_syslog(int priority, const char *text)
{
	char buffer[LINE_SIZE + 64];
	struct line line = {.text = buffer, .size = sizeof(buffer)};

	add(&line, "<%d>webcred[%ld]: %s", LOG_AUTHPRIV | priority, (long)getpid(), text);
	return send_datagram(buffer, line.len);
}

/* A file keeps no time of its own. */
static bool send_file(const char *text)
{
	char buffer[LINE_SIZE + 64], stamp[32] = "";
	struct line line = {.text = buffer, .size = sizeof(buffer)};
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ ", &tm);
	add(&line, "%swebcred: %s\n", stamp, text);
	return write_quietly(audit.fd, buffer, line.len) == (ssize_t)line.len;
}

static bool send_stderr(const char *text)
{
	char buffer[LINE_SIZE + 64];
	struct line line = {.text = buffer, .size = sizeof(buffer)};

	add(&line, "webcred: %s\n", text);
	return write_stderr(buffer, line.len);
}

static bool send_one(int priority, const char *text, const char *fields)
{
	switch (audit.sink) {
	case SINK_JOURNAL:
		return send_journal(priority, text, fields);
	case SINK_SYSLOG:
		return send_syslog(priority, text);
	case SINK_FILE:
		return send_file(text);
	case SINK_STDERR:
		break;
	}
	return send_stderr(text);
}

/* What could not be sent is counted, and told ahead of the next line that can;
 * not behind a queue that would drop the next one for it. */
static void send_line(int priority, const char *text, const char *fields)
{
	char lost[64];

	audit_flush();
	if (audit.lost > 0 && n_waiting < AUDIT_WAITING_MAX - 1) {
		snprintf(lost, sizeof(lost), "%lu lines before this one were lost", audit.lost);
		if (send_one(LOG_WARNING, lost, ""))
			audit.lost = 0;
	}
	if (!send_one(priority, text, fields))
		audit.lost++;
}

/* ---- lines ---- */

static void add_quoted(struct line *line, const char *name, const char *value)
{
	char escaped[FIELD_SIZE];

	text_escape(escaped, sizeof(escaped), value ? value : "");
	add(line, " %s=\"%s\"", name, escaped);
}

static void add_word(struct line *line, const char *name, const char *value)
{
	char escaped[FIELD_SIZE];

	text_escape(escaped, sizeof(escaped), value && value[0] ? value : "-");
	add(line, " %s=%s", name, escaped);
}

static void add_field(struct line *line, const char *name, const char *value)
{
	char clean[FIELD_SIZE];

	if (!value || !value[0])
		return;
	text_clean(clean, sizeof(clean), value);
	add(line, "WEBCRED_%s=%s\n", name, clean);
}

/* What a caller on the user socket says of itself is called a claim. */
static void entry_line(struct line *line, const struct audit_entry *entry, const char *id)
{
	char action[32], result[32];

	text_escape(action, sizeof(action), entry->action);
	text_escape(result, sizeof(result), entry->result);
	add(line, "%s %s", action, result);
	add_quoted(line, "user", entry->user);
	if (entry->peer_uid >= 0) {
		add(line, " peer_uid=%" PRId64, entry->peer_uid);
		add_quoted(line, "claimed_service", entry->service);
	} else {
		add_quoted(line, "service", entry->service);
		add_quoted(line, "tty", entry->tty);
		add_quoted(line, "rhost", entry->rhost);
		add(line, " requester=%" PRIu32, entry->requester);
	}
	add_word(line, "type", entry->type);
	add_quoted(line, "credential", entry->label);
	add_word(line, "id", id);
	add_word(line, "mediation", entry->mediation);
	add_quoted(line, "reason", entry->reason);
}

static void entry_fields(struct line *line, const struct audit_entry *entry, const char *id)
{
	char number[24];
	bool claimed = entry->peer_uid >= 0;

	add_field(line, "ACTION", entry->action);
	add_field(line, "RESULT", entry->result);
	add_field(line, "USER", entry->user);
	add_field(line, claimed ? "CLAIMED_SERVICE" : "SERVICE", entry->service);
	if (!claimed) {
		add_field(line, "TTY", entry->tty);
		add_field(line, "RHOST", entry->rhost);
	}
	snprintf(number, sizeof(number), "%" PRId64,
		 claimed ? entry->peer_uid : (int64_t)entry->requester);
	add_field(line, claimed ? "PEER_UID" : "REQUESTER", number);
	add_field(line, "TYPE", entry->type);
	add_field(line, "CREDENTIAL", entry->label);
	add_field(line, "ID", id);
	add_field(line, "MEDIATION", entry->mediation);
	add_field(line, "REASON", entry->reason);
}

void audit_entry(const struct audit_entry *entry)
{
	char text[LINE_SIZE] = "", fields[LINE_SIZE] = "", id[9] = "";
	struct line line = {.text = text, .size = sizeof(text)};
	struct line field = {.text = fields, .size = sizeof(fields)};
	int priority = LOG_INFO;

	if (entry->id)
		text_hex(id, entry->id, 4);
	if (strcmp(entry->result, "refused") == 0)
		priority = LOG_NOTICE;
	else if (strcmp(entry->result, "fault") == 0)
		priority = LOG_ERR;
	entry_line(&line, entry, id);
	entry_fields(&field, entry, id);
	send_line(priority, text, fields);
}

void audit_log(int priority, const char *format, ...)
{
	char raw[1024], text[sizeof(raw)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	text_clean(text, sizeof(text), raw);
	send_line(priority & LOG_PRIMASK, text, "");
}
