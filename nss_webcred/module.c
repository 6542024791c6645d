/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* module - see module.h. */
#include "nss_webcred/module.h"

#include <errno.h>
#include <pthread.h>

/* The type as well: glibc (2.36) asks whether a thread may be cancelled when the signal for it is
 * sent, and when it arrives it asks for the type alone. */
void module_begin(struct module_call *call)
{
	call->saved = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &call->cancel);
	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &call->cancel_type);
}

enum nss_status module_end(const struct module_call *call, int r, int *errnop)
{
	int cancel;

	pthread_setcanceltype(call->cancel_type, &cancel);
	pthread_setcancelstate(call->cancel, &cancel);
	errno = call->saved;
	switch (r) {
	case 0:
		return NSS_STATUS_SUCCESS;
	case DATABASE_ABSENT:
		*errnop = ENOENT;
		return NSS_STATUS_NOTFOUND;
	case -ERANGE:
		*errnop = ERANGE;
		return NSS_STATUS_TRYAGAIN;
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
	case -EINTR:
	case -EAGAIN:
		*errnop = EAGAIN;
		return NSS_STATUS_TRYAGAIN;
	default:
		*errnop = -r;
		return NSS_STATUS_UNAVAIL;
	}
}

void module_number(uint32_t id, char number[MODULE_NUMBER])
{
	char digits[MODULE_NUMBER];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + id % 10);
		id /= 10;
	} while (id > 0);
	while (n > 0)
		*number++ = digits[--n];
	*number = '\0';
}
