# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Accounts that go, change their names, are locked or expire, and what is left of them in the store.
. "$WEBCRED_TOP/tests/support/lib.sh"

orphans() {
	OUT=$(webcred remove --orphans "$@" 2>&1 </dev/null)
	STATUS=$?
	echo "$OUT"
}

accounts() { credrive accounts | grep -v '^result '; }
stored() { accounts | sort | tr '\n' ' '; }

test_orphans_are_who_left_and_whose_uid_is_anothers() {
	useradd -u 7010 -M left
	useradd -u 7011 -M changed
	enrol_password left 'one two three'
	enrol_password changed 'one two three'
	enrol_password alice 'correct horse'
	userdel left
	usermod -u 7012 changed
	orphans --dry-run
	is "$STATUS" 0 "exit status"
	says "$OUT" '^left, uid 7010: there is no such account'
	says "$OUT" '^changed, uid 7011: .*another uid'
	says_not "$OUT" 'alice'
	is "$(stored)" "alice 5001 changed 7011 left 7010 " "who is in the store after --dry-run"
	orphans
	is "$STATUS" 1 "exit status without a yes"
	is "$(stored)" "alice 5001 changed 7011 left 7010 " "who is in the store without a yes"
	mark
	orphans --yes
	is "$STATUS" 0 "exit status"
	is "$(stored)" "alice 5001 " "who is left"
	logged 'remove done.*left'
	logged 'remove done.*changed'
	granted alice "$SERVICE" 'correct horse'
	# Another of that name and uid has nothing of the first.
	useradd -u 7010 -M left
	is "$(credentials left)" 0 "what the next one of that name has"
	userdel left
	userdel changed
	orphans --yes
	says "$OUT" 'Every account'
}

test_orphans_as_json() {
	useradd -u 7010 -M left
	enrol_password left 'one two three'
	userdel left
	orphans --json --dry-run
	is "$(head -n 1 <<<"$OUT")" '{"orphan":{"name":"left","uid":7010,"reason":"there is no such account"}}'
	is "$(tail -n 1 <<<"$OUT")" '{"done":true}'
	orphans --json --yes
	is "$(tail -n 1 <<<"$OUT")" '{"done":true}'
	is "$(stored)" "" "who is left"
}

# A name service that is down is a fault, and never "gone".
test_orphans_with_a_name_service_that_fails() {
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	cp /etc/nsswitch.conf "$SANDBOX/tmp/nsswitch.conf"
	sed -i '/^passwd:/d' /etc/nsswitch.conf
	echo 'passwd: nowhere' >>/etc/nsswitch.conf
	orphans --yes
	cp "$SANDBOX/tmp/nsswitch.conf" /etc/nsswitch.conf
	[ "$STATUS" != 0 ] || fail "with no name service it went on: $OUT"
	is "$(stored)" "alice 5001 bob 5002 " "who is in the store"
}

# Some services say "no such user" while they are down: a timer does not believe that of many.
test_orphans_are_few_where_nobody_reads_the_list() {
	local i
	for i in $(seq 12); do
		add_user "gone$i" $((7100 + i))
		enrol_password "gone$i" 'one two three'
	done
	cp /etc/passwd "$SANDBOX/tmp/passwd"
	sed -i '/^gone/d' /etc/passwd
	orphans --yes
	is "$STATUS" 3 "exit status with 12 of 12 gone"
	says "$OUT" '12 of 12 accounts seem to be gone'
	is "$(stored | wc -w)" 24 "words about 12 accounts"
	orphans --yes --limit 12
	is "$STATUS" 0 "exit status with a limit of 12"
	is "$(stored)" "" "who is left"
	cp "$SANDBOX/tmp/passwd" /etc/passwd
}

test_orphans_of_many_answers() {
	local i
	authority_stop
	{
		echo 'BEGIN;'
		for i in $(seq 1000); do
			echo "INSERT INTO account (name, uid, handle, created) VALUES ('a-rather-long-name-of-somebody-$i', $((200000 + i)), randomblob(32), 1);"
		done
		echo 'COMMIT;'
	} | sqlite3 /var/lib/webcred/webcred.db
	authority_start
	is "$(accounts | wc -l)" 1000 "accounts listed"
	is "$(accounts | sort -u | wc -l)" 1000 "different accounts listed"
	orphans --yes --limit 1000
	is "$STATUS" 0 "exit status"
	is "$(accounts | wc -l)" 0 "accounts left"
}

test_timer_is_there_and_off() {
	[ -f "$WEBCRED_STAGE/usr/lib/systemd/system/webcred-orphans.timer" ] ||
		[ -f "$WEBCRED_STAGE/lib/systemd/system/webcred-orphans.timer" ] || fail "no timer is installed"
	says_not "$(find "$WEBCRED_STAGE" -name '*.wants')" '.'
	says "$(cat "$(find "$WEBCRED_STAGE" -name webcred-orphans.service)")" 'ExecStart=/usr/bin/webcred remove --orphans --yes'
}

# Another name for the same uid is another account: nothing is inherited, nothing is let in.
test_renamed_account_has_to_enrol_again() {
	useradd -u 7020 -M before
	enrol_password before 'one two three'
	usermod -l after before
	refused after "$SERVICE" 'one two three'
	is "$(credentials after)" 0 "what the new name has"
	orphans --yes
	is "$(stored)" "" "who is in the store"
	enrol_password after 'four five six'
	granted after "$SERVICE" 'four five six'
	usermod -l before after
	refused before "$SERVICE" 'four five six'
	userdel before
}

# webcred sees neither `usermod -L` nor `chage -E`: the stack keeps pam_unix's account line for them,
# requisite, as Debian's common-account ends: behind a `required` one our line would still run.
kept_stack() {
	service kept <<-END
		auth     required pam_webcred.so get=password
		account  requisite pam_unix.so
		account  required pam_webcred.so
	END
}

test_expired_account_is_stopped_by_the_kept_account_line() {
	kept_stack
	useradd -u 7030 -M -p '*' paul
	enrol_password paul 'one two three'
	granted paul kept 'one two three'
	chage -E 0 paul
	login paul kept 'one two three'
	is "$CODE" PAM_SUCCESS "authenticate"
	says "$OUT" '^acct_mgmt PAM_ACCT_EXPIRED'
	chage -E -1 paul
	granted paul kept 'one two three'
	userdel paul
}

test_login_that_the_account_line_refused_does_not_count() {
	kept_stack
	useradd -u 7031 -M -p '*' paula
	enrol_password paula 'one two three'
	chage -E 0 paula
	login paula kept 'one two three'
	authority_stop
	is "$(sqlite3 /var/lib/webcred/webcred.db 'SELECT count(*) FROM silent_access')" 0 "services that may be silent"
	authority_start
	chage -E -1 paula
	granted paula kept 'one two three'
	authority_stop
	is "$(sqlite3 /var/lib/webcred/webcred.db 'SELECT count(*) FROM silent_access')" 1 "services that may be silent"
	userdel paula
}

# usermod -L locks the Unix password alone; what pam_unix says of such an account is what stays.
test_locked_unix_password_is_no_locked_account() {
	kept_stack
	useradd -u 7032 -M -p '$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7' peter
	enrol_password peter 'one two three'
	usermod -L peter
	granted peter kept 'one two three'
	usermod -L -e 1 peter
	login peter kept 'one two three'
	says "$OUT" '^acct_mgmt PAM_ACCT_EXPIRED'
	usermod -U -e '' peter
	webcred lock --user peter
	refused peter kept 'one two three'
	userdel peter
}

# ---- what the person sees ------------------------------------------------------

test_list_shows_a_lock() {
	enrol_password alice 'correct horse'
	says "$(webcred list --user alice --json)" '"locked":false'
	webcred lock --user alice
	says "$(webcred list --user alice --json)" '"locked":true'
	webcred unlock --user alice
	says "$(webcred list --user alice --json)" '"locked":false'
}

test_prevent_silent_access_for_every_service() {
	enrol_password alice 'correct horse'
	granted alice "$SERVICE" 'correct horse'
	granted alice password 'correct horse'
	authority_stop
	is "$(sqlite3 /var/lib/webcred/webcred.db 'SELECT count(*) FROM silent_access')" 2 "services that may be silent"
	authority_start
	webcred prevent-silent-access --user alice --service password || fail "for one service"
	authority_stop
	is "$(sqlite3 /var/lib/webcred/webcred.db 'SELECT service FROM silent_access')" "$SERVICE" "services that may be silent"
	authority_start
	OUT=$(setpriv --reuid alice --regid alice --clear-groups -- webcred prevent-silent-access 2>&1) ||
		fail "for every service: $OUT"
	authority_stop
	is "$(sqlite3 /var/lib/webcred/webcred.db 'SELECT count(*) FROM silent_access')" 0 "services that may be silent"
}

test_another_account_on_the_user_socket_is_told_why() {
	OUT=$(setpriv --reuid alice --regid alice --clear-groups -- \
		credrive -u bob --socket /run/webcred/user list 2>&1)
	says "$OUT" 'this socket is for your own account'
	says "$OUT" 'SecurityError'
	logged 'turned away: this socket is for your own account'
}

test_list_says_why_it_cannot() {
	enrol_password alice 'correct horse'
	echo '[nonsense' >/etc/webcred/webcred.conf
	OUT=$(webcred list --user alice 2>&1) && fail "it listed"
	says "$OUT" 'webcred.conf'
}

run_tests
