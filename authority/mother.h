/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * mother - forks sessions ahead of need, starts device
 * helpers.  Root, because it must give rights away; it never opened the store
 * and reads nothing foreign: only the keeper talks to it, over one
 * SOCK_SEQPACKET pair, in struct mother_message, with at most one descriptor.
 */
#ifndef WEBCRED_AUTHORITY_MOTHER_H
#define WEBCRED_AUTHORITY_MOTHER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "authority/confine.h"
#include "authority/sockets.h"

enum mother_pool { POOL_LOGIN = 0, POOL_USER = 1, POOL_N = 2 };

enum mother_word {
	MOTHER_SPAWN = 1,   /* keeper: one more session for `pool`; `number` 1: it rehearses */
	MOTHER_SESSION = 2, /* mother: its channel, and its pid in `number` */
	MOTHER_DEVICE = 3,  /* keeper: a helper for this device, tagged `number` */
	MOTHER_HELPER = 4,  /* mother: its channel, tagged `number`; without one: there is none */
	MOTHER_DRAIN = 5,   /* mother: no more callers; exit when the last is served */
	MOTHER_ANEW = 6,    /* mother: executed again; sessions forked before are to end */
	MOTHER_END = 7,	    /* keeper: the session with the pid `number` is to end, now */
};

#define MOTHER_ANY 0 /* a helper's number that got lost: it may be anyone's */

struct mother_message {
	uint32_t word;
	uint32_t pool;
	uint64_t number;
};

struct mother_options {
	const char *conf_path;
	const char *state_folder;
	const char *sessions;	   /* webcred-authority-sessions' path */
	const char *device_helper; /* webcred-device's path */
	struct sockets sockets;
	struct confine_ids session_ids, device_ids;
};

/* What a pool is owed and how often its sessions crashed; outlives an execution. */
struct mother_nursery {
	uint32_t owed; /* asked for, not yet forked */
	uint32_t crashes;
	int64_t crashed_at, not_before; /* wire_clock() */
};

/* mother_again.c: every session is a copy of the mother, so what one crash tells
 * of addresses holds for all.  Behind a crash she executes herself, and has
 * others; returns where that failed.  Nurseries go along as arguments. */
void mother_again(const struct mother_options *options, int keeper, pid_t keeper_pid,
		  const struct mother_nursery nursery[POOL_N]);
/* The program, with the arguments of mother_main.c; -errno where it failed. */
int mother_execute(const char *program, const struct mother_options *options, int keeper,
		   pid_t keeper_pid, const struct mother_nursery *nursery);
/* What an argument said; false where it is none of ours. */
bool mother_again_read(const char *text, struct mother_nursery *ret_nursery);
/* Runs until told to stop or until the keeper ends; the exit status.  `carried`
 * is what an earlier execution knew, or NULL. */
int mother_run(const struct mother_options *options, int keeper, pid_t keeper_pid,
	       const struct mother_nursery *carried);
/* What her signalfd hears; *ret_set where it is wanted. */
int mother_block_signals(sigset_t *ret_set);
void mother_unblock_signals(void);

#endif
