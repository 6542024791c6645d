/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* softkey: a security key in software, for tests. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attestation.h"
#include "loop.h"

#define MAIN_COMMANDS 64

struct options {
	const char *state, *control, *link, *log;
	int mode;
	bool die_with_parent;
	struct uhid_options uhid;
	/* Commands for settings_apply, in their order. */
	char *commands[MAIN_COMMANDS];
	size_t count;
};

static void main_help(FILE *f)
{
	fprintf(f, "usage: softkey pty|uhid [options]\n"
		   "       softkey ctl [--wait MS] SOCKET COMMAND...\n"
		   "       softkey root --state FILE\n"
		   "\n"
		   "A FIDO authenticator in software, for tests. pty prints the path of its\n"
		   "device as the first line, and is ready then; uhid prints /dev/uhid. Both end\n"
		   "on SIGTERM, SIGINT or the command unplug, which is an unplugging. ctl sends\n"
		   "each COMMAND and prints the answers, until one is an error. root prints the\n"
		   "attestation root in PEM.\n"
		   "\n"
		   "  --state FILE        keep credentials, counter and PIN here\n"
		   "  --control SOCKET    take commands here\n"
		   "  --link PATH         pty: a symbolic link to the device\n"
		   "  --mode OCTAL        pty: mode of the device\n"
		   "  --vendor HEX, --product HEX, --serial TEXT\n"
		   "                      uhid: who it says it is\n"
		   "  --log FILE          append one line for each event\n"
		   "  --die-with-parent   end when the parent process does\n"
		   "  --set COMMAND       as if it were sent at the start; repeatable\n"
		   "  --NAME[=VALUE], --NAME VALUE\n"
		   "                      the same for a command NAME=VALUE, or NAME\n"
		   "\n"
		   "Commands:\n");
	settings_help(f);
	control_help(f);
}

static void main_usage(const char *what)
{
	fprintf(stderr, "softkey: %s; see softkey --help\n", what);
	exit(2);
}

static void main_add_command(struct options *o, const char *name, const char *value)
{
	char *command;

	if (o->count == MAIN_COMMANDS)
		main_usage("too many commands");
	if (asprintf(&command, "%s%s%s", name, value == NULL ? "" : "=",
		     value == NULL ? "" : value) < 0)
		abort();
	o->commands[o->count++] = command;
}

/* False where the option is none of these, or one without a value. */
static bool main_parse_own(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "state") == 0)
		o->state = value;
	else if (strcmp(name, "control") == 0)
		o->control = value;
	else if (strcmp(name, "link") == 0)
		o->link = value;
	else if (strcmp(name, "log") == 0)
		o->log = value;
	else if (strcmp(name, "mode") == 0)
		o->mode = (int)strtol(value, NULL, 8);
	else if (strcmp(name, "vendor") == 0)
		o->uhid.vendor = (uint16_t)strtoul(value, NULL, 16);
	else if (strcmp(name, "product") == 0)
		o->uhid.product = (uint16_t)strtoul(value, NULL, 16);
	else if (strcmp(name, "serial") == 0)
		o->uhid.unique = value;
	else if (strcmp(name, "set") == 0)
		main_add_command(o, value, NULL);
	else
		return false;
	return true;
}

/* One option; returns how many words it took. */
static int main_parse_option(struct options *o, char *word, char *next)
{
	char *name = word + 2, *value;
	static char on[] = "on";

	if (strncmp(word, "--", 2) != 0)
		main_usage("unexpected argument");
	if (strcmp(name, "help") == 0) {
		main_help(stdout);
		exit(0);
	}
	if (strcmp(name, "die-with-parent") == 0) {
		o->die_with_parent = true;
		return 1;
	}
	value = strchr(name, '=');
	if (value != NULL)
		*value++ = '\0';
	else if (next != NULL && strncmp(next, "--", 2) != 0)
		value = next;
	if (value != NULL && main_parse_own(o, name, value))
		return value == next ? 2 : 1;
	if (!settings_known(name))
		main_usage("unknown option, or one without its value");
	if (value == NULL && strcmp(name, "u2f-only") == 0)
		value = on;
	main_add_command(o, name, value);
	return value != NULL && value == next ? 2 : 1;
}

static void main_parse(struct options *o, char **argv)
{
	memset(o, 0, sizeof(*o));
	o->mode = -1;
	o->uhid = (struct uhid_options){.vendor = 0x1209, .product = 0xf1d0, .unique = "softkey"};
	while (*argv != NULL)
		argv += main_parse_option(o, argv[0], argv[1]);
}

static int main_prepare(struct key *key, const struct options *o)
{
	char text[512];

	key->now = loop_now();
	state_deinit(&key->state);
	state_init(&key->state, o->state);
	if (state_load(&key->state) != 0 || (o->log != NULL && log_open(&key->log, o->log) != 0))
		return -1;
	for (size_t i = 0; i < o->count; i++) {
		if (settings_apply(key, o->commands[i], text, sizeof(text)) == 0)
			continue;
		fprintf(stderr, "softkey: %s: %s\n", o->commands[i], text);
		return -1;
	}
	return key_start(key);
}

static struct transport *main_open(const struct options *o, bool uhid)
{
	const struct pty_options pty = {.link = o->link, .mode = o->mode};

	return uhid ? uhid_open(&o->uhid) : pty_open(&pty);
}

static int main_serve(const struct options *o, bool uhid)
{
	static struct key key;
	static struct control control;
	struct transport *t = NULL;
	int signal_fd = loop_block_signals(), r = 1;

	key_init(&key, &loop_hid_ops, NULL);
	if (signal_fd == -1 || main_prepare(&key, o) != 0 ||
	    control_open(&control, &key, o->control) != 0)
		goto out;
	t = main_open(o, uhid);
	if (t != NULL) {
		key.transport = t;
		printf("%s\n", t->path);
		fflush(stdout);
		r = loop_run(&key, t, &control, signal_fd);
		t->ops->close(t);
	}
	control_close(&control);
out:
	key_deinit(&key);
	return r;
}

static pid_t main_child;

static void main_forward(int sig)
{
	kill(main_child, sig);
}

/*
 * A session needs a process that leads no group, but a shell with job control
 * makes each command the leader of one. Then a child serves, and this process
 * stands for it: signals go to the child, its status comes back, and neither
 * outlives the other.
 */
static int main_serve_in_child(const struct options *o)
{
	struct sigaction sa = {.sa_handler = main_forward};
	int status;

	main_child = fork();
	if (main_child == -1) {
		perror("softkey: fork");
		return 1;
	}
	if (main_child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		return getppid() == 1 ? 1 : main_serve(o, false);
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	while (waitpid(main_child, &status, 0) == -1) {
		if (errno != EINTR)
			return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int main_run(const struct options *o, bool uhid)
{
	if (o->die_with_parent)
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!uhid && getpgrp() == getpid() && getsid(0) != getpid())
		return main_serve_in_child(o);
	return main_serve(o, uhid);
}

static int main_root(const struct options *o)
{
	static struct key key;
	int r;

	key_init(&key, &loop_hid_ops, NULL);
	r = main_prepare(&key, o) == 0 ? attestation_print_root(&key, stdout) : -1;
	key_deinit(&key);
	return r == 0 ? 0 : 1;
}

static int main_ctl(char **argv)
{
	int wait_ms = 0;

	if (argv[0] != NULL && strcmp(argv[0], "--wait") == 0 && argv[1] != NULL) {
		wait_ms = atoi(argv[1]);
		argv += 2;
	}
	if (argv[0] == NULL || argv[1] == NULL)
		main_usage("ctl wants a socket and a command");
	return control_send(argv[0], wait_ms, argv + 1);
}

int main(int argc, char **argv)
{
	static struct options o;
	int r = 2;

	if (argc < 2)
		main_usage("nothing to do");
	if (strcmp(argv[1], "ctl") == 0)
		return main_ctl(argv + 2);
	if (strcmp(argv[1], "--help") == 0) {
		main_help(stdout);
		return 0;
	}
	main_parse(&o, argv + 2);
	if (strcmp(argv[1], "pty") == 0 || strcmp(argv[1], "uhid") == 0)
		r = main_run(&o, argv[1][0] == 'u');
	else if (strcmp(argv[1], "root") == 0)
		r = main_root(&o);
	else
		main_usage("the first word is pty, uhid, ctl or root");
	for (size_t i = 0; i < o.count; i++)
		free(o.commands[i]);
	return r;
}
