/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * pamdrive_race - many processes whose answers arrive at the same instant.
 *
 * Each child runs the operations until its first prompt, says so, and waits.
 * When every child waits or has ended, one close() lets all of them go.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/pamdrive.h"

#define RACE_MAX 256

char *drive_line(const char *path, unsigned i)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len = -1;

	if (file != NULL)
		for (unsigned at = 0; at <= i; at++)
			len = getline(&line, &size, file);
	if (len < 0) {
		fprintf(stderr, "pamdrive: %s has no line %u\n", path, i + 1);
		exit(2);
	}
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static _Noreturn void child(struct drive *drive, unsigned i, int ready, int go)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	drive->quiet = true;
	drive->ready_fd = ready;
	drive->go_fd = go;
	if (drive->race_users != NULL)
		drive->user = drive_line(drive->race_users, i);
	if (drive->race_answers != NULL) {
		drive->answer[0] = drive_line(drive->race_answers, i);
		drive->n_answers = 1;
	}
	_exit(drive_run(drive));
}

/* Until each child has written its byte, or closed the pipe by ending. */
static void wait_ready(const int *ready, unsigned n)
{
	struct pollfd polls[RACE_MAX];
	unsigned waiting = n;
	char byte;

	for (unsigned i = 0; i < n; i++)
		polls[i] = (struct pollfd){.fd = ready[i], .events = POLLIN};
	while (waiting > 0) {
		if (poll(polls, n, 30000) <= 0) {
			printf("race: %u processes neither asked nor ended\n", waiting);
			return;
		}
		for (unsigned i = 0; i < n; i++) {
			if (polls[i].revents == 0)
				continue;
			if (read(polls[i].fd, &byte, 1) < 0)
				perror("pamdrive: read");
			polls[i].fd = -1;
			waiting--;
		}
	}
}

static void report(const struct drive *drive, const pid_t *pids)
{
	unsigned count[256] = {0}, lost = 0;

	for (unsigned i = 0; i < drive->race; i++) {
		int status = 0;

		if (waitpid(pids[i], &status, 0) < 0 || !WIFEXITED(status)) {
			lost++;
			continue;
		}
		count[WEXITSTATUS(status)]++;
		if (!drive->quiet)
			printf("process %u %s\n", i, drive_code_name(WEXITSTATUS(status)));
	}
	printf("race %u", drive->race);
	for (unsigned code = 0; code < 256; code++)
		if (count[code] > 0)
			printf(" %s=%u", drive_code_name((int)code), count[code]);
	printf("%s\n", lost > 0 ? " LOST" : "");
}

int drive_race(struct drive *drive)
{
	pid_t pids[RACE_MAX];
	int ready[RACE_MAX], go[2], pair[2];

	if (drive->race > RACE_MAX || pipe(go) != 0)
		return -1;
	fflush(NULL);
	for (unsigned i = 0; i < drive->race; i++) {
		if (pipe(pair) != 0 || (pids[i] = fork()) < 0)
			return -1;
		if (pids[i] == 0) {
			close(go[1]);
			close(pair[0]);
			child(drive, i, pair[1], go[0]);
		}
		close(pair[1]);
		ready[i] = pair[0];
	}
	close(go[0]);
	wait_ready(ready, drive->race);
	close(go[1]);
	report(drive, pids);
	return 0;
}
