/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * terminal - the mediator over a terminal: it plays the browser's part.
 *
 * At a terminal, prompts go to it and secrets are typed without echo.  Where
 * standard input is something else, each prompt takes one line of it, so that
 * a script can answer: printf '%s\n%s\n' "$new" "$new" | webcred store password
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "tools/tool.h"

/* One answer at a time; static, so that it can be locked and wiped. */
static struct terminal_line {
	size_t len;
	bool too_long;
	char bytes[WEBCRED_SECRET_MAX];
} terminal_line;

static volatile sig_atomic_t terminal_stopped;

static void terminal_stop(int number)
{
	terminal_stopped = number;
}

bool terminal_is_attended(void)
{
	return isatty(STDIN_FILENO) == 1;
}

/* Standard output may be a file: a question belongs where it can be read. */
static void terminal_prompt(const char *text)
{
	FILE *tty;

	fflush(stdout);
	if (isatty(STDERR_FILENO) || (tty = fopen("/dev/tty", "we")) == NULL) {
		fputs(text, stderr);
		fflush(stderr);
		return;
	}
	fputs(text, tty);
	fclose(tty);
}

/* Waits for input with every signal let in; 0, or -EINTR. */
static int terminal_wait(const sigset_t *open_mask)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	if (signals_caught() != 0 || terminal_stopped != 0)
		return -EINTR;
	return ppoll(&input, 1, NULL, open_mask) < 0 ? -errno : 0;
}

/* One line into terminal_line; 0, -EINTR, -ENODATA at the end, or -errno. */
static int terminal_read(const sigset_t *open_mask)
{
	terminal_line.len = 0;
	terminal_line.too_long = false;
	for (;;) {
		char byte;
		ssize_t n;
		int r = terminal_wait(open_mask);

		if (r < 0)
			return r;
		n = read(STDIN_FILENO, &byte, 1); /* what follows belongs to the next prompt */
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return terminal_line.len > 0 ? 0 : -ENODATA;
		if (byte == '\n')
			return 0;
		if (terminal_line.len == sizeof(terminal_line.bytes))
			terminal_line.too_long = true; /* the rest of the line is dropped */
		else
			terminal_line.bytes[terminal_line.len++] = byte;
	}
}

/* Without echo; the terminal is put back whatever happens, ^Z included. */
static int terminal_read_quietly(const sigset_t *open_mask)
{
	struct termios old, quiet;
	int r;

	if (tcgetattr(STDIN_FILENO, &old) != 0)
		return terminal_read(open_mask); /* no terminal: nothing echoes */
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	r = terminal_read(open_mask);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &old);
	terminal_prompt("\n");
	return r;
}

/* Asks again after ^Z and fg. */
static int terminal_converse(bool quiet, const char *text, const sigset_t *open_mask)
{
	int r;

	do {
		terminal_stopped = 0;
		if (terminal_is_attended())
			terminal_prompt(text);
		r = quiet ? terminal_read_quietly(open_mask) : terminal_read(open_mask);
		if (r == -EINTR && terminal_stopped != 0 && signals_caught() == 0) {
			kill(getpid(), SIGSTOP);
			continue;
		}
		break;
	} while (true);
	return r;
}

/* Signals arrive while we wait and at no other moment: none can be missed
 * between a look at the flag and the read. */
static int terminal_converse_guarded(bool quiet, const char *text)
{
	struct sigaction stop = {.sa_handler = terminal_stop}, old_stop;
	sigset_t guarded, open_mask;
	int r;

	sigemptyset(&guarded);
	sigaddset(&guarded, SIGINT);
	sigaddset(&guarded, SIGTERM);
	sigaddset(&guarded, SIGHUP);
	sigaddset(&guarded, SIGQUIT);
	sigaddset(&guarded, SIGTSTP);
	sigemptyset(&stop.sa_mask);
	sigprocmask(SIG_BLOCK, &guarded, &open_mask);
	sigaction(SIGTSTP, &stop, &old_stop);
	r = terminal_converse(quiet, text, &open_mask);
	sigaction(SIGTSTP, &old_stop, NULL);
	sigprocmask(SIG_SETMASK, &open_mask, NULL);
	return r;
}

int terminal_ask(enum webcred_ask kind, const char *text, struct webcred_secret *answer)
{
	int r;

	(void)mlock(&terminal_line, sizeof(terminal_line)); /* where the limits allow it */
	r = terminal_converse_guarded(kind != WEBCRED_ASK_VISIBLE, text);
	if (r == 0 && terminal_line.too_long) {
		fprintf(stderr, "webcred: an answer has at most %d bytes\n", WEBCRED_SECRET_MAX);
		r = WEBCRED_NOT_ALLOWED;
	} else if (r == 0) {
		r = webcred_secret_set(answer, terminal_line.bytes, terminal_line.len);
	} else if (r == -EINTR) {
		r = WEBCRED_ABORTED;
	} else if (r == -ENODATA) {
		fprintf(stderr, "webcred: the input ended where this was asked: %s\n", text);
		r = WEBCRED_ABORTED;
	}
	explicit_bzero(&terminal_line, sizeof(terminal_line));
	return r;
}

int terminal_confirm(struct tool *tool, const char *question)
{
	struct webcred_secret *answer;
	const char *word;
	char text[512];
	size_t len;
	int r;

	if (tool->yes)
		return TOOL_DONE;
	if (!terminal_is_attended())
		return output_error(tool, TOOL_REFUSED, "NotAllowedError",
				    "%s Nobody is there to be asked, so nothing was changed."
				    " If it is meant, add --yes.",
				    question);
	answer = webcred_secret_new();
	if (answer == NULL)
		return output_failure(tool, -ENOMEM);
	snprintf(text, sizeof(text), "%s [y/N] ", question);
	r = terminal_ask(WEBCRED_ASK_VISIBLE, text, answer);
	word = r == 0 ? webcred_secret_get(answer, &len) : NULL;
	r = word != NULL && len > 0 && (word[0] == 'y' || word[0] == 'Y') ? TOOL_DONE
									  : TOOL_REFUSED;
	webcred_secret_free(answer);
	if (r != TOOL_DONE)
		output_error(tool, TOOL_REFUSED, "NotAllowedError", "Nothing was changed.");
	return r;
}

static int terminal_on_ask(void *context, enum webcred_ask kind, const char *text,
			   struct webcred_secret *answer)
{
	(void)context;
	return terminal_ask(kind, text, answer);
}

/* "Example:alice" out of otpauth://totp/Example%3Aalice?secret=... */
static void terminal_print_account(const char *uri)
{
	const char *at = strchr(uri + strcspn(uri, ":"), '/');
	unsigned byte;

	for (int slashes = 0; at != NULL && slashes < 2; slashes++)
		at = strchr(at + 1, '/');
	if (at == NULL)
		return;
	fputs("Account: ", stdout);
	for (at++; *at != '\0' && *at != '?'; at++) {
		if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1 && byte >= ' ' && byte != 127) {
			putchar((int)byte);
			at += 2;
		} else {
			putchar(*at);
		}
	}
	putchar('\n');
}

static void terminal_draw(const char *uri)
{
	if (qr_draw(uri))
		puts("Scan this with your authenticator app, or type it in:");
	else
		printf("The window is too small for the picture; type this into your"
		       " authenticator app:\n%s\n",
		       uri);
	terminal_print_account(uri);
}

static int terminal_show_uri(const struct tool *tool, const char *uri)
{
	if (tool->json)
		output_member("uri", uri);
	else if (!isatty(STDOUT_FILENO))
		printf("%s\n", uri);
	else
		terminal_draw(uri);
	return fflush(stdout) == 0 ? 0 : -EIO; /* a seed nobody saw must not be enrolled */
}

static int terminal_show_secret(const struct tool *tool, const char *text)
{
	if (tool->json)
		output_member("secret", text);
	else
		printf("%s\n", text);
	return fflush(stdout) == 0 ? 0 : -EIO;
}

static int terminal_on_show(void *context, enum webcred_show kind, const char *text)
{
	const struct tool *tool = context;

	switch (kind) {
	case WEBCRED_SHOW_URI:
		return terminal_show_uri(tool, text);
	case WEBCRED_SHOW_SECRET:
		return terminal_show_secret(tool, text);
	case WEBCRED_SHOW_INFO:
	case WEBCRED_SHOW_ERROR:
	case WEBCRED_SHOW_TOUCH:
		fprintf(stderr, "%s\n", text);
		return 0;
	}
	return 0; /* a kind of a later version: not ours to judge */
}

/* This is the person's own program, or root's: what it is told to use is theirs. */
static int terminal_on_agent(void *context, int *ret_fd)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	(void)context;
	return path != NULL && path[0] != '\0' ? webcred_agent_connect(path, ret_fd) : -ENODATA;
}

void terminal_mediate(struct tool *tool)
{
	tool->mediator = (struct webcred_mediator){
		.size = sizeof(tool->mediator),
		.context = tool,
		.ask = terminal_on_ask,
		.show = terminal_on_show,
		.agent = terminal_on_agent,
	};
}
