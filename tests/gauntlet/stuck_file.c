/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * stuck_file - a file system of somebody's own, whose files cannot be closed.
 *
 * Mounts itself on a folder as --uid's, where any name is one and the same file.
 * The owner's own closes are answered, everybody else's (FUSE_FLUSH) never; with
 * --writeback what was written stays a dirty page, as no FUSE_WRITE is answered to
 * anybody: then who only drops the last reference waits as well.  FUSE_INTERRUPT is
 * passed over, so that not even SIGKILL ends a wait.  All of them end with this
 * process: at SIGTERM, SIGINT, or the end of whoever started it.
 *
 * Prints `ready`.  Exit status 77 where this machine has no such file systems.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODE_FILE 2
#define KEPT_S 3600 /* for so long the kernel asks no second time */
#define REQUEST_MAX (FUSE_MIN_READ_BUFFER + 65536)

static struct {
	int device;
	uint32_t owner;
	bool writeback;
} held;

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static _Noreturn void cannot(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(77);
}

/* ---- answers ------------------------------------------------------------------- */

static void answer(const struct fuse_in_header *to, int error, const void *body, size_t len)
{
	static char bytes[512];
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + len), .error = error, .unique = to->unique};

	memcpy(bytes, &header, sizeof(header));
	if (len > 0)
		memcpy(bytes + sizeof(header), body, len);
	/* A request that was taken back meanwhile wants none (ENOENT). */
	if (write(held.device, bytes, header.len) < 0 && errno != ENOENT)
		perror("stuck_file: an answer");
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){.ino = node,
				  .nlink = 1,
				  .mode = node == NODE_FILE ? S_IFREG | 0666 : S_IFDIR | 0755,
				  .uid = held.owner,
				  .gid = held.owner};
}

static void answer_init(const struct fuse_in_header *to)
{
	struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
				    .minor = FUSE_KERNEL_MINOR_VERSION,
				    .flags = held.writeback ? FUSE_WRITEBACK_CACHE : 0,
				    .max_write = 4096};

	answer(to, 0, &out, sizeof(out));
}

static void answer_lookup(const struct fuse_in_header *to)
{
	struct fuse_entry_out out = {.nodeid = NODE_FILE,
				     .entry_valid = KEPT_S,
				     .attr_valid = KEPT_S,
				     .attr = attributes(NODE_FILE)};

	answer(to, 0, &out, sizeof(out));
}

static void answer_attributes(const struct fuse_in_header *to)
{
	struct fuse_attr_out out = {.attr_valid = KEPT_S, .attr = attributes(to->nodeid)};

	answer(to, 0, &out, sizeof(out));
}

static void answer_open(const struct fuse_in_header *to)
{
	struct fuse_open_out out = {.open_flags = FOPEN_KEEP_CACHE};

	answer(to, 0, &out, sizeof(out));
}

/* Behind the header comes a write's own, then what is written. */
static void answer_write(const struct fuse_in_header *to)
{
	struct fuse_write_in in;
	struct fuse_write_out out = {0};

	if (held.writeback)
		return;
	memcpy(&in, to + 1, sizeof(in));
	out.size = in.size;
	answer(to, 0, &out, sizeof(out));
}

static void take(const struct fuse_in_header *request)
{
	switch (request->opcode) {
	case FUSE_INIT:
		answer_init(request);
		break;
	case FUSE_LOOKUP:
		answer_lookup(request);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer_attributes(request);
		break;
	case FUSE_OPEN:
		answer_open(request);
		break;
	case FUSE_WRITE:
		answer_write(request);
		break;
	case FUSE_FLUSH:
		if (request->uid == held.owner)
			answer(request, 0, NULL, 0);
		break;
	case FUSE_RELEASE:
		answer(request, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(request, -ENOSYS, NULL, 0);
	}
}

/* `calm`: what is blocked while it waits. */
static void serve(sigset_t calm)
{
	static union {
		struct fuse_in_header header;
		char room[REQUEST_MAX];
	} request;

	while (!ended) {
		struct pollfd ready = {.fd = held.device, .events = POLLIN};
		ssize_t n;

		if (ppoll(&ready, 1, NULL, &calm) < 0)
			continue;
		n = read(held.device, &request, sizeof(request));
		if (n >= (ssize_t)sizeof(request.header))
			take(&request.header);
		else if (n >= 0 || (errno != EINTR && errno != ENOENT && errno != EAGAIN))
			return;
	}
}

/* ---- the mount --------------------------------------------------------------------- */

static void mount_on(const char *folder)
{
	char options[160];

	held.device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (held.device < 0)
		cannot("/dev/fuse cannot be opened");
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=%u,group_id=%u,allow_other", held.device, held.owner,
		 held.owner);
	if (mount("stuck_file", folder, "fuse", MS_NOSUID | MS_NODEV, options) != 0)
		cannot("a file system of FUSE's cannot be mounted");
}

/* From here on they come while it waits alone; what was blocked before. */
static sigset_t expect_end(void)
{
	struct sigaction action = {.sa_handler = on_end};
	sigset_t ends, before;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ends, &before);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigdelset(&before, SIGTERM);
	sigdelset(&before, SIGINT);
	return before;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"uid", required_argument, NULL, 'u'},
						{"writeback", no_argument, NULL, 'w'},
						{NULL, 0, NULL, 0}};
	sigset_t calm;
	int key;

	while ((key = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (key == 'u')
			held.owner = (uint32_t)strtoul(optarg, NULL, 10);
		else if (key == 'w')
			held.writeback = true;
		else
			return 2;
	}
	if (argc - optind != 1) {
		fputs("usage: stuck_file --uid UID [--writeback] FOLDER\n", stderr);
		return 2;
	}
	calm = expect_end();
	mount_on(argv[optind]);
	puts("ready");
	(void)fflush(stdout);
	serve(calm);
	/* With the last descriptor of the device everything that waits is let go. */
	(void)umount2(argv[optind], MNT_DETACH);
	close(held.device);
	return 0;
}
