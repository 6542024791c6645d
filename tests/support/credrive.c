/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * credrive - libwebcred driven by a script: what tests enrol with, and how they
 * ask the library itself.  A confirming code is computed by oathtool, which
 * shares no line with the authority.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/client/webcred.h"

static const char usage_text[] =
	"usage: credrive [-u USER] [-U UID] [--socket PATH] [--service S] [--answer TEXT]...\n"
	"                [--mediation WORD] [--agent KIND] OPERATION\n"
	"  wait SOCKET MILLISECONDS      until something accepts there\n"
	"  hold SOCKET N MILLISECONDS    open so many connections and say nothing\n"
	"  password TEXT                 store(): the account's password\n"
	"  totp|hotp|recovery [ALGORITHM [DIGITS [LABEL]]]    create()\n"
	"  get [ORDER]                   get(), answered by --answer\n"
	"  list | remove ID | rename ID LABEL | invite SECONDS | lock | unlock | prevent\n"
	"  accounts | backup             root's: every account; the size of a copy\n";

#define ANSWERS_MAX 16

struct script {
	const char *answer[ANSWERS_MAX];
	size_t n_answers, next;
	enum webcred_mediation mediation; /* of get */
	char uri[2048];
	const char *agent; /* what is passed for one */
};

static _Noreturn void usage(void)
{
	fputs(usage_text, stderr);
	exit(2);
}

/* ---- the mediator ----------------------------------------------------------- */

static void uri_value(const char *uri, const char *key, char *value, size_t size)
{
	const char *at = strstr(uri, key);
	size_t len = 0;

	if (at != NULL) {
		at += strlen(key);
		len = strcspn(at, "&");
	}
	snprintf(value, size, "%.*s", (int)len, at != NULL ? at : "");
}

/* The code an app that has just scanned the URI would show. */
static bool code_of_uri(const char *uri, char *code, size_t size)
{
	char secret[256], algorithm[16], digits[8], counter[24], command[512];

	uri_value(uri, "secret=", secret, sizeof(secret));
	uri_value(uri, "digits=", digits, sizeof(digits));
	uri_value(uri, "counter=", counter, sizeof(counter));
	uri_value(uri, "algorithm=", algorithm, sizeof(algorithm));
	if (strstr(uri, "//hotp/") != NULL)
		snprintf(command, sizeof(command), "oathtool -b -d %s -c %s %s",
			 digits[0] != '\0' ? digits : "6", counter[0] != '\0' ? counter : "0",
			 secret);
	else
		snprintf(command, sizeof(command), "oathtool -b --totp=%s -d %s %s",
			 algorithm[0] != '\0' ? algorithm : "sha1",
			 digits[0] != '\0' ? digits : "6", secret);
	FILE *pipe = popen(command, "re");
	bool read = pipe != NULL && fgets(code, (int)size, pipe) != NULL;
	if (pipe == NULL || pclose(pipe) != 0 || !read)
		return false;
	code[strcspn(code, "\n")] = '\0';
	return true;
}

static int ask(void *context, enum webcred_ask kind, const char *text,
	       struct webcred_secret *answer)
{
	struct script *script = context;
	char code[32];

	printf("ask %d %s\n", (int)kind, text);
	if (script->next < script->n_answers) {
		const char *given = script->answer[script->next++];
		return webcred_secret_set(answer, given, strlen(given));
	}
	if (script->uri[0] != '\0' && code_of_uri(script->uri, code, sizeof(code)))
		return webcred_secret_set(answer, code, strlen(code));
	return WEBCRED_ABORTED;
}

static int show(void *context, enum webcred_show kind, const char *text)
{
	struct script *script = context;

	if (kind == WEBCRED_SHOW_URI) {
		snprintf(script->uri, sizeof(script->uri), "%s", text);
		printf("uri %s\n", text);
		return 0;
	}
	const char *word = kind == WEBCRED_SHOW_SECRET ? "secret" : "show";
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		printf("%s %.*s\n", word, (int)len, text);
		text += len + (text[len] == '\n' ? 1 : 0);
	}
	return 0;
}

/* ---- operations -------------------------------------------------------------- */

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int wait_socket(const char *path, long milliseconds)
{
	struct timespec nap = {.tv_nsec = 5 * 1000 * 1000};

	for (long waited = 0; waited <= milliseconds; waited += 5) {
		int fd = connect_to(path);

		if (fd >= 0) {
			close(fd);
			return 0;
		}
		nanosleep(&nap, NULL);
	}
	return -ETIMEDOUT;
}

static int hold_connections(const char *path, int n, long milliseconds)
{
	struct timespec moment = {.tv_sec = milliseconds / 1000,
				  .tv_nsec = milliseconds % 1000 * 1000000};
	int held = 0;

	for (int i = 0; i < n; i++)
		held += connect_to(path) >= 0 ? 1 : 0;
	printf("held %d\n", held);
	nanosleep(&moment, NULL);
	return 0;
}

static void print_credential(const char *word, const struct webcred_credential *credential)
{
	const uint8_t *id = webcred_credential_id(credential);

	printf("%s ", word);
	for (int i = 0; i < WEBCRED_CREDENTIAL_ID_SIZE; i++)
		printf("%02x", id[i]);
	printf(" type=%s kind=%s counter=%llu locked=%d silent=%d label=%s\n",
	       webcred_type_name(webcred_credential_type(credential)),
	       webcred_credential_kind(credential),
	       (unsigned long long)webcred_credential_counter(credential),
	       webcred_credential_locked(credential), webcred_credential_was_silent(credential),
	       webcred_credential_label(credential));
}

static int print_each(void *context, const struct webcred_credential *credential)
{
	(void)context;
	print_credential("credential", credential);
	return 0;
}

static bool id_parse(const char *hex, uint8_t *id)
{
	for (int i = 0; i < WEBCRED_CREDENTIAL_ID_SIZE; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &id[i]) != 1)
			return false;
	return true;
}

static int print_account(void *context, const char *name, uid_t uid, bool locked)
{
	(void)context;
	printf("%s %u%s\n", name, (unsigned)uid, locked ? " locked" : "");
	return 0;
}

static int op_backup(struct webcred_container *container)
{
	int fd, r = webcred_backup(container, &fd);

	if (r != 0)
		return r;
	printf("copy %lld\n", (long long)lseek(fd, 0, SEEK_END));
	close(fd);
	return 0;
}

static int op_create(struct webcred_container *container, const struct webcred_mediator *mediator,
		     char **word, int n)
{
	struct webcred_creation creation = {.size = sizeof(creation), .type = WEBCRED_TYPE_OTP};
	struct webcred_credential *credential = NULL;

	creation.backend = word[0];
	creation.algorithm = n > 1 ? word[1] : NULL;
	creation.digits = n > 2 ? (unsigned)atoi(word[2]) : 0;
	creation.label = n > 3 ? word[3] : NULL;
	int result = webcred_create(container, &creation, mediator, &credential);
	if (result == 0 && credential != NULL)
		print_credential("created", credential);
	webcred_credential_free(credential);
	return result;
}

static int op_get(struct webcred_container *container, const struct webcred_mediator *mediator,
		  char **word, int n)
{
	struct webcred_credential *credential = NULL;
	struct webcred_request *request = NULL;
	int result = webcred_request_new(&request);

	if (result == 0)
		webcred_request_set_mediation(request,
					      ((struct script *)mediator->context)->mediation);
	if (result == 0 && n > 1)
		result = webcred_request_set_order(request, word[1]);
	if (result == 0)
		result = webcred_get(container, request, mediator, &credential);
	if (result == 0 && credential == NULL)
		puts("null");
	else if (result == 0 && webcred_credential_granted(credential) == WEBCRED_GRANTED)
		print_credential("granted", credential);
	webcred_credential_free(credential);
	webcred_request_free(request);
	return result;
}

static int op_password(struct webcred_container *container, const struct webcred_mediator *mediator,
		       const char *text)
{
	struct webcred_secret *secret = webcred_secret_new();
	int result = secret == NULL ? -ENOMEM : webcred_secret_set(secret, text, strlen(text));

	if (result == 0)
		result = webcred_store(container, secret, mediator);
	webcred_secret_free(secret);
	return result;
}

static int op_on_id(struct webcred_container *container, const struct webcred_mediator *mediator,
		    char **word, int n)
{
	uint8_t id[WEBCRED_CREDENTIAL_ID_SIZE];

	if (!id_parse(word[1], id))
		usage();
	if (strcmp(word[0], "rename") == 0 && n > 2)
		return webcred_rename(container, id, word[2], mediator);
	return webcred_remove(container, id, mediator);
}

static int operate(struct webcred_container *container, const struct webcred_mediator *mediator,
		   char **word, int n)
{
	if (strcmp(word[0], "password") == 0 && n > 1)
		return op_password(container, mediator, word[1]);
	if (strcmp(word[0], "totp") == 0 || strcmp(word[0], "hotp") == 0 ||
	    strcmp(word[0], "recovery") == 0)
		return op_create(container, mediator, word, n);
	if (strcmp(word[0], "get") == 0)
		return op_get(container, mediator, word, n);
	if (strcmp(word[0], "list") == 0)
		return webcred_list(container, print_each, NULL);
	if ((strcmp(word[0], "remove") == 0 || strcmp(word[0], "rename") == 0) && n > 1)
		return op_on_id(container, mediator, word, n);
	if (strcmp(word[0], "invite") == 0 && n > 1)
		return webcred_invite(container, (uint32_t)atoi(word[1]), mediator);
	if (strcmp(word[0], "lock") == 0 || strcmp(word[0], "unlock") == 0)
		return webcred_lock(container, word[0][0] == 'l');
	if (strcmp(word[0], "accounts") == 0)
		return webcred_accounts(container, print_account, NULL);
	if (strcmp(word[0], "backup") == 0)
		return op_backup(container);
	if (strcmp(word[0], "prevent") == 0)
		return webcred_prevent_silent_access(container);
	usage();
}

/* ---- what is no ssh agent ----------------------------------------------------- */

static int pass_socket(const char *kind)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int domain = strcmp(kind, "tcp") == 0 ? AF_INET : AF_UNIX;
	int fd = socket(domain, strcmp(kind, "datagram") == 0 ? SOCK_DGRAM : SOCK_STREAM, 0);

	/* A name of the kernel's own choice. */
	if (strcmp(kind, "listening") == 0 &&
	    (bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 || listen(fd, 1) != 0))
		return -1;
	return fd;
}

static int pass_pair(const char *kind)
{
	int pair[2];

	if (socketpair(AF_UNIX, strcmp(kind, "packets") == 0 ? SOCK_SEQPACKET : SOCK_STREAM, 0,
		       pair) != 0)
		return -1;
	/* "silent": the other end stays, and says nothing. */
	if (strcmp(kind, "closed") == 0)
		close(pair[1]);
	return pair[0];
}

static int pass_agent(void *context, int *ret_fd)
{
	const char *kind = ((const struct script *)context)->agent;

	if (kind[0] == '/')
		*ret_fd = open(kind, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	else if (strcmp(kind, "packets") == 0 || strcmp(kind, "closed") == 0 ||
		 strcmp(kind, "silent") == 0)
		*ret_fd = pass_pair(kind);
	else
		*ret_fd = pass_socket(kind);
	return *ret_fd < 0 ? -errno : 0;
}

struct arguments {
	const char *user, *socket, *service;
	uid_t uid;
	bool uid_given;
	struct script script;
};

static void arguments_parse(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"service", required_argument, NULL, 'S'},
		{"answer", required_argument, NULL, 'a'},
		{"mediation", required_argument, NULL, 'm'},
		{"agent", required_argument, NULL, 'g'},
		{NULL, 0, NULL, 0},
	};
	struct script *script = &arguments->script;
	int key;

	while ((key = getopt_long(argc, argv, "u:U:", options, NULL)) != -1) {
		if (key == 'u')
			arguments->user = optarg;
		else if (key == 's')
			arguments->socket = optarg;
		else if (key == 'S')
			arguments->service = optarg;
		else if (key == 'a' && script->n_answers < ANSWERS_MAX)
			script->answer[script->n_answers++] = optarg;
		else if (key == 'g')
			script->agent = optarg;
		else if (key == 'm') {
			if (webcred_mediation_parse(optarg, &script->mediation) != 0)
				usage();
		} else if (key == 'U') {
			arguments->uid = (uid_t)strtoul(optarg, NULL, 10);
			arguments->uid_given = true;
		} else
			usage();
	}
	if (optind == argc)
		usage();
}

static int container_make(const struct arguments *arguments, struct webcred_container **ret)
{
	const struct passwd *account = getpwnam(arguments->user);
	uid_t uid = arguments->uid_given ? arguments->uid
		    : account != NULL	 ? account->pw_uid
					 : (uid_t)-1;
	int result = webcred_container_open(arguments->user, uid, ret);

	if (result == 0)
		result = webcred_container_set_service(*ret, arguments->service);
	if (result == 0 && arguments->socket != NULL)
		result = webcred_container_set_socket(*ret, arguments->socket);
	return result;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.user = "root", .service = "webcred"};
	struct webcred_mediator mediator = {.size = sizeof(mediator), .ask = ask, .show = show};
	struct webcred_container *container = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	arguments_parse(&arguments, argc, argv);
	mediator.context = &arguments.script;
	mediator.agent = arguments.script.agent ? pass_agent : NULL;
	if (strcmp(argv[optind], "wait") == 0 && argc - optind == 3)
		return wait_socket(argv[optind + 1], atol(argv[optind + 2])) == 0 ? 0 : 1;
	if (strcmp(argv[optind], "hold") == 0 && argc - optind == 4)
		return hold_connections(argv[optind + 1], atoi(argv[optind + 2]),
					atol(argv[optind + 3]));
	int result = container_make(&arguments, &container);
	if (result == 0)
		result = operate(container, &mediator, argv + optind, argc - optind);
	printf("result %s", result < 0 ? strerror(-result) : webcred_outcome_name(result));
	if (container != NULL)
		printf(" status=%d: %s", (int)webcred_container_status(container),
		       webcred_container_message(container));
	puts("");
	webcred_container_close(container);
	return result == 0 ? 0 : 1;
}
