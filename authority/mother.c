/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* mother - see mother.h. */
#include "authority/mother.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "authority/audit.h"
#include "authority/session.h"
#include "device/wait.h"
#include "lib/base/wire.h"
#include "lib/core/types/public_key.h"
#include "lib/core/types/public_key_parse.h"

#define MOTHER_BACKOFF_MAX_MS 10000
#define MOTHER_PAUSE_MS 1000
#define MOTHER_FORGIVE_MS 60000 /* a pool without a crash for so long starts anew */
#define MOTHER_SEND_MS 5000
#define MOTHER_LARGE 65536
#define MOTHER_FAILURES 100 /* waits in a row that the kernel refused: then we end */

struct mother_child {
	pid_t pid;
	enum mother_pool pool;
};

struct mother {
	const struct mother_options *options;
	int keeper; /* channel */
	int signals;
	pid_t keeper_pid;
	bool draining, shaken; /* shaken: a session crashed */
	struct mother_nursery nursery[POOL_N];
	uint32_t rehearsing[POOL_N]; /* of what is owed, the last so many */
	struct mother_child *child;
	size_t n_children, room;
	int helper; /* channel to webcred-device --wait, or -1 */
	pid_t helper_pid;
};

static int mother_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	return 0;
}

/* A verification that fails, of a key that loads: the generator of P-256. */
static void mother_warm_es256(void)
{
	static const uint8_t x[32] = {0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47,
				      0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
				      0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0,
				      0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96};
	static const uint8_t y[32] = {0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b,
				      0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
				      0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
				      0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
	static const uint8_t signature[] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
	const struct cose_key key = {
		.algorithm = COSE_ES256, .x = x, .y = y, .x_len = sizeof(x), .y_len = sizeof(y)};
	uint8_t hash[32];

	(void)cose_verify(&key, x, sizeof(x), signature, sizeof(signature));
	(void)public_key_hash(x, sizeof(x), hash);
}

/* Opens whatever the libraries open lazily, while opening is still possible,
 * and pays once for what every session would pay again: the first ES256 costs
 * 1.3 ms, the next 0.1. */
static int mother_warm(void)
{
	void *volatile large;

	if (sodium_init() < 0)
		return -EIO;
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return -EIO;
	mother_warm_es256();
	/* What all that gave back lies in one list, which the first allocation of every session
	 * would walk, and have a page copied for each piece.  A large one sorts it, once. */
	large = malloc(MOTHER_LARGE);
	free(large);
	return 0;
}

static int mother_remember(struct mother *mother, pid_t pid, enum mother_pool pool)
{
	struct mother_child *grown;

	if (mother->n_children == mother->room) {
		size_t room = mother->room ? mother->room * 2 : 64;

		grown = realloc(mother->child, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		mother->child = grown;
		mother->room = room;
	}
	mother->child[mother->n_children++] = (struct mother_child){pid, pool};
	return 0;
}

static int mother_tell(struct mother *mother, enum mother_word word, uint64_t number,
		       enum mother_pool pool, int fd)
{
	struct mother_message message = {.word = word, .pool = pool, .number = number};

	return wire_send_fd(mother->keeper, &message, sizeof(message), fd,
			    wire_clock() + MOTHER_SEND_MS);
}

static _Noreturn void mother_be_session(const struct mother *mother, int channel, bool rehearses)
{
	int r;

	mother_unblock_signals();
	r = confine_session(&mother->options->session_ids, channel);
	if (r < 0) {
		/* The filter may stand already: only the exit status can speak. */
		_exit(71);
	}
	_exit(session_run(3, rehearses));
}

static int mother_fork_session(struct mother *mother, enum mother_pool pool)
{
	bool rehearses = mother->nursery[pool].owed <= mother->rehearsing[pool];
	int pair[2] = {-1, -1}, r;
	pid_t pid;

	r = mother_pair(pair);
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		mother_be_session(mother, pair[1], rehearses);
	r = pid < 0 ? -errno : mother_remember(mother, pid, pool);
	if (r == 0)
		r = mother_tell(mother, MOTHER_SESSION, (uint64_t)pid, pool, pair[0]);
	/* The keeper's end first: he hears of an end once nobody has the session's. */
	close(pair[0]);
	close(pair[1]);
	return r;
}

/* ---- security keys ------------------------------------------------------- */

static _Noreturn void mother_be_helper(const struct mother *mother, int channel)
{
	const struct confine_ids *ids = &mother->options->device_ids;
	char *const argv[] = {(char[]){"webcred-device"}, (char[]){"--wait"}, NULL};
	char *const environment[] = {NULL};

	mother_unblock_signals();
	if (dup2(channel, WAIT_CHANNEL_FD) < 0)
		_exit(71);
	/* Where both are the same descriptor dup2() has left its flag standing. */
	if (fcntl(WAIT_CHANNEL_FD, F_SETFD, 0) < 0)
		_exit(71);
	syscall(SYS_close_range, (unsigned)WAIT_DEVICE_FD, (unsigned)WAIT_DEVICE_FD, 0u);
	syscall(SYS_close_range, WAIT_CHANNEL_FD + 1u, ~0u, 0u);
	if (setgroups(0, NULL) < 0 || setresgid(ids->gid, ids->gid, ids->gid) < 0 ||
	    setresuid(ids->uid, ids->uid, ids->uid) < 0)
		_exit(71);
	execve(mother->options->device_helper, argv, environment);
	_exit(72);
}

/* What forks a helper for each ceremony: started when the first is wanted, and
 * again when it ended. */
static int mother_start_helper(struct mother *mother)
{
	int pair[2] = {-1, -1}, r = mother_pair(pair);

	if (r < 0)
		return r;
	mother->helper_pid = fork();
	if (mother->helper_pid == 0)
		mother_be_helper(mother, pair[1]);
	close(pair[1]);
	if (mother->helper_pid < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	mother->helper = pair[0];
	return 0;
}

static int mother_ask_helper(const struct mother *mother, enum wait_message word, int fd)
{
	uint8_t byte = (uint8_t)word;

	return wire_send_fd(mother->helper, &byte, sizeof(byte), fd, wire_clock() + MOTHER_SEND_MS);
}

static void mother_forget_helper(struct mother *mother)
{
	if (mother->helper >= 0)
		close(mother->helper);
	mother->helper = -1;
	mother->helper_pid = 0;
}

/* One that has heard half of it keeps a key locked: it ends, and the lock with it. */
static int mother_hand_over(struct mother *mother, int device, int channel)
{
	int r = mother->helper < 0 ? mother_start_helper(mother) : 0;

	if (r == 0)
		r = mother_ask_helper(mother, WAIT_DEVICE, device);
	if (r == 0)
		r = mother_ask_helper(mother, WAIT_CHANNEL, channel);
	if (r < 0)
		mother_forget_helper(mother);
	return r;
}

static int mother_try_device(struct mother *mother, uint64_t number, int device)
{
	int pair[2] = {-1, -1}, r = mother_pair(pair);

	if (r < 0)
		return r;
	r = mother_hand_over(mother, device, pair[1]);
	if (r < 0)
		r = mother_hand_over(mother, device, pair[1]); /* another one */
	if (r < 0)
		audit_log(LOG_ERR, "no helper for a security key: %s", strerror(-r));
	/* Without a helper the channel's other end closes, which says it all. */
	r = mother_tell(mother, MOTHER_HELPER, number, POOL_LOGIN, pair[0]);
	close(pair[0]);
	close(pair[1]);
	return r;
}

static void mother_start_device(struct mother *mother, uint64_t number, int device)
{
	int r = device < 0 ? -EPROTO : mother_try_device(mother, number, device);

	if (r == 0)
		return;
	audit_log(LOG_ERR, "no channel to a security key: %s", strerror(-r));
	mother_tell(mother, MOTHER_HELPER, number, POOL_LOGIN, -1);
}

/* Only what an attacker can provoke in our code slows a pool down; were kills
 * counted, a user who kills their own logins would delay everyone. */
static bool mother_is_crash(int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return sig == SIGSEGV || sig == SIGBUS || sig == SIGABRT || sig == SIGSYS;
}

static void mother_note_crash(struct mother *mother, enum mother_pool pool, pid_t pid, int sig)
{
	struct mother_nursery *nursery = &mother->nursery[pool];
	int64_t now = wire_clock(), wait;

	if (now - nursery->crashed_at > MOTHER_FORGIVE_MS)
		nursery->crashes = 0;
	wait = nursery->crashes < 7 ? INT64_C(100) << nursery->crashes : MOTHER_BACKOFF_MAX_MS;
	nursery->crashes++;
	nursery->crashed_at = now;
	nursery->not_before = now + wait;
	mother->shaken = true;
	audit_log(LOG_ALERT,
		  "session %d was ended by signal %d (%s); the next of its pool waits %lld ms",
		  (int)pid, sig, strsignal(sig), (long long)wait);
}

/* The next would fail alike, mostly. */
static void mother_note_unconfined(struct mother_nursery *nursery)
{
	int64_t now = wire_clock();

	if (nursery->not_before > now)
		return; /* said already */
	nursery->not_before = now + MOTHER_PAUSE_MS;
	audit_log(LOG_CRIT,
		  "a session could not give up its rights and ended; is seccomp available?");
}

static void mother_bury(struct mother *mother, pid_t pid, int status)
{
	size_t i;

	if (pid == mother->helper_pid)
		mother_forget_helper(mother);
	for (i = 0; i < mother->n_children; i++) {
		if (mother->child[i].pid != pid)
			continue;
		if (mother_is_crash(status))
			mother_note_crash(mother, mother->child[i].pool, pid, WTERMSIG(status));
		else if (WIFEXITED(status) && WEXITSTATUS(status) == 71)
			mother_note_unconfined(&mother->nursery[mother->child[i].pool]);
		mother->child[i] = mother->child[--mother->n_children];
		return;
	}
}

/* True when the keeper is gone. */
static bool mother_reap(struct mother *mother, int *ret_status)
{
	struct signalfd_siginfo info;
	bool keeper_gone = false;
	int status;
	pid_t pid;

	while (read(mother->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) {
			mother->draining = true;
			mother_tell(mother, MOTHER_DRAIN, 0, POOL_LOGIN, -1);
		}
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != mother->keeper_pid) {
			mother_bury(mother, pid, status);
			continue;
		}
		keeper_gone = true;
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 70;
	}
	return keeper_gone;
}

/* A session that holds memory and does not end by itself.  Nobody but us reaps, so
 * what is a child of ours is none that came later with the same number. */
static void mother_end_session(const struct mother *mother, pid_t pid)
{
	siginfo_t info;

	if (pid <= 0 || pid == mother->keeper_pid || pid == mother->helper_pid ||
	    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return;
	if (kill(pid, SIGKILL) < 0)
		audit_log(LOG_CRIT, "session %d cannot be ended: %s", (int)pid, strerror(errno));
}

/* True while the keeper lives. */
static bool mother_hear(struct mother *mother)
{
	struct mother_message message;
	int fd = -1;
	ssize_t n;

	n = wire_recv(mother->keeper, &message, sizeof(message), &fd, -1, wire_clock());
	if (n == -ETIMEDOUT)
		return true;
	if (n != (ssize_t)sizeof(message)) {
		if (fd >= 0)
			close(fd);
		/* No descriptor was free for what came along, and only a key comes along. */
		if (n == -EMSGSIZE)
			mother_tell(mother, MOTHER_HELPER, MOTHER_ANY, POOL_LOGIN, -1);
		return n != -ENODATA;
	}
	if (message.word == MOTHER_SPAWN && message.pool < POOL_N) {
		mother->nursery[message.pool].owed++;
		mother->rehearsing[message.pool] += message.number == 1;
	} else if (message.word == MOTHER_DEVICE)
		mother_start_device(mother, message.number, fd);
	else if (message.word == MOTHER_END && message.number <= INT32_MAX)
		mother_end_session(mother, (pid_t)message.number);
	if (fd >= 0)
		close(fd);
	return true;
}

/* Forks what is owed; how long to sleep until the next may be forked. */
static int mother_tend(struct mother *mother)
{
	int64_t now = wire_clock(), wait = -1;
	int pool, r;

	for (pool = 0; pool < POOL_N; pool++) {
		struct mother_nursery *nursery = &mother->nursery[pool];

		if (!nursery->owed)
			continue;
		if (now < nursery->not_before) {
			if (wait < 0 || nursery->not_before - now < wait)
				wait = nursery->not_before - now;
			continue;
		}
		r = mother_fork_session(mother, (enum mother_pool)pool);
		if (r == 0) {
			mother->rehearsing[pool] -= mother->rehearsing[pool] >= nursery->owed;
			nursery->owed--;
			wait = 0; /* one at a time, hearing the keeper in between */
			continue;
		}
		if (r == -EPIPE) {
			nursery->owed = 0; /* the keeper has ended, and so shall we */
			continue;
		}
		audit_log(LOG_CRIT, "cannot fork a session: %s; trying again in a second",
			  strerror(-r));
		nursery->not_before = now + MOTHER_PAUSE_MS;
		wait = MOTHER_PAUSE_MS;
	}
	return (int)wait;
}

static int mother_loop(struct mother *mother)
{
	struct pollfd wait[2] = {
		{.fd = mother->keeper, .events = POLLIN},
		{.fd = mother->signals, .events = POLLIN},
	};
	int status = 0, failed = 0;

	for (;;) {
		if (poll(wait, 2, mother_tend(mother)) < 0) {
			failed = errno == EINTR ? 0 : failed + 1;
			if (failed > MOTHER_FAILURES)
				return 70;
			continue;
		}
		failed = 0;
		if ((wait[1].revents & POLLIN) && mother_reap(mother, &status))
			return mother->draining ? status : (status ? status : 70);
		if (mother->shaken && !mother->draining)
			mother_again(mother->options, mother->keeper, mother->keeper_pid,
				     mother->nursery);
		mother->shaken = false;
		if ((wait[0].revents & (POLLIN | POLLHUP)) && !mother_hear(mother))
			wait[0].fd = -1; /* its exit status comes by signal */
	}
}

static int mother_signals(struct mother *mother)
{
	sigset_t set;
	int r = mother_block_signals(&set);

	if (r < 0)
		return r;
	mother->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return mother->signals < 0 ? -errno : 0;
}

int mother_run(const struct mother_options *options, int keeper, pid_t keeper_pid,
	       const struct mother_nursery *carried)
{
	struct mother mother = {.options = options,
				.keeper = keeper,
				.keeper_pid = keeper_pid,
				.signals = -1,
				.helper = -1};
	int r;

	/* Nobody reads our memory through /proc, and no core is left. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = mother_signals(&mother);
	if (r == 0)
		r = confine_prepare();
	if (r == 0)
		r = mother_warm();
	if (r < 0) {
		audit_log(LOG_CRIT, "cannot start: %s", strerror(-r));
		return 70;
	}
	if (carried) {
		memcpy(mother.nursery, carried, sizeof(mother.nursery));
		(void)mother_tell(&mother, MOTHER_ANEW, 0, POOL_LOGIN, -1);
	}
	r = mother_loop(&mother);
	free(mother.child);
	return r;
}
