/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * commits FOLDER CLIENTS N RAW - durable commits by the store's own verbs:
 * CLIENTS processes each advance a counter of their own N times, and go on when
 * told that it is committed; one process has the store, as the keeper does, and
 * commits for everybody who waits.  FOLDER is a store of make_store's with the
 * users fill0, fill1, ...  RAW and the line on stdout are pambench's.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "authority/store/store.h"
#include "tests/bench/login.h"

#define CLIENTS_MAX 256

struct client {
	int64_t account;
	uint8_t id[WIRE_ID_SIZE];
	uint64_t moving;
	bool waits;
};

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "commits: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

static int take_record(void *context, const struct store_record *record)
{
	struct client *client = context;

	client->account = record->account;
	client->moving = record->credential.moving;
	memcpy(client->id, record->credential.id, sizeof(client->id));
	return 1;
}

static void find(struct store *store, int number, struct client *client)
{
	struct store_account account;
	char name[32];
	int r;

	snprintf(name, sizeof(name), "fill%d", number);
	r = store->ops->account_find(store, name, &account);
	if (r == 0)
		r = store->ops->record_each(store, account.number, take_record, client);
	if (r < 0 || client->account == 0)
		die(name, r < 0 ? r : ENOENT);
}

static _Noreturn void be_client(int fd, int n, uint64_t *ret_ns)
{
	char byte = 1;

	for (int i = 0; i < n; i++) {
		uint64_t began = login_clock();

		if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
			_exit(1);
		ret_ns[i] = login_clock() - began;
	}
	_exit(0);
}

/* Everybody who waits, in one transaction; the answers leave after it. */
static int commit_all(struct store *store, struct client *client, struct pollfd *wait, int n)
{
	int r = store->ops->begin(store), open = 0;
	char byte;

	for (int i = 0; r == 0 && i < n; i++) {
		client[i].waits = wait[i].revents && recv(wait[i].fd, &byte, 1, 0) == 1;
		if (wait[i].revents && !client[i].waits)
			wait[i].fd = -1; /* it has done its share */
		if (client[i].waits)
			r = store->ops->advance(store, client[i].account, client[i].id,
						client[i].moving, client[i].moving + 1, 0,
						time(NULL));
		open += wait[i].fd >= 0;
	}
	if (r == 0)
		r = store->ops->commit(store);
	if (r != 0)
		die("commit", r);
	for (int i = 0; i < n; i++) {
		client[i].moving += client[i].waits;
		if (client[i].waits && send(wait[i].fd, &byte, 1, MSG_NOSIGNAL) != 1)
			die("answer", errno);
	}
	return open;
}

static void serve(struct store *store, struct client *client, struct pollfd *wait, int n)
{
	int open = n;

	while (open > 0) {
		if (poll(wait, (nfds_t)n, -1) < 0)
			die("poll", errno);
		open = commit_all(store, client, wait, n);
	}
}

static void tell(const char *path, const uint64_t *ns, int n, uint64_t wall_ns)
{
	FILE *raw = fopen(path, "ae");

	if (!raw)
		die(path, errno);
	for (int i = 0; i < n; i++)
		fprintf(raw, "%" PRIu64 " %" PRIu64 " 0 0\n", ns[i], ns[i]);
	fclose(raw);
	printf("n %d ok %d wall_us %.1f cpu_us 0\n", n, n, (double)wall_ns / 1e3);
}

int main(int argc, char **argv)
{
	static struct client client[CLIENTS_MAX];
	struct pollfd wait_for[CLIENTS_MAX];
	int n = argc == 5 ? atoi(argv[2]) : 0, each = argc == 5 ? atoi(argv[3]) : 0, pair[2];
	struct store *store = NULL;
	char error[512] = "";
	uint64_t *ns, began;

	if (n < 1 || n > CLIENTS_MAX || each < 1) {
		fputs("usage: commits FOLDER CLIENTS N RAW\n", stderr);
		return 2;
	}
	ns = mmap(NULL, sizeof(*ns) * (size_t)(n * each), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ns == MAP_FAILED || store_sqlite_open(argv[1], &store, error, sizeof(error)) != 0)
		die(error, EIO);
	began = login_clock();
	for (int i = 0; i < n; i++) {
		find(store, i, &client[i]);
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
			die("socketpair", errno);
		if (fork() == 0) {
			close(pair[0]);
			be_client(pair[1], each, ns + (size_t)i * (size_t)each);
		}
		close(pair[1]);
		wait_for[i] = (struct pollfd){.fd = pair[0], .events = POLLIN};
	}
	serve(store, client, wait_for, n);
	while (wait(NULL) > 0)
		continue;
	tell(argv[4], ns, n * each, login_clock() - began);
	store->ops->close(store);
	return 0;
}
