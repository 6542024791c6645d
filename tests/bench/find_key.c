/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * find_key - preloaded into programs that look for security keys with libfido2:
 * they find the one that $WEBCRED_BENCH_KEY names, a software key's terminal,
 * where udev and /dev/hidraw would have none.  All else is libfido2's own, and
 * libfido2 is not linked here: who loads it is to pay for that.
 */
#include <dlfcn.h>
#include <fido.h>
#include <stdlib.h>

typedef int info_set(fido_dev_info_t *, size_t, const char *, const char *, const char *,
		     const fido_dev_io_t *, const fido_dev_transport_t *);

/* An entry must name functions; who opens it by its path never calls them. */
static void *no_open(const char *path)
{
	(void)path;
	return NULL;
}

static void no_close(void *handle)
{
	(void)handle;
}

static int no_read(void *handle, unsigned char *buffer, size_t size, int milliseconds)
{
	(void)handle;
	(void)buffer;
	(void)size;
	(void)milliseconds;
	return -1;
}

static int no_write(void *handle, const unsigned char *buffer, size_t size)
{
	(void)handle;
	(void)buffer;
	(void)size;
	return -1;
}

__attribute__((visibility("default"))) int fido_dev_info_manifest(fido_dev_info_t *list, size_t n,
								  size_t *ret_found)
{
	static const fido_dev_io_t io = {no_open, no_close, no_read, no_write};
	const char *path = getenv("WEBCRED_BENCH_KEY");
	void *library = dlopen("libfido2.so.1", RTLD_LAZY | RTLD_NOLOAD);
	union {
		void *symbol;
		info_set *call;
	} set = {library ? dlsym(library, "fido_dev_info_set") : NULL};
	int r = FIDO_ERR_INTERNAL;

	*ret_found = 0;
	if (path && n > 0 && set.symbol)
		r = set.call(list, 0, path, "webcred", "softkey", &io, NULL);
	*ret_found = r == FIDO_OK;
	if (library)
		dlclose(library);
	return FIDO_OK;
}
