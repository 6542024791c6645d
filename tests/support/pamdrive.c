/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * pamdrive - the command line, and what must be the same before and after.
 *
 * Prints one line for each message of the conversation and for each operation;
 * with --repeat what follows the first run is silent.  A host lends its
 * descriptors, handlers, signal mask, umask and working folder: what is not as
 * it was is told as a line `changed ...`.  Exit status: 0 where every operation
 * ended with PAM_SUCCESS, 1 otherwise, 2 for a mistake on the command line.
 */
#include "tests/support/pamdrive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static const char usage_text[] =
	"usage: pamdrive [OPTION]... OPERATION...\n"
	"  operations: authenticate setcred acct_mgmt open_session close_session chauthtok user,\n"
	"              each with flags of its own: 'authenticate(silent|disallow_null)'\n"
	"  -u USER  -s SERVICE  -c CONFDIR  -f FLAGS  --rhost H  --tty T  --ruser R\n"
	"  --answer TEXT (repeatable)  --answer-big BYTES  --conv script|none|error|null|nulltext\n"
	"  --env NAME=VALUE  --switch-user NAME  --hold FILE  --prompted FILE  --close-stdio  "
	"--repeat N\n"
	"  --chroot DIR (at the first prompt)  --spawn (ls, of its descriptors)\n"
	"  --race N  --race-users FILE  --race-answers FILE  --quiet\n";

enum option_key {
	KEY_RHOST = 256,
	KEY_TTY,
	KEY_RUSER,
	KEY_ANSWER,
	KEY_ANSWER_BIG,
	KEY_CONV,
	KEY_ENV,
	KEY_SWITCH_USER,
	KEY_HOLD,
	KEY_PROMPTED,
	KEY_CHROOT,
	KEY_SPAWN,
	KEY_CLOSE_STDIO,
	KEY_REPEAT,
	KEY_RACE,
	KEY_RACE_USERS,
	KEY_RACE_ANSWERS,
	KEY_QUIET,
};

static const struct option options[] = {
	{"rhost", required_argument, NULL, KEY_RHOST},
	{"tty", required_argument, NULL, KEY_TTY},
	{"ruser", required_argument, NULL, KEY_RUSER},
	{"answer", required_argument, NULL, KEY_ANSWER},
	{"answer-big", required_argument, NULL, KEY_ANSWER_BIG},
	{"conv", required_argument, NULL, KEY_CONV},
	{"env", required_argument, NULL, KEY_ENV},
	{"switch-user", required_argument, NULL, KEY_SWITCH_USER},
	{"hold", required_argument, NULL, KEY_HOLD},
	{"prompted", required_argument, NULL, KEY_PROMPTED},
	{"chroot", required_argument, NULL, KEY_CHROOT},
	{"spawn", no_argument, NULL, KEY_SPAWN},
	{"close-stdio", no_argument, NULL, KEY_CLOSE_STDIO},
	{"repeat", required_argument, NULL, KEY_REPEAT},
	{"race", required_argument, NULL, KEY_RACE},
	{"race-users", required_argument, NULL, KEY_RACE_USERS},
	{"race-answers", required_argument, NULL, KEY_RACE_ANSWERS},
	{"quiet", no_argument, NULL, KEY_QUIET},
	{NULL, 0, NULL, 0},
};

static void usage(void)
{
	fputs(usage_text, stderr);
	exit(2);
}

static void add_answer(struct drive *drive, char *text)
{
	if (text == NULL || drive->n_answers == ANSWERS_MAX)
		usage();
	drive->answer[drive->n_answers++] = text;
}

static char *big_answer(const char *bytes)
{
	size_t len = strtoul(bytes, NULL, 10);
	char *text = malloc(len + 1);

	if (text == NULL)
		exit(2);
	memset(text, 'x', len);
	text[len] = '\0';
	return text;
}

static enum conversation conversation_parse(const char *word)
{
	static const char *const words[] = {"script", "none", "error", "null", "nulltext"};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum conversation)i;
	usage();
	return CONVERSATION_ERROR;
}

static int flags_parse(const char *words)
{
	int flags = 0;

	if (strstr(words, "silent") != NULL)
		flags |= PAM_SILENT;
	if (strstr(words, "disallow_null") != NULL)
		flags |= PAM_DISALLOW_NULL_AUTHTOK;
	return flags;
}

static void option_take(struct drive *drive, int key, char *value)
{
	switch (key) {
	case 'u':
		drive->user = value;
		break;
	case 's':
		drive->service = value;
		break;
	case 'c':
		drive->confdir = value;
		break;
	case 'f':
		drive->flags = flags_parse(value);
		break;
	case KEY_RHOST:
		drive->rhost = value;
		break;
	case KEY_TTY:
		drive->tty = value;
		break;
	case KEY_RUSER:
		drive->ruser = value;
		break;
	case KEY_ANSWER:
		add_answer(drive, value);
		break;
	case KEY_ANSWER_BIG:
		add_answer(drive, big_answer(value));
		break;
	case KEY_CONV:
		drive->conversation = conversation_parse(value);
		break;
	case KEY_ENV:
		drive->env = value;
		break;
	case KEY_SWITCH_USER:
		drive->switch_user = value;
		break;
	case KEY_HOLD:
		drive->hold = value;
		break;
	case KEY_PROMPTED:
		drive->prompted = value;
		break;
	case KEY_CHROOT:
		drive->chroot = value;
		break;
	case KEY_SPAWN:
		drive->spawn = true;
		break;
	case KEY_CLOSE_STDIO:
		drive->close_stdio = true;
		break;
	case KEY_REPEAT:
		drive->repeat = (unsigned)strtoul(value, NULL, 10);
		break;
	case KEY_RACE:
		drive->race = (unsigned)strtoul(value, NULL, 10);
		break;
	case KEY_RACE_USERS:
		drive->race_users = value;
		break;
	case KEY_RACE_ANSWERS:
		drive->race_answers = value;
		break;
	case KEY_QUIET:
		drive->quiet = true;
		break;
	default:
		usage();
	}
}

/* ---- what a host lends --------------------------------------------------- */

struct lent {
	unsigned descriptors;
	mode_t umask;
	sigset_t mask;
	struct sigaction action[NSIG];
	char folder[4096];
};

static unsigned count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 3; /* ".", ".." and the folder itself */
}

static void lent_look(struct lent *lent)
{
	memset(lent, 0, sizeof(*lent));
	lent->descriptors = count_descriptors();
	lent->umask = umask(0);
	umask(lent->umask);
	sigprocmask(SIG_SETMASK, NULL, &lent->mask);
	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, NULL, &lent->action[i]);
	if (getcwd(lent->folder, sizeof(lent->folder)) == NULL)
		lent->folder[0] = '\0';
}

static void lent_compare(const struct lent *before, const struct lent *after)
{
	printf("descriptors %u %u\n", before->descriptors, after->descriptors);
	if (before->descriptors != after->descriptors)
		puts("changed descriptors");
	if (before->umask != after->umask)
		puts("changed umask");
	if (strcmp(before->folder, after->folder) != 0)
		puts("changed folder");
	for (int i = 1; i < NSIG; i++) {
		if (sigismember(&before->mask, i) != sigismember(&after->mask, i))
			printf("changed mask of signal %d\n", i);
		if (before->action[i].sa_handler != after->action[i].sa_handler)
			printf("changed handler of signal %d\n", i);
	}
}

/* Runs with 0 to 2 closed, as a daemon may, and gives them back to report. */
static int run_without_stdio(struct drive *drive)
{
	int kept[3];

	fflush(NULL);
	for (int i = 0; i < 3; i++) {
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
		close(i);
	}
	drive->quiet = true;
	int code = drive_run(drive);
	for (int i = 0; i < 3; i++) {
		if (fcntl(i, F_GETFD) != -1)
			dprintf(kept[1], "changed descriptor %d\n", i);
		dup2(kept[i], i);
		close(kept[i]);
	}
	printf("ended %s\n", drive_code_name(code));
	return code;
}

static int run_all(struct drive *drive)
{
	int code = PAM_SUCCESS;

	for (unsigned i = 0; i < drive->repeat; i++) {
		int now = drive->close_stdio ? run_without_stdio(drive) : drive_run(drive);
		if (now != PAM_SUCCESS)
			code = now;
		drive->quiet = true;
	}
	if (drive->repeat > 1)
		printf("repeated %u %s\n", drive->repeat, drive_code_name(code));
	return code;
}

int main(int argc, char **argv)
{
	static struct lent before, after;
	static struct drive drive = {
		.service = "webcred-test", .repeat = 1, .ready_fd = -1, .go_fd = -1};
	int key;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((key = getopt_long(argc, argv, "u:s:c:f:", options, NULL)) != -1)
		option_take(&drive, key, optarg);
	if (optind == argc || argc - optind > OPS_MAX)
		usage();
	for (; optind < argc; optind++)
		drive.op[drive.n_ops++] = argv[optind];
	if (drive.race > 0)
		return drive_race(&drive) == 0 ? 0 : 2;
	openlog("pamdrive", LOG_NDELAY, LOG_AUTHPRIV); /* libc's own descriptor, not the module's */
	lent_look(&before);
	int code = run_all(&drive);
	lent_look(&after);
	printf("prompts %u texts %u\n", drive.prompts, drive.texts);
	lent_compare(&before, &after);
	return code == PAM_SUCCESS ? 0 : 1;
}
