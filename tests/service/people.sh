# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# People whom only webcred knows: made, changed, seen through the real name service, gone again.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/people.sh"

test_an_account_is_seen_by_every_program() {
	people_begin
	makes cathy --gecos 'Cathy Example'
	is "$(getent passwd cathy)" "cathy:*:65536:65536:Cathy Example:$SANDBOX/home/cathy:/bin/bash"
	is "$(getent passwd 65536 | cut -d : -f 1)" cathy
	is "$(getent group cathy | cut -d : -f 1,3,4)" 'cathy:65536:'
	is "$(id cathy)" 'uid=65536(cathy) gid=65536(cathy) groups=65536(cathy)'
	install -d -o cathy -g cathy "$SANDBOX/home/cathy"
	says "$(ls -ld "$SANDBOX/home/cathy")" 'cathy cathy'
	logged 'account-add done user="cathy".*requester=0.*uid 65536'
	makes dora
	is "$(id -u dora)" 65537
	removes cathy
	! getent passwd cathy || fail "cathy is still there"
	! getent group cathy || fail "her group is still there"
	is "$(id -u dora)" 65537
}

test_what_is_said_as_json() {
	people_begin
	makes cathy --gecos 'C "x" \y' --expires 2030-01-31 --shell /bin/sh
	json account show cathy
	is "$(jq -r '.person.gecos' <<<"$OUT")" 'C "x" \y'
	is "$(jq -c '.person | [.uid, .gid, .group, .shell, .expires, .locked, .expired, .groups]' <<<"$OUT")" \
		'[65536,65536,"cathy","/bin/sh","2030-01-31",false,false,[]]'
	json account list
	is "$(head -n 1 <<<"$OUT" | jq -r .person.name)" cathy
	is "$(tail -n 1 <<<"$OUT")" '{"done":true}'
	json account group list
	is "$(head -n 1 <<<"$OUT" | jq -c '.group | [.name, .gid]')" '["cathy",65536]'
	refuses account show nobodyhere --json
	is "$(jq -r .error.name <<<"$OUT")" InvalidStateError
}

test_modify() {
	people_begin
	makes cathy
	changes cathy --gecos 'Somebody Else' --home /srv/cathy --shell /bin/sh
	is "$(getent passwd cathy)" 'cathy:*:65536:65536:Somebody Else:/srv/cathy:/bin/sh'
	changes cathy --gecos ''
	is "$(getent passwd cathy)" 'cathy:*:65536:65536::/srv/cathy:/bin/sh'
	refuses account modify nobodyhere --gecos x
	refuses account modify alice --gecos x # a local account is none of ours
	is "$(getent passwd alice | cut -d : -f 5)" ''
}

# The name changes, the credentials stay: seeds are sealed for the name they belong to.
test_rename_keeps_every_credential() {
	people_begin
	makes cathy
	enrol_password cathy 'correct horse'
	enrol_totp cathy
	changes cathy --name kathy
	! getent passwd cathy || fail "the old name is still there"
	is "$(getent passwd kathy | cut -d : -f 3)" 65536
	is "$(getent group 65536 | cut -d : -f 1)" kathy
	granted kathy password 'correct horse'
	granted kathy otp "$(totp "$SEED" 1)"
	login cathy password 'correct horse'
	is "$CODE" PAM_AUTH_ERR
	makes cathy
	is "$(id -u cathy)" 65537
	login cathy password 'correct horse'
	is "$CODE" PAM_AUTH_ERR "the old name, somebody else's now"
}

test_groups_and_who_belongs() {
	people_begin
	makes cathy
	makes dora
	webcred account group add crew --members cathy || fail "group add"
	is "$(getent group crew | cut -d : -f 4)" cathy
	says "$(id -nG cathy)" '^cathy crew$'
	changes dora --join crew
	says "$(id -nG dora)" '^dora crew$'
	webcred account group modify crew --without cathy --rename staff2 || fail "group modify"
	is "$(id -nG cathy)" cathy
	is "$(getent group staff2 | cut -d : -f 4)" dora
	changes dora --group staff2
	is "$(id -gn dora)" staff2
	refuses account group remove staff2
	says "$OUT" 'primary group of dora'
	changes dora --group dora --leave staff2
	webcred account group remove staff2 || fail "group remove"
	! getent group staff2 || fail "the group is still there"
	is "$(id -nG dora)" dora
	refuses account modify cathy --join sudo
	refuses account modify cathy --group sudo
	refuses account group add crew2 --members alice
	refuses account group modify sudo --members cathy
	refuses account group modify cathy --rename other
	is "$(id -nG cathy)" cathy
}

# Whoever is removed takes along every credential and what is in flight, and nothing of anybody else.
test_remove_ends_every_login_and_no_others() {
	people_begin
	makes cathy
	makes dora
	enrol_password cathy 'correct horse'
	enrol_password dora 'other horse'
	enrol_password alice 'alice horse'
	timeout 20 pamdrive -u cathy -s password -c "$PAMD" --delay 3000 --answer 'correct horse' authenticate \
		>"$SANDBOX/flight" 2>&1 &
	sleep 1
	removes cathy
	wait $!
	says_not "$(cat "$SANDBOX/flight")" 'PAM_SUCCESS'
	refused cathy password 'correct horse'
	is "$(credrive -u root accounts | grep -c cathy)" 0
	granted dora password 'other horse'
	granted alice password 'alice horse'
	is "$(id -u dora)" 65537
	says "$(log_since)" 'account-remove done user="cathy"'
}

# Her uid is hers for ever: files outlive an account.
test_an_id_is_not_given_to_another() {
	people_begin
	makes cathy
	removes cathy
	makes dora
	is "$(id -u dora)" 65537
	refuses account add erna --uid 65536
	says "$OUT" "was once cathy's"
	refuses account group add crew --gid 65536
	makes cathy --uid 65536 # herself again
	is "$(id -u cathy)" 65536
	[ "$(credentials cathy)" = 0 ] || fail "she has credentials"
}

# The range is small: its end is said, and the search goes round.
test_a_range_that_is_used_up() {
	people_begin 'range = 65536-65538'
	makes a1
	makes a2
	makes a3
	refuses account add a4
	says "$OUT" 'every id of 65536-65538'
	removes a1
	refuses account add a4
	people_conf 'range = 65536-65540'
	makes a4
	is "$(id -u a4)" 65539
	refuses account add a5 --uid 65541
	says "$OUT" 'outside of 65536-65540'
}

test_expiry_and_lock() {
	people_begin
	account_lines
	makes cathy
	enrol_password cathy 'correct horse'
	granted cathy stack 'correct horse'
	changes cathy --expires "$(date -u -d tomorrow +%F)"
	granted cathy stack 'correct horse'
	changes cathy --expires "$(date -u +%F)"
	login cathy stack 'correct horse'
	is "$CODE" PAM_SUCCESS "authenticate"
	says "$OUT" '^acct_mgmt PAM_ACCT_EXPIRED'
	# by whatever she came in: sshd's own key, cron
	drive cathy stack acct_mgmt
	says "$OUT" '^acct_mgmt PAM_ACCT_EXPIRED'
	changes cathy --expires never
	granted cathy stack 'correct horse'
	drive cathy stack acct_mgmt
	says "$OUT" '^acct_mgmt PAM_SUCCESS'
	changes cathy --lock
	refused cathy stack 'correct horse'
	drive cathy stack acct_mgmt
	says "$OUT" '^acct_mgmt PAM_AUTH_ERR'
	getent passwd cathy >/dev/null || fail "a locked account has lost its name"
	webcred unlock --user cathy || fail "unlock"
	granted cathy stack 'correct horse'
	# nobody else is asked about at all
	authority_stop
	drive alice stack acct_mgmt
	says "$OUT" '^acct_mgmt PAM_SUCCESS'
	drive cathy stack acct_mgmt
	says "$OUT" '^acct_mgmt PAM_PERM_DENIED'
}

test_a_settled_login_of_an_expired_account() {
	people_begin
	makes cathy
	enrol_password cathy 'correct horse'
	changes cathy --expires 2001-01-01
	login cathy password 'correct horse'
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^acct_mgmt PAM_ACCT_EXPIRED'
	logged 'settle refused user="cathy".*expired'
	webcred account modify cathy --expires yesterday && fail "yesterday is no date"
	webcred account modify cathy --expires 2026-02-31 && fail "there is no 31st of February"
	webcred account modify cathy --expires 1969-12-31 && fail "before 1970"
	json account show cathy
	is "$(jq -r .person.expires <<<"$OUT")" 2001-01-01
}

# Credentials alone go by remove --all; the person stays.
test_remove_all_leaves_the_person() {
	people_begin
	makes cathy
	enrol_password cathy 'correct horse'
	webcred remove --all --yes --user cathy || fail "remove --all"
	is "$(credentials cathy)" 0
	is "$(id -u cathy)" 65536
	enrol_password cathy 'new horse'
	granted cathy password 'new horse'
}

# A person is no orphan while nothing asks webcred for names.
test_orphans_are_others() {
	people_begin
	makes cathy
	enrol_password cathy 'correct horse'
	webcred account disable || fail "disable"
	! getent passwd cathy || fail "the name service still asks"
	webcred remove --orphans --yes || fail "orphans"
	webcred account enable || fail "enable"
	granted cathy password 'correct horse'
}

# /etc/passwd is changed later: local accounts win at once, and it is said.
test_local_files_win_later_too() {
	people_begin
	makes cathy
	makes dora
	makes erna
	webcred account group add crew --members cathy,dora,erna || fail "group"
	enrol_password cathy 'correct horse'
	enrol_password dora 'other horse'
	echo "cathy:x:6001:6001::/:/bin/sh" >>/etc/passwd
	echo "intruder:x:65537:65537::/:/bin/sh" >>/etc/passwd
	is "$(id -u cathy)" 6001 "a local account's uid"
	is "$(getent passwd 65537 | cut -d : -f 1)" intruder
	! getent passwd dora || fail "dora is served a local account's uid"
	not_crew() { ! id -nG cathy 2>&1 | grep -q crew; }
	waits_for not_crew # the authority looks twice a second
	is "$(getent group crew | cut -d : -f 4)" dora,erna
	login cathy password 'correct horse'
	is "$CODE" PAM_AUTH_ERR "the local cathy, by the person's password"
	refused dora password 'other horse'
	json account list
	says "$(jq -r 'select(.person.name == "cathy").person.trouble' <<<"$OUT")" 'local account cathy .*this name'
	says "$(jq -r 'select(.person.name == "dora").person.trouble' <<<"$OUT")" 'uid belongs to the local account intruder'
	is "$(jq -r 'select(.person.name == "erna").person.trouble' <<<"$OUT")" null
	OUT=$(webcred doctor 2>&1)
	says "$OUT" 'the person cathy: '
	says "$OUT" 'the person dora: '
	sed -i '/^cathy:/d; /^intruder:/d' /etc/passwd
	is "$(id -u cathy)" 65536
	granted cathy password 'correct horse'
	granted dora password 'other horse'
}

test_local_files_that_cannot_be_read() {
	people_begin
	makes cathy
	chmod 0666 /etc/passwd
	refuses account add dora
	says "$OUT" '/etc/passwd.*0666'
	chmod 0644 /etc/passwd
	mv /etc/group "$SANDBOX/tmp/group"
	refuses account add dora
	says "$OUT" '/etc/group is missing'
	mkdir /etc/group # a FIFO would hang libc itself
	refuses account add dora
	says "$OUT" 'a folder'
	rmdir /etc/group
	mv "$SANDBOX/tmp/group" /etc/group
	rm -f /etc/subuid
	mkfifo /etc/subuid
	refuses account add dora
	says "$OUT" 'FIFO'
	rm /etc/subuid
	makes dora
}

# What is stored and cannot be published is said, and made good.
test_what_cannot_be_published_is_said() {
	people_begin
	makes cathy
	mount -t tmpfs -o ro none /var/lib/webcred-names
	fails account add dora
	says "$OUT" 'it is stored, but the name service still has what was before'
	says "$OUT" 'webcred account publish'
	logged "name service's databases could not be written"
	fails account publish
	umount /var/lib/webcred-names
	is "$(id -u cathy)" 65536
	webcred account publish || fail "publish"
	is "$(id -u dora)" 65537
}

test_published_again_at_start() {
	people_begin
	makes cathy
	authority_stop
	rm /var/lib/webcred-names/*
	! getent passwd cathy || fail "who reads them still has them"
	authority_start
	waits_for getent passwd cathy
	authority_stop
	echo nonsense >/var/lib/webcred-names/passwd.cdb
	authority_start
	waits_for getent passwd cathy
	authority_stop
	sqlite3 /var/lib/webcred/webcred.db "UPDATE person SET gecos = 'Restored'" >/dev/null
	authority_start
	waits_for grep -q Restored <(getent passwd cathy; sleep 0.1; getent passwd cathy)
}

# So many that a thread ends it: what changes meanwhile waits for the next run, and shows.
test_many_people_are_published_and_changes_are_not_lost() {
	local name
	people_begin
	makes cathy
	authority_stop
	sqlite3 /var/lib/webcred/webcred.db "BEGIN;
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
		INSERT INTO account (name, uid, handle, created) SELECT 'many' || i, 1900000000 + i, randomblob(32), 0 FROM n;
		INSERT INTO people (name, gid, owner) SELECT name, uid, number FROM account WHERE name GLOB 'many*';
		INSERT INTO person (account, gid, gecos, home, shell)
			SELECT number, uid, '', '/home/' || name, '/bin/sh' FROM account WHERE name GLOB 'many*';
		COMMIT;" || fail "many people"
	authority_start
	for name in dora erna fred; do
		makes $name
		is "$(getent passwd $name | cut -d : -f 1)" $name "who was added meanwhile"
	done
	is "$(getent passwd | grep -c '^many')" 10000 "people"
	is "$(id many9999)" 'uid=1900009999(many9999) gid=1900009999(many9999) groups=1900009999(many9999)'
	webcred account remove many5 --yes || fail "remove"
	! getent passwd many5 || fail "many5 is still there"
	is "$(find /var/lib/webcred-names -type f | wc -l)" 2 "files"
}

test_nobody_added_nothing_published() {
	# The databases of the test before are there, and are being written anew.
	authority_stop
	rm -f /var/lib/webcred-names/*
	authority_start || fail "the authority did not start"
	people_conf
	enrol_password alice 'correct horse'
	is "$(ls -A /var/lib/webcred-names)" ''
}

# A backup holds the people; a restored one is what is served; another host key changes nothing.
test_backup_restore_rekey() {
	people_begin
	makes cathy
	webcred account group add crew --members cathy || fail "group"
	enrol_password cathy 'correct horse'
	webcred backup "$SANDBOX/tmp/backup" || fail "backup"
	removes cathy
	authority_stop
	webcred-authority --restore "$SANDBOX/tmp/backup" --yes || fail "restore"
	authority_start
	waits_for getent passwd cathy
	enrol_totp cathy
	changes cathy --name kathy
	changes kathy --name cathy
	authority_stop
	webcred-authority --rekey --yes || fail "rekey"
	authority_start
	is "$(id -nG cathy)" 'cathy crew'
	granted cathy password 'correct horse'
	granted cathy otp "$(totp "$SEED" 1)"
}

test_only_root_asks() {
	local verb
	people_begin
	makes cathy
	for verb in 'account list' 'account add eve' 'account remove cathy --yes' 'account modify cathy --lock' \
		'account show cathy' 'account group add crew' 'account publish' 'account enable'; do
		# shellcheck disable=SC2086 # words
		OUT=$(setpriv --reuid alice --regid alice --clear-groups -- webcred $verb 2>&1) && fail "alice may: $verb"
		says "$OUT" 'Only root'
	done
	is "$(getent passwd | grep -c ':6553[6-9]:')" 1
}

test_home_folder_from_skel() {
	people_begin
	rm -rf /etc/skel
	mkdir -p /etc/skel/inner
	echo hello >/etc/skel/inner/file
	chmod 0640 /etc/skel/inner/file
	ln -s /etc/shadow /etc/skel/link
	makes cathy --create-home
	is "$(stat -c '%a %U %G' "$SANDBOX/home/cathy")" '700 cathy cathy'
	is "$(stat -c '%a %U %G' "$SANDBOX/home/cathy/inner/file")" '640 cathy cathy'
	is "$(readlink "$SANDBOX/home/cathy/link")" /etc/shadow
	is "$(stat -c %U /etc/shadow)" root
	# what is there is left alone, and the account is said to be there
	mkdir "$SANDBOX/home/dora"
	fails account add dora --create-home
	says "$OUT" 'The account is there'
	is "$(stat -c '%U' "$SANDBOX/home/dora")" root
	# a folder that somebody else may write, a link on the way
	chmod 0777 "$SANDBOX/home"
	fails account add erna --create-home
	[ ! -e "$SANDBOX/home/erna" ] || fail "made in a folder that is open to all"
	chmod 0755 "$SANDBOX/home"
	ln -s /etc "$SANDBOX/home/trap"
	fails account add frieda --create-home --home "$SANDBOX/home/trap/frieda"
	[ ! -e /etc/frieda ] || fail "a link was followed"
}

run_tests
