# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Real programs, and glibc between them and libnss_webcred.so.2: people that no local file has.
. "$WEBCRED_TOP/tests/support/lib.sh"

FOLDER=/var/lib/webcred-names
cp -a /etc/passwd /etc/group /etc/sudoers "$SANDBOX/tmp/"

# Local files as they were; what webcred knows beside them.
switched_on() {
	cp -a "$SANDBOX/tmp/passwd" "$SANDBOX/tmp/group" "$SANDBOX/tmp/sudoers" /etc/
	sed -i '/^passwd:\|^group:\|^initgroups:/d' /etc/nsswitch.conf
	printf 'passwd: %s\ngroup: %s\n' "${1:-files webcred}" "${1:-files webcred}" >>/etc/nsswitch.conf
	authority_stop # which would put its own in their place
	publish_names "$FOLDER" <<-END || fail "nothing was published"
		person clara 70000 70000 /home/clara /bin/sh Clara Ärmel,Room 1
		person derek 70001 70001 /home/derek /bin/sh
		group clara 70000
		group derek 70001
		group crew 70100 clara derek alice
	END
}

test_getent_finds_people_groups_and_memberships() {
	switched_on
	is "$(getent passwd clara)" 'clara:*:70000:70000:Clara Ärmel,Room 1:/home/clara:/bin/sh'
	is "$(getent passwd 70001)" 'derek:*:70001:70001::/home/derek:/bin/sh'
	# Without alice, who is local.
	is "$(getent group crew)" 'crew:*:70100:clara,derek'
	is "$(getent group 70100)" 'crew:*:70100:clara,derek'
	is "$(getent initgroups clara | tr -s ' ')" 'clara 70100'
	says "$(getent passwd)" '^root:'
	is "$(getent passwd | grep -c '^clara:\|^derek:')" 2 "people in the walk"
	is "$(getent group | grep -c '^crew:')" 1 "groups in the walk"
	says_not "$(getent passwd nobody-here; getent passwd 70009; getent group 70009)" '.'
	# Nothing secret is served: there is no shadow map.
	says_not "$(getent shadow clara)" '.'
}

test_id_names_the_person_and_the_groups() {
	switched_on
	is "$(id clara)" 'uid=70000(clara) gid=70000(clara) groups=70000(clara),70100(crew)'
	is "$(setpriv --reuid clara --regid clara --init-groups id -Gn)" 'clara crew'
	# A local account has local groups alone, whatever a database says of its name.
	says_not "$(id -Gn alice)" '\bcrew\b'
}

test_ls_chown_and_find_know_the_names() {
	switched_on
	touch "$SANDBOX/tmp/theirs"
	chown clara:crew "$SANDBOX/tmp/theirs" || fail "chown"
	says "$(ls -l "$SANDBOX/tmp/theirs")" ' clara +crew '
	is "$(find "$SANDBOX/tmp" -user clara -group crew)" "$SANDBOX/tmp/theirs"
	is "$(echo ~clara)" /home/clara
}

test_switched_on_without_databases_local_names_go_on() {
	switched_on
	rm "$FOLDER"/*.cdb
	says "$(getent passwd root)" '^root:x:0:0:'
	says "$(id alice)" '^uid='
	says_not "$(getent passwd clara)" '.'
	is "$(getent passwd clara >/dev/null; echo $?)" 2 "getent's status"
}

test_local_names_win_in_either_order() {
	switched_on 'webcred files'
	is "$(getent passwd clara)" 'clara:*:70000:70000:Clara Ärmel,Room 1:/home/clara:/bin/sh'
	echo 'clara:x:4000:4000:local:/srv:/bin/sh' >>/etc/passwd
	is "$(getent passwd clara)" 'clara:x:4000:4000:local:/srv:/bin/sh'
	says_not "$(getent passwd 70000)" '.'
}

# himmelblau CVE-2025-49012, with the real sudo: a group of ours that is called like a local one
# gives nothing of what sudoers gives to that.
test_a_group_called_like_a_local_one_gives_no_sudo() {
	switched_on
	printf 'root ALL=(ALL) ALL\n%%wheel-here ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers
	authority_stop # which would put its own in their place
	publish_names "$FOLDER" <<-END || fail "nothing was published"
		person clara 70000 70000 /home/clara /bin/sh
		group clara 70000
		group wheel-here 70300 clara
	END
	says "$(sudo -l -U clara)" 'NOPASSWD: ALL'
	echo 'wheel-here:x:4300:' >>/etc/group
	says "$(sudo -l -U clara)" 'not allowed'
	cp -a "$SANDBOX/tmp/sudoers" /etc/
}

# CVE-2012-5536 (pam_ssh_agent_auth): a program whose own functions are called as ours are inside.
test_a_program_with_clashing_names_gets_its_answers() {
	switched_on
	cat >"$SANDBOX/tmp/clash.c" <<-'END'
		#include <pwd.h>
		#include <stdio.h>
		#include <stdlib.h>
		#define CLASH(name) int name(void) { fprintf(stderr, #name " was called\n"); abort(); }
		CLASH(names_check_name) CLASH(names_check_id) CLASH(names_check_person) CLASH(names_hash)
		CLASH(text_utf8_valid) CLASH(text_label_valid) CLASH(database_open) CLASH(database_find)
		CLASH(database_line) CLASH(database_close) CLASH(local_knows) CLASH(local_sieve_fill)
		CLASH(row_person) CLASH(row_group) CLASH(cursor_set) CLASH(cursor_get) CLASH(module_answer)
		CLASH(cdb_find) CLASH(cdb_init) CLASH(cdb_hash) CLASH(cdb_unpack)
		int cursor_passwd[4], cursor_group[4];
		int main(void)
		{
			struct passwd *found = getpwnam("clara");
			int n = 0;
			if (!found || found->pw_uid != 70000 || !getpwuid(70001))
				return 1;
			while (getpwent())
				n++;
			return printf("%d\n", n) < 0;
		}
	END
	cc -O1 -w -rdynamic -o "$SANDBOX/tmp/clash" "$SANDBOX/tmp/clash.c" || fail "the program does not compile"
	OUT=$("$SANDBOX/tmp/clash" 2>&1) || fail "it ended with $?: $OUT"
	is "$OUT" "$(getent passwd | wc -l)" "how many it saw"
}

run_tests
