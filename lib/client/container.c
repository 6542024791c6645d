/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/text.h"

int container_lift_fd(int fd)
{
	int lifted;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	lifted = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)close(fd);
	return lifted;
}

PUBLIC int webcred_container_open(const char *user, uid_t uid,
				  struct webcred_container **ret_container)
{
	struct webcred_container *container;

	if (!text_name_valid(user))
		return WEBCRED_TYPE_ERROR;
	container = malloc(sizeof(*container));
	if (!container)
		return -ENOMEM;
	/* The rooms for messages are four fifths of it, and a page of them is written
	 * when the first message needs it. */
	memset(container, 0, offsetof(struct webcred_container, out));
	container->out.len = 0;
	container->out.overflow = false;
	container->text[0] = container->clean[0] = '\0';
	container->signal_fd = container->proved_fd = -1;
	container->cancel_fd = container_lift_fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (container->cancel_fd < 0) {
		int error = errno;

		free(container);
		return -error;
	}
	container->hello.magic = WIRE_MAGIC;
	container->hello.version = WIRE_VERSION;
	container->hello.uid = uid;
	container->hello.requester = getuid();
	/* Room for the longest valid name and its terminator; zeros behind it. */
	memcpy(container->hello.name, user, strlen(user));
	*ret_container = container;
	return 0;
}

PUBLIC void webcred_container_close(struct webcred_container *container)
{
	if (!container)
		return;
	if (container->proved_fd >= 0)
		(void)close(container->proved_fd);
	(void)close(container->cancel_fd);
	/* What follows was wiped after each message, as far as it was used. */
	wire_wipe(&container->out);
	secret_wipe(container, offsetof(struct webcred_container, out));
	free(container);
}

static int set_label(char *field, size_t size, const char *value)
{
	if (value && value[0] && !text_label_valid(value, size - 1))
		return WEBCRED_TYPE_ERROR;
	(void)snprintf(field, size, "%s", value ? value : "");
	return 0;
}

PUBLIC int webcred_container_set_service(struct webcred_container *container, const char *service)
{
	return set_label(container->service, sizeof(container->service), service);
}

PUBLIC int webcred_container_set_tty(struct webcred_container *container, const char *tty)
{
	return set_label(container->tty, sizeof(container->tty), tty);
}

PUBLIC int webcred_container_set_rhost(struct webcred_container *container, const char *rhost)
{
	return set_label(container->rhost, sizeof(container->rhost), rhost);
}

PUBLIC void webcred_container_set_requester(struct webcred_container *container, uid_t requester)
{
	container->hello.requester = requester;
}

PUBLIC int webcred_container_set_socket(struct webcred_container *container, const char *path)
{
	int r = connect_check(container, path);

	/* Not there yet is no reason to refuse it; a call will look again. */
	if (r != 0 && r != -ENOENT)
		return r;
	(void)snprintf(container->socket_path, sizeof(container->socket_path), "%s", path);
	return 0;
}

PUBLIC void webcred_container_cancel(struct webcred_container *container)
{
	webcred_container_abort(container, WEBCRED_ABORTED);
}

PUBLIC void webcred_container_abort(struct webcred_container *container, int reason)
{
	const uint64_t one = 1;
	int saved = errno, none = 0;

	if (reason == 0)
		reason = WEBCRED_ABORTED;
	(void)__atomic_compare_exchange_n(&container->abort_reason, &none, reason, false,
					  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	/* Full means cancelled long since. */
	if (write(container->cancel_fd, &one, sizeof(one)) < 0)
		errno = saved;
}

PUBLIC void webcred_container_set_signal(struct webcred_container *container, int fd)
{
	container->signal_fd = fd;
}

bool container_aborted(const struct webcred_container *container)
{
	struct pollfd fds[2] = {{.fd = container->cancel_fd, .events = POLLIN},
				{.fd = container->signal_fd, .events = POLLIN}};

	return poll(fds, 2, 0) > 0;
}

/* The reason of a signal that a descriptor gave is the model's own (15). */
static int abort_reason(struct webcred_container *container)
{
	int reason = __atomic_load_n(&container->abort_reason, __ATOMIC_SEQ_CST);

	return reason ? reason : WEBCRED_ABORTED;
}

int container_claim(struct webcred_container *container)
{
	if (!container)
		return WEBCRED_INVALID_STATE;
	/* Only a mediator's callback can find it busy; its own call goes on, and
	 * what the call has said so far is not touched.  One call of whatever type
	 * at a time: a stricter rule than one a type. */
	if (container->busy)
		return container_aborted(container) ? abort_reason(container) : WEBCRED_NOT_ALLOWED;
	container->busy = true;
	container->status = WEBCRED_STATUS_NONE;
	container->fail_delay_us = 0;
	container->tell_throttled = false;
	container->message[0] = '\0';
	return 0;
}

int container_look(struct webcred_container *container)
{
	if (!container_aborted(container))
		return 0;
	container_say(container, "cancelled before the call began");
	return WEBCRED_ABORTED;
}

int container_enter(struct webcred_container *container)
{
	int r = container_claim(container);

	if (r == 0 && container_look(container) != 0)
		r = container_leave(container, WEBCRED_ABORTED);
	return r;
}

/* A cancel ends one call, and is used up by it. */
static int abort_take(struct webcred_container *container)
{
	int reason = abort_reason(container);
	uint64_t count;
	ssize_t n = read(container->cancel_fd, &count, sizeof(count));

	(void)n; /* nothing in it is just as well: a descriptor's signal */
	__atomic_store_n(&container->abort_reason, 0, __ATOMIC_SEQ_CST);
	return reason;
}

int container_leave(struct webcred_container *container, int result)
{
	if (result < 0)
		container->status = WEBCRED_STATUS_FAULT;
	else if (result > 0 && container->status == WEBCRED_STATUS_NONE)
		container->status = WEBCRED_STATUS_NOTALLOWED;
	if (result == WEBCRED_ABORTED)
		result = abort_take(container);
	if (!container->message[0])
		container_say(container, "%s",
			      result < 0 ? strerror(-result) : outcome_name(result));
	secret_wipe(&container->result, sizeof(container->result));
	wire_wipe(&container->out);
	container->busy = false;
	return result;
}

void container_say(struct webcred_container *container, const char *format, ...)
{
	char text[CLIENT_MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_clean(container->message, sizeof(container->message), text);
}

PUBLIC enum webcred_status webcred_container_status(const struct webcred_container *container)
{
	return container->status;
}

PUBLIC const char *webcred_container_message(const struct webcred_container *container)
{
	return container->message;
}

PUBLIC unsigned webcred_container_fail_delay(const struct webcred_container *container)
{
	return container->fail_delay_us;
}

PUBLIC bool webcred_container_tell_throttled(const struct webcred_container *container)
{
	return container->tell_throttled;
}
