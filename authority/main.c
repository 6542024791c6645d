/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* webcred-authority - arguments, sockets, accounts; then the mother. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "authority/audit.h"
#include "authority/conf.h"
#include "authority/launch.h"
#include "authority/offline.h"
#include "config.h"

#define MAIN_STATE "/var/lib/webcred"
#define MAIN_SESSIONS WEBCRED_LIBEXECDIR "/webcred-authority-sessions"
#define MAIN_DEVICE_HELPER WEBCRED_LIBEXECDIR "/webcred-device"

static const char main_usage[] =
	"usage: webcred-authority [--listen] [--sockets FOLDER] [--state FOLDER] [--conf FILE]\n"
	"                         [--device-helper FILE]\n"
	"       webcred-authority --check [--conf FILE]\n"
	"       webcred-authority --restore FILE [--state FOLDER] [--conf FILE] [--yes]\n"
	"       webcred-authority --rekey [--key-lost] [--state FOLDER] [--conf FILE] [--yes]\n"
	"\n"
	"The keeper of credentials: answers the PAM module and the webcred tool.\n"
	"\n"
	"  --listen          make the sockets here, where no service manager hands them in\n"
	"  --sockets FOLDER  for --listen: where (" WIRE_SOCKET_FOLDER ")\n"
	"  --state FOLDER    the store and the host key (" MAIN_STATE ")\n"
	"  --conf FILE       the configuration (" CONF_PATH ")\n"
	"  --check           read the configuration, say what is wrong, and end\n"
	"  --restore FILE    put a backup in the place of the store\n"
	"  --rekey           seal the store with a new host key\n"
	"  --key-lost        with --rekey: drop what the lost key had sealed\n"
	"  --yes             do not ask before something is lost\n"
	"  --device-helper FILE  the program that speaks to security keys\n"
	"  --help, --version\n";

struct main_arguments {
	bool listen, check, rekey;
	const char *sockets, *restore;
	struct offline_options offline;
	struct mother_options options;
};

enum {
	OPTION_CHECK = 1,
	OPTION_RESTORE,
	OPTION_REKEY,
	OPTION_LOST,
	OPTION_YES,
	OPTION_DEVICE,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option main_known[] = {
	{"listen", no_argument, NULL, 'l'},
	{"sockets", required_argument, NULL, 's'},
	{"state", required_argument, NULL, 'd'},
	{"conf", required_argument, NULL, 'c'},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"restore", required_argument, NULL, OPTION_RESTORE},
	{"rekey", no_argument, NULL, OPTION_REKEY},
	{"key-lost", no_argument, NULL, OPTION_LOST},
	{"yes", no_argument, NULL, OPTION_YES},
	{"device-helper", required_argument, NULL, OPTION_DEVICE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

/* -1 to go on, otherwise the exit status. */
static int main_take(int option, struct main_arguments *arguments)
{
	switch (option) {
	case 'l':
		arguments->listen = true;
		return -1;
	case 's':
		arguments->sockets = optarg;
		return -1;
	case 'd':
		arguments->options.state_folder = optarg;
		return -1;
	case 'c':
		arguments->options.conf_path = optarg;
		return -1;
	case OPTION_CHECK:
		arguments->check = true;
		return -1;
	case OPTION_RESTORE:
		arguments->restore = optarg;
		return -1;
	case OPTION_REKEY:
		arguments->rekey = true;
		return -1;
	case OPTION_LOST:
		arguments->offline.key_lost = true;
		return -1;
	case OPTION_YES:
		arguments->offline.yes = true;
		return -1;
	case OPTION_DEVICE:
		arguments->options.device_helper = optarg;
		return -1;
	case OPTION_HELP:
		return fputs(main_usage, stdout) < 0;
	case OPTION_VERSION:
		return printf("webcred-authority %s\n", PACKAGE_VERSION) < 0;
	default:
		return 2;
	}
}

/* What does not go together: a wish that would be passed over is a mistake. */
static bool main_fits(const struct main_arguments *arguments)
{
	int wishes = arguments->listen + arguments->check + arguments->rekey +
		     (arguments->restore != NULL);

	if (wishes > 1)
		return false;
	if (arguments->offline.key_lost && !arguments->rekey)
		return false;
	return !arguments->offline.yes || arguments->rekey || arguments->restore;
}

static int main_parse(int argc, char **argv, struct main_arguments *arguments)
{
	int option, status;

	while ((option = getopt_long(argc, argv, "", main_known, NULL)) != -1) {
		status = main_take(option, arguments);
		if (status >= 0)
			return status;
	}
	if (optind < argc) {
		fprintf(stderr, "webcred-authority: what is %s? See --help.\n", argv[optind]);
		return 2;
	}
	if (main_fits(arguments))
		return -1;
	fprintf(stderr, "webcred-authority: these options do not go together. See --help.\n");
	return 2;
}

static int main_check(const struct main_arguments *arguments)
{
	static struct conf conf;
	char error[512];

	if (conf_read(arguments->options.conf_path, &conf, error, sizeof(error)) == 0) {
		printf("%s is in order\n", arguments->options.conf_path);
		return 0;
	}
	fprintf(stderr, "webcred-authority: %s\n", error);
	return 1;
}

static int main_offline(struct main_arguments *arguments)
{
	arguments->offline.state_folder = arguments->options.state_folder;
	arguments->offline.conf_path = arguments->options.conf_path;
	return arguments->restore ? offline_restore(&arguments->offline, arguments->restore)
				  : offline_rekey(&arguments->offline);
}

/* 0 to 2 stay open, so that nothing of ours ever gets these numbers. */
static int main_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return -errno;
	} while (fd <= STDERR_FILENO);
	close(fd);
	return 0;
}

static int main_accounts(struct mother_options *options)
{
	static const char advice[] =
		"the system account %s is missing; make it with: useradd --system "
		"--no-create-home --shell /usr/sbin/nologin %s";

	if (confine_find("webcred", &options->session_ids) < 0) {
		audit_log(LOG_CRIT, advice, "webcred", "webcred");
		return -ENOENT;
	}
	if (confine_find("webcred-device", &options->device_ids) < 0) {
		audit_log(LOG_CRIT, advice, "webcred-device", "webcred-device");
		return -ENOENT;
	}
	return 0;
}

static int main_sockets(struct main_arguments *arguments)
{
	char error[512] =
		"no sockets were handed in; start it through webcred-login.socket, or with "
		"--listen";
	int r;

	if (arguments->listen)
		r = sockets_listen(arguments->sockets, &arguments->options.sockets, error,
				   sizeof(error));
	else
		r = sockets_inherit(&arguments->options.sockets, error, sizeof(error));
	if (r < 0)
		audit_log(LOG_CRIT, "%s", error);
	return r;
}

int main(int argc, char **argv)
{
	struct main_arguments arguments = {
		.sockets = WIRE_SOCKET_FOLDER,
		.options = {.conf_path = CONF_PATH,
			    .state_folder = MAIN_STATE,
			    .sessions = MAIN_SESSIONS,
			    .device_helper = MAIN_DEVICE_HELPER,
			    .sockets = {-1, -1}},
	};
	int status = main_parse(argc, argv, &arguments);

	if (status >= 0)
		return status;
	if (arguments.check)
		return main_check(&arguments);
	if (geteuid() != 0) {
		fprintf(stderr, "webcred-authority: it must be started by root\n");
		return 77;
	}
	umask(077);
	if (arguments.restore || arguments.rekey)
		return main_offline(&arguments);
	if (main_streams() < 0 || chdir("/") < 0)
		return 71;
	audit_open("auto");
	if (main_accounts(&arguments.options) < 0 || main_sockets(&arguments) < 0)
		return 78;
	return launch(&arguments.options);
}
