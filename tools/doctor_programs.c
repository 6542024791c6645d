/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* doctor_programs - what sshd and sudo are told that decides whether webcred is asked. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/doctor.h"

#define SSHD "/usr/sbin/sshd"
#define SSHD_CONFIG "/etc/ssh/sshd_config"
#define SUDOERS "/etc/sudoers"

static bool asks_webcred(const char *service)
{
	static struct stack stack;

	return stack_read(service, &stack) && stack_has(&stack, STACK_AUTH, "pam_webcred.so");
}

static bool listed(const char *list, const char *word)
{
	char wanted[128];

	snprintf(wanted, sizeof(wanted), " %.120s ", word);
	return strstr(list, wanted) != NULL;
}

/* ---- sshd ------------------------------------------------------------------ */

/* Does an order name ssh-key, in webcred.conf or in sshd's own lines? */
static bool orders_ssh_key(const struct doctor *doctor)
{
	static struct stack stack;

	if (doctor->orders_ssh_key || !stack_read("sshd", &stack))
		return doctor->orders_ssh_key;
	for (size_t i = 0; i < stack.n; i++)
		if (strcmp(stack.line[i].module, "pam_webcred.so") == 0 &&
		    strstr(stack.line[i].arguments, "get=ssh-key") != NULL)
			return true;
	return false;
}

/* ssh-key takes sshd's word, which says nothing about a touch: sshd has to demand it. */
static void sshd_touch(struct doctor *doctor, const char *options)
{
	bool demanded = strstr(options, "touch-required") != NULL;

	if (doctor->asserts_touch && !demanded)
		doctor_find(doctor, DOCTOR_WRONG, SSHD_CONFIG, "PubkeyAuthOptions touch-required",
			    "[webcred] touch_required = yes says that sshd demands a touch of "
			    "security keys, and it does not: people may write no-touch-required "
			    "into their authorized_keys");
	else if (!doctor->asserts_touch && orders_ssh_key(doctor))
		doctor_find(doctor, DOCTOR_ADVICE, SSHD_CONFIG,
			    demanded ? "[webcred] touch_required = yes in webcred.conf"
				     : "PubkeyAuthOptions touch-required, and then [webcred] "
				       "touch_required = yes in webcred.conf",
			    "ssh-key in a get = has no effect: touch_required is no");
}

/* One line of `sshd -T`: a keyword in lower case, a blank, its value. */
static void sshd_setting(struct doctor *doctor, const char *line)
{
	if (strcmp(line, "usepam no") == 0)
		doctor_find(doctor, DOCTOR_WRONG, SSHD_CONFIG, "UsePAM yes",
			    "sshd does not use PAM, so it never asks webcred");
	else if (strcmp(line, "kbdinteractiveauthentication no") == 0)
		doctor_find(doctor, DOCTOR_WRONG, SSHD_CONFIG, "KbdInteractiveAuthentication yes",
			    "sshd has no keyboard-interactive method: nobody can be asked for a "
			    "code, or for more than one secret");
	else if (strncmp(line, "pubkeyauthoptions ", 18) == 0)
		sshd_touch(doctor, line + 18);
	else if (strcmp(line, "passwordauthentication yes") == 0)
		doctor_find(doctor, DOCTOR_ADVICE, SSHD_CONFIG, "PasswordAuthentication no",
			    "sshd's password method answers every hidden prompt with the password: "
			    "where a code is asked for it fails");
}

static void check_sshd(struct doctor *doctor)
{
	char line[512];
	bool any = false;
	FILE *settings;

	if (!asks_webcred("sshd") || access(SSHD, X_OK) != 0)
		return;
	if (geteuid() != 0) {
		doctor_find(doctor, DOCTOR_ADVICE, SSHD_CONFIG, "run this as root",
			    "only root can ask sshd for its settings");
		return;
	}
	settings = popen(SSHD " -T 2>/dev/null", "re");
	while (settings != NULL && fgets(line, sizeof(line), settings) != NULL) {
		any = true;
		line[strcspn(line, "\n")] = '\0';
		sshd_setting(doctor, line);
	}
	if (settings != NULL)
		pclose(settings);
	if (!any)
		doctor_find(doctor, DOCTOR_ADVICE, SSHD_CONFIG, "look at the output of: sshd -T",
			    "sshd does not tell its settings");
}

/* ---- sudo ------------------------------------------------------------------ */

/* sudo passes PAM_SILENT: a service that is not quiet is asked for nothing, and refused. */
static void sudo_service(struct doctor *doctor, const char *where, const char *service)
{
	if (!asks_webcred(service) && asks_webcred("sudo"))
		doctor_find(doctor, DOCTOR_WRONG, where,
			    "put pam_webcred into that service too, or take pam_service away",
			    "sudo goes by the PAM service %s, which does not ask webcred", service);
	else if (asks_webcred(service) && doctor->has_quiet && !listed(doctor->quiet, service))
		doctor_find(doctor, DOCTOR_WRONG, where,
			    "add it to [webcred] quiet_services in webcred.conf",
			    "sudo goes by the PAM service %s, which is no quiet service: nobody "
			    "would be asked for anything",
			    service);
}

/* The value behind NAME = in a Defaults line, up to a comma, a quote or a blank. */
static bool sudo_value(const char *line, const char *name, char *ret_value, size_t size)
{
	const char *at = strstr(line, name);

	if (at == NULL)
		return false;
	at += strlen(name);
	at += strspn(at, " \t");
	if (*at++ != '=')
		return false;
	at += strspn(at, " \t\"");
	snprintf(ret_value, size, "%.*s", (int)strcspn(at, ",\" \t\n"), at);
	return true;
}

static void sudo_line(struct doctor *doctor, const char *where, const char *line)
{
	char value[128];

	line += strspn(line, " \t");
	if (strncmp(line, "Defaults", 8) != 0)
		return;
	if (sudo_value(line, "pam_service", value, sizeof(value)) ||
	    sudo_value(line, "pam_login_service", value, sizeof(value)))
		sudo_service(doctor, where, value);
	if (strstr(line, "!pam_acct_mgmt") != NULL)
		doctor_find(doctor, DOCTOR_WRONG, where, "take !pam_acct_mgmt away",
			    "sudo skips the account modules: no login counts, and closed accounts "
			    "get in");
	if (strstr(line, "!authenticate") != NULL)
		doctor_find(doctor, DOCTOR_ADVICE, where, "take !authenticate away",
			    "sudo asks nobody for anything, webcred neither");
	/* Later modules of the stack believe what sshd alone may say. */
	if (strstr(line, "env_keep") != NULL && strstr(line, "SSH_AUTH_INFO_0") != NULL)
		doctor_find(doctor, DOCTOR_WRONG, where, "take SSH_AUTH_INFO_0 out of env_keep",
			    "sudo keeps a variable by which its caller could claim a verified key");
}

static void sudo_file(struct doctor *doctor, const char *path)
{
	char line[1024], where[400];
	FILE *file = fopen(path, "re");
	unsigned number = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		snprintf(where, sizeof(where), "%.360s:%u", path, ++number);
		sudo_line(doctor, where, line);
	}
	if (file != NULL)
		fclose(file);
}

/* sudo reads no name with a dot in it, and none that ends in a tilde. */
static int is_sudoers(const struct dirent *entry)
{
	return strchr(entry->d_name, '.') == NULL && strchr(entry->d_name, '~') == NULL;
}

static void check_sudo(struct doctor *doctor)
{
	struct dirent **names = NULL;
	char path[360];
	int n;

	if (geteuid() != 0 || access(SUDOERS, R_OK) != 0)
		return;
	sudo_file(doctor, SUDOERS);
	n = scandir(SUDOERS ".d", &names, is_sudoers, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), SUDOERS ".d/%s", names[i]->d_name);
		sudo_file(doctor, path);
		free(names[i]);
	}
	free(names);
}

void doctor_programs(struct doctor *doctor)
{
	check_sshd(doctor);
	check_sudo(doctor);
}
