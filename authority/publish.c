/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* publish - see publish.h; the format is in lib/base/names.h. */
#include "authority/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/publish_file.h"
#include "authority/trusted.h"
#include "lib/base/text.h"

#define PUBLISH_PASSWD 0
#define PUBLISH_GROUP 1

/* One membership; the name is in `names`, so that a million take little. */
struct publish_member {
	uint32_t name;
	uint32_t gid;
};

struct publish {
	char path[256];
	int folder;
	struct publish_file files[2];
	struct publish_member *members;
	size_t members_n, members_room;
	char *names; /* of members, each terminated */
	size_t names_len, names_room;
	struct publish_text line;
};

static int publish_said(int r, const char *path, const char *name, const char *to_do,
			char *ret_error, size_t size)
{
	snprintf(ret_error, size, "%s%s%s: %s%s", path, name[0] ? "/" : "", name, strerror(-r),
		 to_do);
	return r;
}

static int publish_folder(const char *path, int *ret_fd, char *ret_error, size_t size)
{
	struct stat st;
	int fd;

	if (mkdir(path, 0755) == 0 && chmod(path, 0755) < 0)
		return publish_said(-errno, path, "", "", ret_error, size);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		int r = -errno;

		snprintf(ret_error, size, "%s: %s; make it with: install -d -m 0755 %s", path,
			 strerror(-r), path);
		return r;
	}
	if (fstat(fd, &st) < 0 || !trusted_owner(st.st_uid) || (st.st_mode & 07777) != 0755) {
		snprintf(ret_error, size,
			 "%s must be root's, mode 0755; set it right with: "
			 "chown root:root %s; chmod 0755 %s",
			 path, path, path);
		close(fd);
		return -EPERM;
	}
	*ret_fd = fd;
	return 0;
}

int publish_begin(const char *folder, struct publish **ret_publish, char *ret_error, size_t size)
{
	static const char *const kinds[2] = {"passwd", "group"};
	struct publish *publish = calloc(1, sizeof(*publish));
	int r = 0;

	if (!publish)
		return publish_said(-ENOMEM, folder, "", "", ret_error, size);
	publish->folder = -1;
	if (snprintf(publish->path, sizeof(publish->path), "%s", folder) >=
	    (int)sizeof(publish->path))
		r = publish_said(-ENAMETOOLONG, folder, "", "", ret_error, size);
	if (r == 0)
		r = publish_folder(folder, &publish->folder, ret_error, size);
	for (int i = 0; r == 0 && i < 2; i++) {
		r = publish_file_open(&publish->files[i], publish->folder, kinds[i]);
		if (r < 0)
			publish_said(r, folder, publish->files[i].beside, "", ret_error, size);
	}
	if (r < 0) {
		publish_abandon(publish);
		return r;
	}
	*ret_publish = publish;
	return 0;
}

/* What is wrong with a row: nothing that a person typed gets this far. */
static int publish_wrong(const char *what, const char *name, const char *wrong, char *ret_error,
			 size_t size)
{
	char clean[160];

	text_escape(clean, sizeof(clean), name ? name : "");
	snprintf(ret_error, size, "the %s \"%s\" cannot be published: %s", what, clean, wrong);
	return -EINVAL;
}

static int publish_row(struct publish *publish, int file, const char *name, uint32_t id,
		       char *ret_error, size_t size)
{
	struct publish_file *to = &publish->files[file];
	int r = publish_file_row(to, name, id, publish->line.text, publish->line.len);

	return r == 0 ? 0 : publish_said(r, publish->path, to->beside, "", ret_error, size);
}

int publish_person(struct publish *publish, const struct names_person *person, char *ret_error,
		   size_t size)
{
	const char *wrong = names_check_person(person);
	struct publish_text *line = &publish->line;

	if (wrong)
		return publish_wrong("account", person->name, wrong, ret_error, size);
	line->len = 0;
	if (publish_text_add(line, "%s:%" PRIu32 ":%" PRIu32 ":%s:%s:%s", person->name, person->uid,
			     person->gid, person->gecos, person->home, person->shell) < 0)
		return publish_said(-ENOMEM, publish->path, "", "", ret_error, size);
	return publish_row(publish, PUBLISH_PASSWD, person->name, person->uid, ret_error, size);
}

static int publish_member(struct publish *publish, const char *name, uint32_t gid)
{
	size_t len = strlen(name) + 1;

	if (publish->names_len + len > UINT32_MAX)
		return -EFBIG;
	if (publish_room((void **)&publish->names, &publish->names_room, publish->names_len + len,
			 1) < 0 ||
	    publish_room((void **)&publish->members, &publish->members_room, publish->members_n + 1,
			 sizeof(*publish->members)) < 0)
		return -ENOMEM;
	publish->members[publish->members_n++] =
		(struct publish_member){.name = (uint32_t)publish->names_len, .gid = gid};
	memcpy(publish->names + publish->names_len, name, len);
	publish->names_len += len;
	return 0;
}

int publish_group(struct publish *publish, const struct names_group *group, char *ret_error,
		  size_t size)
{
	const char *wrong = names_check_group(group);
	struct publish_text *line = &publish->line;
	int r;

	if (wrong)
		return publish_wrong("group", group->name, wrong, ret_error, size);
	line->len = 0;
	r = publish_text_add(line, "%s:%" PRIu32 ":", group->name, group->gid);
	for (size_t i = 0; r == 0 && i < group->members_n; i++) {
		r = publish_text_add(line, "%s%s", i > 0 ? "," : "", group->members[i]);
		if (r == 0)
			r = publish_member(publish, group->members[i], group->gid);
	}
	if (r < 0)
		return publish_said(r, publish->path, "", "", ret_error, size);
	return publish_row(publish, PUBLISH_GROUP, group->name, group->gid, ret_error, size);
}

static int publish_by_member(const void *a, const void *b, void *names)
{
	const struct publish_member *left = a, *right = b;
	int order = strcmp((char *)names + left->name, (char *)names + right->name);

	return order != 0 ? order : (left->gid > right->gid) - (left->gid < right->gid);
}

/* One record a member, with the gids of all groups it is in. */
static int publish_members(struct publish *publish)
{
	struct publish_text *line = &publish->line;
	const char *name, *next;
	size_t groups = 0;
	int r = 0;

	if (publish->members_n == 0)
		return 0;
	qsort_r(publish->members, publish->members_n, sizeof(*publish->members), publish_by_member,
		publish->names);
	line->len = 0;
	for (size_t i = 0; r == 0 && i < publish->members_n; i++) {
		name = publish->names + publish->members[i].name;
		next = i + 1 < publish->members_n ? publish->names + publish->members[i + 1].name
						  : "";
		r = ++groups > NAMES_GROUPS_MAX ? -E2BIG : 0;
		if (r == 0)
			r = publish_text_add(line, "%s%" PRIu32, groups > 1 ? "," : "",
					     publish->members[i].gid);
		if (r < 0 || strcmp(name, next) == 0)
			continue;
		r = publish_file_add(&publish->files[PUBLISH_GROUP], '@', name, line->text,
				     line->len);
		line->len = 0;
		groups = 0;
	}
	return r;
}

/* Groups first: a person who is there has their groups. */
static int publish_put(struct publish *publish, char *ret_error, size_t size)
{
	int r = 0;

	for (int i = 1; r == 0 && i >= 0; i--) {
		struct publish_file *file = &publish->files[i];

		if (renameat(publish->folder, file->beside, publish->folder, file->name) < 0)
			r = publish_said(-errno, publish->path, file->name, "", ret_error, size);
		else
			file->beside[0] = '\0';
	}
	if (r == 0 && fsync(publish->folder) < 0)
		r = publish_said(-errno, publish->path, "", "", ret_error, size);
	return r;
}

int publish_finish(struct publish *publish, char *ret_error, size_t size)
{
	int r = publish_members(publish);

	if (r < 0)
		publish_said(r, publish->path, publish->files[PUBLISH_GROUP].beside, "", ret_error,
			     size);
	for (int i = 0; r == 0 && i < 2; i++) {
		r = publish_file_finish(&publish->files[i], publish->folder);
		if (r < 0)
			publish_said(r, publish->path, publish->files[i].beside,
				     r == -EEXIST ? ": a name or an id is there twice" : "",
				     ret_error, size);
	}
	if (r == 0)
		r = publish_put(publish, ret_error, size);
	publish_abandon(publish);
	return r;
}

void publish_abandon(struct publish *publish)
{
	if (!publish)
		return;
	for (int i = 0; i < 2; i++)
		publish_file_close(&publish->files[i], publish->folder);
	if (publish->folder >= 0)
		close(publish->folder);
	free(publish->members);
	free(publish->names);
	free(publish->line.text);
	free(publish);
}

int publish_names(const char *folder, const struct publish_source *source, char *ret_error,
		  size_t size)
{
	struct names_person person = {0};
	struct names_group group = {0};
	struct publish *publish;
	int more = 1, r = publish_begin(folder, &publish, ret_error, size);

	if (r < 0)
		return r;
	while (r == 0 && (more = source->next_person(source->context, &person)) == 1)
		r = publish_person(publish, &person, ret_error, size);
	while (r == 0 && more == 0 && (more = source->next_group(source->context, &group)) == 1) {
		r = publish_group(publish, &group, ret_error, size);
		more = 0;
	}
	if (r == 0 && more < 0)
		r = publish_said(more, "the accounts cannot be read", "", "", ret_error, size);
	if (r < 0) {
		publish_abandon(publish);
		return r;
	}
	return publish_finish(publish, ret_error, size);
}
