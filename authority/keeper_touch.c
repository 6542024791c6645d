/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_touch - says, where a desktop can see it, that a touch is awaited.
 *
 * /run/webcred/touch/UID is there as long as a login that this person asked for
 * waits for a security key; its text is the service's name.  It is a hint for
 * programs that show one (webcred watch): nothing reads it to decide, and that
 * it cannot be written costs no login.
 */
#include "authority/keeper.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOUCH_FOLDER WIRE_SOCKET_FOLDER "/touch"
#define TOUCH_NEW ".new"

/* Who sits there: who asks, or where that is root's program, whom it is about. */
static uint32_t touch_uid(const struct client *client)
{
	return client->pin.requester ? client->pin.requester : client->pin.uid;
}

static int touch_folder(void)
{
	/* systemd-tmpfiles makes it; the unit itself may not. */
	bool made = mkdir(TOUCH_FOLDER, 0755) == 0;
	int folder = open(TOUCH_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (made && folder >= 0)
		(void)fchmod(folder, 0755);
	return folder;
}

void keeper_touch_clear(void)
{
	int folder = open(TOUCH_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *all = folder < 0 ? NULL : fdopendir(folder);
	struct dirent *one;

	while (all && (one = readdir(all))) {
		if (strspn(one->d_name, "0123456789") == strlen(one->d_name))
			(void)unlinkat(folder, one->d_name, 0);
	}
	if (all)
		closedir(all);
	else if (folder >= 0)
		close(folder);
}

static void touch_write(int folder, const char *name, const char *service)
{
	int fd;

	(void)unlinkat(folder, TOUCH_NEW, 0);
	fd = openat(folder, TOUCH_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	/* Against the unit's UMask=: everybody may see who is waited for, as in ps(1). */
	if (fchmod(fd, 0644) == 0 && dprintf(fd, "%s\n", service) > 0)
		(void)renameat(folder, TOUCH_NEW, folder, name);
	close(fd);
}

static bool touch_elsewhere(const struct keeper *keeper, const struct client *except)
{
	const struct client *client;

	for (client = keeper->clients; client; client = client->next) {
		if (client != except && client->touching && touch_uid(client) == touch_uid(except))
			return true;
	}
	return false;
}

void keeper_touch(struct keeper *keeper, struct client *client, bool awaited)
{
	char name[16];
	int folder;

	if (client->touching == awaited)
		return;
	client->touching = awaited;
	if (!awaited && touch_elsewhere(keeper, client))
		return;
	folder = touch_folder();
	if (folder < 0)
		return;
	snprintf(name, sizeof(name), "%" PRIu32, touch_uid(client));
	if (awaited)
		touch_write(folder, name, client->service);
	else
		(void)unlinkat(folder, name, 0);
	close(folder);
}
