# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# libnss_webcred.so.2 as glibc calls it: right answers from right databases, and no harm from wrong ones.
. "$WEBCRED_TOP/tests/support/lib.sh"

FOLDER=/var/lib/webcred-names
CLARA='clara:*:70000:70000:Clara Ärmel,Room 1:/home/clara:/bin/bash'

# publish [TIMES]: standard input as publish_names takes it.  An authority would put its own in its place.
publish() {
	authority_stop
	publish_names "$FOLDER" "$@" || fail "nothing was published"
}

people() {
	cat <<-END
		person clara 70000 70000 /home/clara /bin/bash Clara Ärmel,Room 1
		person derek 70001 70001 /home/derek /bin/sh
		person first.last 70002 70000 /srv/first.last /bin/bash $(printf '%0255d' 7)
		group clara 70000
		group crew 70100 clara derek zoe
		group empty 70101
		group big 70102 $(seq -s ' ' -f 'member%.0f' 500)
	END
}

# Local files as they were, and the people above beside them.
cp -a /etc/passwd /etc/group "$SANDBOX/tmp/"
prepared() {
	cp -a "$SANDBOX/tmp/passwd" "$SANDBOX/tmp/group" /etc/
	people | publish
}

# asked COMMAND...: nssdrive's answer into OUT.
asked() { OUT=$(timeout 60 nssdrive "$@" </dev/null 2>&1) || fail "nssdrive $*: $OUT"; }
says_of() {
	local wanted=$1
	shift
	asked "$@"
	is "$OUT" "$wanted" "$*"
}

test_people_and_groups_resolve() {
	prepared
	says_of "SUCCESS $CLARA" pwnam clara
	says_of "SUCCESS $CLARA" pwuid 70000
	says_of 'SUCCESS derek:*:70001:70001::/home/derek:/bin/sh' pwnam derek
	says_of 'SUCCESS crew:*:70100:clara,derek,zoe' grnam crew
	says_of 'SUCCESS crew:*:70100:clara,derek,zoe' grgid 70100
	says_of 'SUCCESS empty:*:70101:' grnam empty
	asked grnam big
	is "$(tr ',' '\n' <<<"$OUT" | wc -l)" 500 "members"
	asked pwent
	is "$(grep -c ^SUCCESS <<<"$OUT") $(tail -n 1 <<<"$OUT")" '3 NOTFOUND ENOENT' "all people"
	asked grent
	is "$(grep -c ^SUCCESS <<<"$OUT") $(tail -n 1 <<<"$OUT")" '4 NOTFOUND ENOENT' "all groups"
}

test_who_is_not_there_is_not_found() {
	local name
	prepared
	for name in nobody-here '' clara: Clara 'clara ' ../clara "$(printf 'a%.0s' $(seq 300))" "$(printf 'clara\n')x" root =70000; do
		says_of 'NOTFOUND ENOENT' pwnam "$name"
		says_of 'NOTFOUND ENOENT' grnam "$name"
	done
	for name in 0 1 999 65534 65535 60001 524288 4294967295 4294967294 2147483648 70003; do
		says_of 'NOTFOUND ENOENT' pwuid "$name"
		says_of 'NOTFOUND ENOENT' grgid "$name"
	done
}

test_initgroups_appends_skips_the_primary_group_and_honours_the_limit() {
	{
		people
		printf 'group %s\n' 'two 70200 clara' 'three 70201 clara' 'four 70202 clara'
	} | publish
	says_of 'SUCCESS 70100 70200 70201 70202' initgroups clara 70000
	says_of 'SUCCESS 70100 70201 70202' initgroups clara 70200
	says_of 'SUCCESS 0 0 70100 70200 70201 70202' initgroups clara 70000 0 2
	says_of 'SUCCESS 70100 70200' initgroups clara 70000 2
	says_of 'SUCCESS 0 0' initgroups clara 70000 2 2
	says_of 'SUCCESS 70100' initgroups zoe 1000
	says_of 'NOTFOUND ENOENT' initgroups bob 1000
	says_of 'NOTFOUND ENOENT' initgroups root 0
}

test_every_buffer_from_0_to_4096_bytes_holds_the_answer_or_is_too_small() {
	prepared
	asked sweep pwnam clara pwuid 70001 pwnam first.last grnam crew grgid 70102 grnam empty
	says "$OUT" 'pwnam first.last: [1-9]'
	says "$OUT" '^pwent: 3 rows'
}

test_32_threads_get_right_answers() {
	prepared
	asked threads 32 400
}

test_walks_and_look_ups_live_through_fork() {
	prepared
	asked fork
}

test_a_descriptor_that_was_closed_under_a_walk_is_let_go() {
	{
		people
		echo fill 0 2000
	} | publish
	asked descriptors
	is "$OUT" "$(printf 'UNAVAIL EBADF\nclosed nothing')" "the walk"
}

test_one_descriptor_is_kept_and_anothers_is_let_go() {
	prepared
	asked kept
	is "$OUT" 'kept one' "look-ups"
}

# A swift look-up asks the kept descriptor alone; it must say all the same what the path would.
test_what_has_just_changed_shows_in_the_very_next_look_up() {
	prepared
	asked swift "$FOLDER/passwd.cdb"
	is "$OUT" '10 rounds' "look-ups"
}

# /etc/passwd of the future: what it knows is read anew each time, in files that a thread could be cancelled at.
test_a_thread_that_is_cancelled_leaves_no_lock_behind() {
	# Which takes what a cancelled thread leaves on its stack for an overflow.
	sanitized && skip "AddressSanitizer"
	prepared
	touch -d '1 hour' /etc/passwd /etc/group
	asked cancel
	is "$OUT" 'nothing was held' "cancelled threads"
}

test_unloaded_it_leaves_no_descriptor_and_nothing_that_fork_calls() {
	prepared
	asked unload
	is "$OUT" 'nothing is left' "unloaded"
}

# A process that lives on: `lived CALL KEY` starts it and has its first answer, `lives` its next.
lived() {
	coproc LIVES { exec timeout 60 nssdrive lines "$@"; }
	read -r -t 20 ANSWER <&"${LIVES[0]}" || fail "no answer"
}
lives() {
	echo >&"${LIVES[1]}"
	read -r -t 20 ANSWER <&"${LIVES[0]}" || fail "no answer"
}
ends() {
	local out=${LIVES[1]} pid=$LIVES_PID
	exec {out}>&-
	wait "$pid"
}

test_a_process_sees_each_database_that_comes_and_goes() {
	local round
	prepared
	lived pwnam clara
	is "$ANSWER" "SUCCESS $CLARA" "the first"
	for round in 1 2 3; do
		people | sed "s/Clara/Clara$round/" | publish
		lives
		is "$ANSWER" "SUCCESS ${CLARA/Clara/Clara$round}" "round $round"
		lives
		is "$ANSWER" "SUCCESS ${CLARA/Clara/Clara$round}" "round $round, kept"
	done
	chmod 0664 "$FOLDER/passwd.cdb"
	lives
	is "$ANSWER" 'UNAVAIL EPERM' "a file that others may write"
	chmod 0644 "$FOLDER/passwd.cdb"
	lives
	mv "$FOLDER/passwd.cdb" "$SANDBOX/tmp/away.cdb"
	lives
	is "$ANSWER" 'UNAVAIL ENOENT' "no file"
	ln -s "$SANDBOX/tmp/away.cdb" "$FOLDER/passwd.cdb"
	lives
	is "$ANSWER" 'UNAVAIL ELOOP' "a link to what was kept"
	rm "$FOLDER/passwd.cdb"
	mv "$SANDBOX/tmp/away.cdb" "$FOLDER/passwd.cdb"
	lives
	is "$ANSWER" "SUCCESS ${CLARA/Clara/Clara3}" "the file again"
	mv "$FOLDER" "$SANDBOX/tmp/away"
	sleep 0.1 # the path is looked at anew after ten milliseconds
	lives
	is "$ANSWER" 'UNAVAIL ENOENT' "no folder"
	mv "$SANDBOX/tmp/away" "$FOLDER"
	ends
}

# The sieve of /etc/passwd is kept once the file is older than two seconds.
test_a_process_sees_local_names_that_come_and_go() {
	local file line
	prepared
	for file in passwd group; do
		touch -d '1 hour ago' "/etc/$file"
	done
	sleep 3
	lived pwnam clara
	for file in passwd group; do
		[ $file = passwd ] && line='clara:x:4000:4000::/home/clara:/bin/sh' || line='local:x:70000:'
		lives
		is "$ANSWER" "SUCCESS $CLARA" "before $file"
		echo "$line" >>/etc/$file
		lives
		is "$ANSWER" 'NOTFOUND ENOENT' "$file has it"
		sed -i '$d' /etc/$file
		lives
		is "$ANSWER" "SUCCESS $CLARA" "$file had it"
		sleep 3
	done
	ends
}

test_too_few_descriptors_are_try_again() {
	prepared
	says_of 'TRYAGAIN EAGAIN' --files 3 pwnam clara
	says_of 'TRYAGAIN EAGAIN' --files 3 grgid 70100
	says_of 'TRYAGAIN EAGAIN' --files 3 pwent
	says_of 'TRYAGAIN EAGAIN' --files 3 initgroups clara 70000
}

test_a_chroot_without_databases_has_no_names_and_one_with_them_has() {
	prepared
	mkdir -p "$SANDBOX/root/etc"
	says_of 'UNAVAIL ENOENT' --chroot "$SANDBOX/root" pwnam clara
	mkdir -p "$SANDBOX/root$FOLDER"
	cp -a "$FOLDER/." "$SANDBOX/root$FOLDER/"
	says_of "SUCCESS $CLARA" --chroot "$SANDBOX/root" pwnam clara
	# Somebody's own files are nobody's names (CVE-2025-32463).
	chown 1000 "$SANDBOX/root$FOLDER/passwd.cdb"
	says_of 'UNAVAIL EPERM' --chroot "$SANDBOX/root" pwnam clara
	# Also to who looked up before, a moment ago, when the file was no longer new.
	sleep 0.1
	says_of 'UNAVAIL EPERM' --first clara --chroot "$SANDBOX/root" pwnam clara
	rm "$SANDBOX/root$FOLDER/passwd.cdb"
	says_of 'UNAVAIL ENOENT' --first clara --chroot "$SANDBOX/root" pwnam clara
}

test_replaced_10000_times_every_answer_is_of_one_database() {
	local times=10000
	sanitized && times=1000
	printf 'person clara 70000 70000 /home/%% /bin/bash round %%\nperson derek 70001 70001 /home/%% /bin/bash round %%\n' \
		>"$SANDBOX/tmp/rows"
	publish <"$SANDBOX/tmp/rows"
	publish_names "$FOLDER" $times <"$SANDBOX/tmp/rows" | timeout 300 nssdrive race 280 >"$SANDBOX/tmp/race" 2>&1
	is "${PIPESTATUS[*]}" '0 0' "$(cat "$SANDBOX/tmp/race")"
	says "$(cat "$SANDBOX/tmp/race")" '^[1-9][0-9]* answers'
	note "$times databases, $(cat "$SANDBOX/tmp/race")"
	asked pwnam clara
	says "$OUT" "round $((times - 1)):/home/$((times - 1)):"
	is "$(find $FOLDER | sort | tr '\n' ' ')" "$FOLDER $FOLDER/group.cdb $FOLDER/passwd.cdb " "the folder"
}

# unavailable ERROR: every call says so.
unavailable() {
	local error=$1
	says_of "UNAVAIL $error" pwnam clara
	says_of "UNAVAIL $error" pwuid 70000
	says_of "UNAVAIL $error" pwent
	says_of "UNAVAIL $error" grnam crew
	says_of "UNAVAIL $error" grgid 70100
	says_of "UNAVAIL $error" grent
	says_of "UNAVAIL $error" initgroups clara 70000
}

both() {
	local file
	for file in passwd group; do "$@" "$FOLDER/$file.cdb" || fail "$*"; done
}

test_a_missing_file_is_unavailable() {
	prepared
	both rm
	unavailable ENOENT
	rm -r "$FOLDER"
	unavailable ENOENT
	mkdir -m 0755 "$FOLDER"
}

test_a_fifo_a_folder_a_socket_a_device_or_a_link_is_unavailable_at_once() {
	prepared
	cp "$FOLDER"/*.cdb "$SANDBOX/tmp"
	both rm && both mkfifo
	unavailable EPERM
	both rm && both mkdir
	unavailable EPERM
	both rmdir
	mknod "$FOLDER/passwd.cdb" c 1 5 && mknod "$FOLDER/group.cdb" c 1 5
	unavailable EPERM
	both rm
	ln -s "$SANDBOX/tmp/passwd.cdb" "$FOLDER/passwd.cdb"
	ln -s "$SANDBOX/tmp/group.cdb" "$FOLDER/group.cdb"
	unavailable ELOOP
}

test_a_file_that_others_own_or_may_write_is_unavailable() {
	prepared
	both chmod 0664
	unavailable EPERM
	both chmod 0646
	unavailable EPERM
	both chmod 0644
	both chown 1000
	unavailable EPERM
	both chown 0
	says_of "SUCCESS $CLARA" pwnam clara
}

test_an_unreadable_file_is_unavailable() {
	prepared
	both chmod 0600
	is "$(setpriv --reuid 1000 --regid 1000 --clear-groups nssdrive pwnam clara)" 'UNAVAIL EACCES'
}

test_a_file_that_was_cut_extended_or_emptied_is_unavailable() {
	local size
	for size in 0 1 2047 2048 2100 2200 -1 -8 -100 +1 +4096; do
		prepared
		both truncate -s "$size"
		unavailable EBADMSG
	done
}

# A mapped file would end the program by SIGBUS here.
test_a_file_that_is_cut_amid_a_walk_is_no_signal() {
	{
		people
		echo fill 0 20000
	} | publish
	asked cut "$FOLDER/passwd.cdb"
	is "$OUT" 'UNAVAIL EBADMSG' "the walk"
}

# head_says KIND WORDS: the head of KIND.cdb begins with other words of that length, its check right.
head_says() {
	local file=$FOLDER/$1.cdb line hash=5381 i code
	line="$2$(dd if="$file" bs=1 skip=$((2066 + ${#2})) count=22 status=none)"
	for ((i = 0; i <= ${#line}; i++)); do
		printf -v code %d "'$(cut -c $((i + 1)) <<<"!$line")"
		hash=$((((hash * 33) ^ code) & 0xffffffff))
	done
	printf '%08x %s' $hash "$line" | dd of="$file" bs=1 seek=2057 conv=notrunc status=none
}

test_another_version_or_the_other_database_is_unavailable() {
	prepared
	cp "$FOLDER/passwd.cdb" "$SANDBOX/tmp/swap"
	cp "$FOLDER/group.cdb" "$FOLDER/passwd.cdb"
	cp "$SANDBOX/tmp/swap" "$FOLDER/group.cdb"
	unavailable EBADMSG
	prepared
	head_says passwd 'webcred-names 2 passwd'
	head_says group 'webcred-names 2 group'
	unavailable EBADMSG
	head_says passwd 'webcred-names 1 passwd'
	says_of "SUCCESS $CLARA" pwnam clara
	head_says passwd 'another-names 1 passwd'
	says_of 'UNAVAIL EBADMSG' pwnam clara
}

# Whatever a call inside said to us is no business of the program's.
test_errno_is_untouched_by_what_succeeds() {
	prepared
	mv /etc/group "$SANDBOX/tmp/group.away"
	OUT=$(nssdrive pwnam clara; nssdrive pwent; nssdrive grnam crew)
	mv "$SANDBOX/tmp/group.away" /etc/group
	says_not "$OUT" errno-changed
	says "$OUT" "^SUCCESS crew:"
}

test_a_damaged_record_is_unavailable_and_the_others_are_not() {
	prepared
	sed -i 's,/home/clara,/home/cLara,' "$FOLDER/passwd.cdb"
	says_of 'UNAVAIL EBADMSG' pwnam clara
	says_of 'UNAVAIL EBADMSG' pwuid 70000
	says_of 'SUCCESS derek:*:70001:70001::/home/derek:/bin/sh' pwnam derek
}

test_local_names_and_ids_win_whenever_they_come() {
	prepared
	says_of "SUCCESS $CLARA" pwnam clara
	echo 'clara:x:4000:4000::/home/clara:/bin/sh' >>/etc/passwd
	says_of 'NOTFOUND ENOENT' pwnam clara
	says_of 'NOTFOUND ENOENT' pwuid 70000
	asked pwent
	says_not "$OUT" clara
	sed -i '$d' /etc/passwd
	echo 'local:x:70000:4000::/home/local:/bin/sh' >>/etc/passwd
	says_of 'NOTFOUND ENOENT' pwnam clara
	asked pwent
	says_not "$OUT" clara
	sed -i '$d' /etc/passwd
	says_of "SUCCESS $CLARA" pwnam clara
	# A local group with the id of somebody's primary group.
	echo 'local:x:70000:' >>/etc/group
	says_of 'NOTFOUND ENOENT' pwnam clara
	sed -i '$d' /etc/group
	# A comment and a name within a name are no names.
	printf '#clara:x:70000:70000:::\nxclara:x:4001:4000:clara:/home/clara:/bin/sh\nclarax:x:4002:70000:::\n' >>/etc/passwd
	says_of "SUCCESS $CLARA" pwnam clara
}

# The keeper writes anew without them; here it has not yet, and never does.
test_a_later_local_account_has_no_groups_of_the_person_before() {
	prepared
	says_of 'SUCCESS 70100' initgroups clara 70000
	echo 'clara:x:4000:4000::/home/clara:/bin/sh' >>/etc/passwd
	says_of 'NOTFOUND ENOENT' initgroups clara 4000
	says_of 'NOTFOUND ENOENT' initgroups clara 70000
	says_of 'SUCCESS crew:*:70100:derek,zoe' grnam crew
	says_of 'SUCCESS crew:*:70100:derek,zoe' grgid 70100
	asked grent
	says "$OUT" 'crew:\*:70100:derek,zoe$'
	# The first, the last, all of them.
	printf '%s\n' derek:x:4001:::: zoe:x:4002:::: >>/etc/passwd
	says_of 'SUCCESS crew:*:70100:' grnam crew
	sed -i '/^derek\|^zoe/d' /etc/passwd
	# Her id alone is another's name.
	sed -i '$d' /etc/passwd
	echo 'local:x:70000:4000::/home/local:/bin/sh' >>/etc/passwd
	says_of 'SUCCESS 70100' initgroups clara 70000
	says_of 'NOTFOUND ENOENT' initgroups local 4000
	sed -i '$d' /etc/passwd
}

# himmelblau CVE-2025-49012: who is in a group called sudo is in sudoers' %sudo.
test_no_group_is_called_like_a_local_one() {
	{
		people
		echo 'group sudo 70300 clara'
		echo 'group later 70301 clara'
	} | publish
	says_of 'NOTFOUND ENOENT' grnam sudo
	says_of 'NOTFOUND ENOENT' grgid 70300
	says_of 'SUCCESS later:*:70301:clara' grgid 70301
	says_of 'SUCCESS 70100 70300 70301' initgroups clara 70000
	# `later` becomes a local group, and so does its id.
	echo 'later:x:4001:' >>/etc/group
	says_of 'NOTFOUND ENOENT' grnam later
	says_of 'NOTFOUND ENOENT' grgid 70301
	echo 'other:x:70301:' >>/etc/group
	says_of 'SUCCESS 70100 70300' initgroups clara 70000
	asked grent
	says_not "$OUT" 'sudo|later'
}

run_tests
