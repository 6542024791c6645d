/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * devices - which nodes are security keys, opened and locked for a helper.
 *
 * Only nodes that udev calls FIDO tokens are opened (or those the
 * configuration pins): discovery by opening would open every keyboard.  The
 * lock is taken at once or not at all: the keeper waits for nobody.
 */
#include "authority/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

struct devices_found {
	const struct keeper *keeper;
	struct client *client;
	bool again; /* what it had already is passed over */
	int fd[KEEPER_DEVICES];
	unsigned n, plugged, held, queued;
};

/* False where the key is somebody's: theirs who has it, until they are done. */
static bool devices_lock(struct devices_found *found, const char *path, int fd,
			 const struct stat *st)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	/* Ours, and udev has given the node another owner since. */
	if (keeper_seen_node(found->client, st))
		return false;
	if (keeper_seen_elsewhere(found->keeper, found->client, st)) {
		found->queued++;
		return false;
	}
	found->held++;
	if (!found->again)
		audit_log(LOG_NOTICE, "the security key %s is in use by another program", path);
	return false;
}

static void devices_try(struct devices_found *found, const char *path)
{
	struct stat st;
	int fd;

	if (found->again && lstat(path, &st) == 0 && keeper_seen_had(found->client, &st)) {
		found->plugged++;
		return;
	}
	/* Not our controlling terminal, not a wait, not a link. */
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0) {
		if (errno != ENOENT && errno != ENODEV && errno != ENXIO && errno != EIO)
			audit_log(LOG_WARNING, "cannot open the security key %s: %s", path,
				  strerror(errno));
		return;
	}
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode)) {
		audit_log(LOG_WARNING, "%s is no character device; device = names a key's node",
			  path);
		close(fd);
		return;
	}
	found->plugged++;
	if (found->n == KEEPER_DEVICES || !devices_lock(found, path, fd, &st)) {
		close(fd);
		return;
	}
	keeper_seen_note(found->client, &st);
	found->fd[found->n++] = fd;
}

static void devices_try_udev(struct devices_found *found, struct udev *udev, const char *sysfs)
{
	struct udev_device *device = udev_device_new_from_syspath(udev, sysfs);
	const char *node, *token;

	if (!device)
		return;
	node = udev_device_get_devnode(device);
	token = udev_device_get_property_value(device, "ID_FIDO_TOKEN");
	if (node && token && !strcmp(token, "1"))
		devices_try(found, node);
	udev_device_unref(device);
}

/* Whether there is no hidraw node at all: most often a key is not plugged in, and udev's list of
 * all classes is long.  False where it cannot be told. */
static bool devices_none(void)
{
	DIR *nodes = opendir("/sys/class/hidraw");
	struct dirent *node;
	bool none;

	if (!nodes)
		return errno == ENOENT;
	do {
		errno = 0;
		node = readdir(nodes);
	} while (node && node->d_name[0] == '.');
	none = !node && errno == 0;
	closedir(nodes);
	return none;
}

static void devices_enumerate(struct devices_found *found)
{
	struct udev *udev = udev_new();
	struct udev_enumerate *all = udev ? udev_enumerate_new(udev) : NULL;
	struct udev_list_entry *entry;

	if (all && udev_enumerate_add_match_subsystem(all, "hidraw") >= 0 &&
	    udev_enumerate_scan_devices(all) >= 0) {
		udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all))
			devices_try_udev(found, udev, udev_list_entry_get_name(entry));
	}
	udev_enumerate_unref(all);
	udev_unref(udev);
}

/* A configured path may be a link that a udev rule made: resolved here, for it
 * is root's word in root's file. */
static void devices_configured(const struct keeper *keeper, struct devices_found *found)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < keeper->conf.n_devices; i++) {
		if (realpath(keeper->conf.device[i], path))
			devices_try(found, path);
	}
}

void keeper_devices(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	struct devices_found found = {.keeper = keeper, .client = client};
	struct mother_message message = {.word = MOTHER_DEVICE};
	struct keeper_devices *devices = &client->devices;
	unsigned i;

	found.again = wire_get_u8(in) == 1;
	if (!wire_done(in) || devices->expected > devices->n) {
		client->closing = true;
		return;
	}
	if (!found.again)
		keeper_seen_forget(client);
	/* The rule is the keeper's: no session talks its way past it. */
	if (!locality_is_remote(keeper, client)) {
		if (keeper->conf.n_devices)
			devices_configured(keeper, &found);
		else if (!devices_none())
			devices_enumerate(&found);
	}
	devices->n = devices->expected = 0;
	devices->plugged = found.plugged;
	devices->held = found.held;
	devices->queued = found.queued;
	for (i = 0; i < found.n; i++) {
		message.number = client->serial;
		if (wire_send_fd(keeper->mother, &message, sizeof(message), found.fd[i],
				 wire_clock()) == 0)
			devices->expected++;
		close(found.fd[i]); /* the helper's copy holds the lock */
	}
	if (!devices->expected)
		keeper_devices_answer(keeper, client);
}

void keeper_devices_answer(struct keeper *keeper, struct client *client)
{
	wire_begin(&keeper->out, (enum wire_message)ANSWER_DEVICES);
	wire_put_u8(&keeper->out, (uint8_t)client->devices.n);
	wire_put_u8(&keeper->out, (uint8_t)client->devices.plugged);
	wire_put_u8(&keeper->out, (uint8_t)client->devices.held);
	wire_put_u8(&keeper->out, (uint8_t)client->devices.queued);
	keeper_answer(keeper, client);
}

void keeper_helper(struct keeper *keeper, uint64_t number, int channel)
{
	struct client *client = keeper_client(keeper, number);

	if (!client || client->devices.n >= client->devices.expected) {
		close(channel); /* its caller went away: the helper ends by itself */
		return;
	}
	client->devices.channel[client->devices.n++] = channel;
	if (client->devices.n == client->devices.expected)
		keeper_devices_answer(keeper, client);
}

/* Behind the answer that announced them. */
void keeper_devices_pass(struct client *client)
{
	struct keeper_devices *devices = &client->devices;
	struct wire_out out;
	unsigned i;

	if (!devices->n || devices->n != devices->expected)
		return;
	for (i = 0; i < devices->n; i++) {
		wire_begin(&out, (enum wire_message)ANSWER_CHANNEL);
		if (wire_send_fd(client->channel, out.bytes, out.len, devices->channel[i],
				 wire_clock()) != 0)
			client->closing = true;
		close(devices->channel[i]);
	}
	devices->n = devices->expected = 0;
}

void keeper_devices_drop(struct client *client)
{
	unsigned i;

	for (i = 0; i < client->devices.n; i++)
		close(client->devices.channel[i]);
	client->devices.n = client->devices.expected = 0;
}

void keeper_devices_miss(struct keeper *keeper, uint64_t number)
{
	struct client *client;

	for (client = keeper->clients; client; client = client->next) {
		struct keeper_devices *devices = &client->devices;

		if (client->closing || devices->n >= devices->expected)
			continue;
		if (number == MOTHER_ANY)
			devices->expected = devices->n;
		else if (client->serial == number)
			devices->expected--;
		else
			continue;
		keeper_seen_forget(client); /* what it has not had it may ask for again */
		if (devices->n == devices->expected)
			keeper_devices_answer(keeper, client);
	}
}
