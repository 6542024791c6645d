# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The store as a whole: copied while logins go on, and put back.
. "$WEBCRED_TOP/tests/support/lib.sh"

STORE=/var/lib/webcred
BACKUP=$SANDBOX/tmp/backup

unthrottled() {
	conf <<-END
		[throttle]
		enabled = no
	END
}

backup() {
	rm -f "$BACKUP"
	OUT=$(webcred backup "$BACKUP" 2>&1) || fail "backup: $OUT"
}

# offline OPTION...: the authority is stopped, does it, and is started again; sets OUT and STATUS.
offline() {
	authority_stop
	OUT=$(webcred-authority "$@" </dev/null 2>&1)
	STATUS=$?
	echo "$OUT"
	authority_start || fail "the authority did not start after $*"
}

restore() {
	offline --restore "$BACKUP" --yes
	is "$STATUS" 0 "restore"
}

query() { sqlite3 "$STORE/webcred.db" "$1"; }

# fill N: so many more accounts, of about two kilobytes each.
fill() {
	local i
	authority_stop
	{
		echo 'BEGIN;'
		for i in $(seq "$1"); do
			echo "INSERT INTO account (name, uid, handle, created) VALUES ('fill$i', $((100000 + i)), randomblob(32), 1);"
			echo "INSERT INTO credential (account, id, type, kind, label, rp_id, created, hash, key) SELECT number, randomblob(16), 1, 1, 'password', 'x', 1, '\$argon2id\$' || hex(randomblob(60)), randomblob(1200) FROM account WHERE name = 'fill$i';"
		done
		echo 'COMMIT;'
	} | sqlite3 "$STORE/webcred.db" || fail "cannot fill the store"
	authority_start || fail "the authority did not start with a full store"
}

# ---- backup ------------------------------------------------------------------

test_backup_is_a_whole_store_that_only_root_reads() {
	enrol_password alice 'correct horse'
	mark
	backup
	logged 'backup done'
	is "$(stat -c '%a %U' "$BACKUP")" '600 root' "the backup"
	is "$(sqlite3 "$BACKUP" 'PRAGMA integrity_check')" ok "the backup's integrity"
	is "$(sqlite3 "$BACKUP" 'SELECT name FROM account')" alice "who is in it"
	is "$(find "$STORE" -name "*copy*" | wc -l)" 0 "what is left in the store's folder"
}

test_backup_replaces_nothing_and_follows_no_link() {
	echo precious >"$BACKUP"
	OUT=$(webcred backup "$BACKUP" 2>&1) && fail "an existing file was taken"
	is "$(cat "$BACKUP")" precious "what was there"
	rm "$BACKUP"
	ln -s "$SANDBOX/tmp/elsewhere" "$BACKUP"
	OUT=$(webcred backup "$BACKUP" 2>&1) && fail "a link was followed"
	[ ! -e "$SANDBOX/tmp/elsewhere" ] || fail "a file was made through a link"
	rm "$BACKUP"
}

test_backup_and_accounts_are_roots() {
	OUT=$(setpriv --reuid alice --regid alice --clear-groups -- webcred backup "$SANDBOX/home/alice/b" 2>&1) &&
		fail "alice made a backup"
	[ ! -e "$SANDBOX/home/alice/b" ] || fail "a file was made for alice"
	OUT=$(setpriv --reuid alice --regid alice --clear-groups -- webcred remove --orphans --dry-run 2>&1) &&
		fail "alice lists accounts"
	# The authority says no by itself, whatever the tool thinks.
	OUT=$(setpriv --reuid alice --regid alice --clear-groups -- credrive -u alice accounts 2>&1)
	says "$OUT" 'SecurityError'
	OUT=$(setpriv --reuid alice --regid alice --clear-groups -- credrive -u alice backup 2>&1)
	says "$OUT" 'SecurityError'
	logged 'turned away: only root may ask for this'
}

# 10,000 accounts, about 20 MB: nobody waits for the copy, and what is enrolled meanwhile harms nothing.
test_backup_of_10000_accounts_holds_no_login_up() {
	local i counter=0 worst=0 began size pid
	unthrottled
	fill 10000
	enrol_hotp alice
	began=$(date +%s%N)
	webcred backup "$BACKUP" >/dev/null &
	pid=$!
	while kill -0 "$pid" 2>/dev/null || [ "$counter" -lt 5 ]; do
		counter=$((counter + 1))
		granted alice otp "$(hotp "$SEED" "$counter")" >/dev/null
		[ "$MS" -gt "$worst" ] && worst=$MS
		[ "$counter" -lt 200 ] || break
	done
	wait "$pid" || fail "the backup failed"
	size=$(stat -c %s "$BACKUP")
	note "a backup of $size bytes, $counter logins beside it, the slowest took $worst ms; all in $((($(date +%s%N) - began) / 1000000)) ms"
	[ "$worst" -lt 500 ] || fail "a login waited $worst ms"
	is "$(sqlite3 "$BACKUP" 'PRAGMA integrity_check')" ok "the backup's integrity"
	is "$(sqlite3 "$BACKUP" 'SELECT count(*) FROM account')" 10001 "accounts in the backup"
}

test_backup_whose_caller_goes_away_leaves_nothing() {
	local i pid
	fill 3000
	for i in 1 2 3 4 5; do
		rm -f "$BACKUP"
		webcred backup "$BACKUP" >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$i"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	sleep 0.3
	is "$(find "$STORE" -name "*copy*" | wc -l)" 0 "what is left in the store's folder"
	backup
	is "$(sqlite3 "$BACKUP" 'PRAGMA integrity_check')" ok "the backup's integrity"
}

# ---- restore -----------------------------------------------------------------

test_restore_brings_back_passwords_and_keeps_the_old_store() {
	enrol_password alice 'correct horse'
	backup
	enrol_password alice 'another horse'
	enrol_password bob 'battery staple'
	mark
	restore
	logged 'restore done'
	granted alice "$SERVICE" 'correct horse'
	is "$(credentials bob)" 0 "what bob has"
	is "$(sqlite3 "$STORE"/replaced-*/webcred.db 'SELECT count(*) FROM account')" 2 "accounts of the old store"
	is "$(stat -c %a "$STORE"/replaced-*)" 700 "the old store's folder"
}

test_restore_voids_recovery_codes_and_invitations() {
	local invitation
	enrol_recovery alice
	invitation=$(webcred invite --user bob)
	backup
	granted alice otp "${CODES[0]}"
	restore
	refused alice otp "${CODES[0]}"
	refused alice otp "${CODES[1]}"
	[ -n "$invitation" ] || fail "no invitation"
	authority_stop
	is "$(query 'SELECT count(*) FROM invitation')" 0 "open invitations"
}

test_restore_does_not_let_a_used_totp_code_count_again() {
	local code
	unthrottled
	enrol_totp alice
	backup
	code=$(totp "$SEED" 1)
	granted alice otp "$code"
	restore
	refused alice otp "$code"
	refused alice otp "$(totp "$SEED" 0)"
}

# Used counters stay used; one code from ahead is not enough, two in a row are, once.
test_restore_wants_two_hotp_codes_in_a_row() {
	local i
	unthrottled
	enrol_hotp alice
	backup
	for i in 1 2 3; do granted alice otp "$(hotp "$SEED" $i)"; done
	restore
	for i in 1 2 3 4; do refused alice otp "$(hotp "$SEED" $i)"; done
	refused alice otp "$(hotp "$SEED" 30)"
	refused alice otp "$(hotp "$SEED" 33)"
	granted alice otp "$(hotp "$SEED" 34)"
	granted alice otp "$(hotp "$SEED" 35)"
	refused alice otp "$(hotp "$SEED" 35)"
}

test_restore_marks_counters_and_prevents_silence() {
	enrol_password alice 'correct horse'
	authority_stop
	query "INSERT INTO credential (account, id, type, kind, label, rp_id, created, moving, external, key, cose_algorithm) SELECT number, randomblob(16), 2, 5, 'blue', 'x', 1, 77, randomblob(64), randomblob(77), -7 FROM account"
	query "INSERT INTO silent_access SELECT number, 'x', 'sudo' FROM account"
	authority_start
	backup
	restore
	authority_stop
	is "$(query 'SELECT relearn, moving FROM credential WHERE type = 2')" '1|77' "the key's counter"
	is "$(query 'SELECT count(*) FROM silent_access')" 0 "services that may be silent"
}

test_restore_refuses_while_an_authority_runs() {
	enrol_password alice 'correct horse'
	backup
	OUT=$(webcred-authority --restore "$BACKUP" --yes 2>&1)
	is $? 1 "restore beside an authority"
	says "$OUT" 'stop the authority'
	granted alice "$SERVICE" 'correct horse'
	OUT=$(webcred-authority --rekey 2>&1)
	is $? 1 "rekey beside an authority"
	granted alice "$SERVICE" 'correct horse'
}

test_restore_asks_first() {
	enrol_password alice 'correct horse'
	backup
	enrol_password alice 'another horse'
	offline --restore "$BACKUP"
	is "$STATUS" 2 "restore without a yes"
	granted alice "$SERVICE" 'another horse'
	is "$(find "$STORE" -name 'restore*' -o -name 'replaced*' | wc -l)" 0 "what is left in the folder"
}

# refuses_file WHAT: nothing of it comes in, the store goes on.
refuses_file() {
	offline --restore "$BACKUP" --yes
	[ "$STATUS" = 1 ] || [ "$STATUS" = 3 ] || fail "$1: status $STATUS"
	says "$OUT" "$2"
	granted alice "$SERVICE" 'correct horse'
	is "$(find "$STORE" -name 'restore*' -o -name 'replaced*' | wc -l)" 0 "what is left in the folder"
}

test_restore_refuses_what_is_no_good_backup() {
	unthrottled
	enrol_password alice 'correct horse'
	head -c 100000 /dev/urandom >"$BACKUP"
	chmod 0600 "$BACKUP"
	refuses_file "noise" 'not a database|damaged'
	: >"$BACKUP"
	refuses_file "an empty file" 'empty'
	backup
	truncate -s 9000 "$BACKUP"
	refuses_file "half a file" 'damaged|malformed|image'
	backup
	sqlite3 "$BACKUP" 'PRAGMA journal_mode = DELETE; PRAGMA user_version = 99' >/dev/null
	refuses_file "a newer schema" 'newer'
	backup
	sqlite3 "$BACKUP" 'PRAGMA journal_mode = DELETE; PRAGMA application_id = 1' >/dev/null
	refuses_file "somebody else's database" "webcred's"
	backup
	chmod 0666 "$BACKUP"
	refuses_file "a file that others can write" 'others'
	backup
	chown alice "$BACKUP"
	refuses_file "alice's file" 'others'
	rm -f "$BACKUP"
	refuses_file "no file" 'No such file'
	mkfifo "$BACKUP"
	refuses_file "a FIFO" 'no file'
	rm -f "$BACKUP"
}

test_restore_heals_a_damaged_store() {
	enrol_password alice 'correct horse'
	backup
	authority_stop
	head -c 4096 /dev/urandom | dd of="$STORE/webcred.db" conv=notrunc bs=1 seek=40 2>/dev/null
	restore
	granted alice "$SERVICE" 'correct horse'
	authority_stop
	rm -rf "$STORE"/replaced-* "$STORE/webcred.db"
	restore
	granted alice "$SERVICE" 'correct horse'
}

# ---- a store that is missing ---------------------------------------------------

# key_from_the_manager: the authority begins with a key that was handed in, as systemd does.
key_from_the_manager() {
	authority_stop
	rm -rf "$STORE" "$SANDBOX/credentials"
	mkdir -m 0700 "$STORE" "$SANDBOX/credentials"
	echo 'webcred-key 1 77 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=' >"$SANDBOX/credentials/webcred.key"
	chmod 0400 "$SANDBOX/credentials/webcred.key"
	export CREDENTIALS_DIRECTORY=$SANDBOX/credentials
	authority_start || fail "the first start with a key from the manager"
}

# passed_over: a stack in which who has nothing enrolled needs nothing.
passed_over() {
	service nullok <<-END
		auth [default=die ignore=ignore success=done] pam_webcred.so nullok
		auth required pam_permit.so
	END
}

# lost WHAT-THE-LOG-SAYS: everybody is refused as a fault, who would be passed over as well.
lost() {
	mark
	drive alice "$SERVICE" --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED "a login without a store"
	drive alice nullok --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED "a login that may be passed over where nothing is enrolled"
	logged "$1"
	[ ! -e "$STORE/webcred.db" ] || fail "an empty store was begun"
}

test_store_that_is_lost_is_not_begun_anew() {
	local how
	passed_over
	for how in host.key webcred.made; do
		[ "$how" = host.key ] || key_from_the_manager
		enrol_password alice 'correct horse'
		enrol_hotp bob
		granted bob otp "$(hotp "$SEED" 1)"
		is "$(stat -c '%a %U' "$STORE/$how")" '600 root' "$how"
		backup
		authority_restart
		granted alice "$SERVICE" 'correct horse'
		rm "$STORE"/webcred.db*
		lost "webcred.db is missing although $how is there; restore a backup, or remove $how"
		authority_restart
		lost "webcred.db is missing although $how is there"
		offline --rekey
		is "$STATUS" 3 "rekey without a store"
		lost "webcred.db is missing although $how is there"
		restore
		granted alice "$SERVICE" 'correct horse'
		authority_stop
		rm "$STORE"/webcred.db* "$STORE/$how"
		authority_start || fail "the authority did not begin anew"
		is "$(credentials alice)" 0 "what alice has in an empty store"
	done
}

# A store of a version that left no trace of it, and one that went with every trace.
test_store_with_a_key_from_the_manager_leaves_its_trace() {
	passed_over
	key_from_the_manager
	enrol_password alice 'correct horse'
	authority_stop
	rm "$STORE/webcred.made"
	authority_start
	granted alice "$SERVICE" 'correct horse'
	[ ! -e "$STORE/host.key" ] || fail "a host key was made beside the manager's"
	[ -e "$STORE/webcred.made" ] || fail "no trace was left"
	rm "$STORE"/*
	lost 'webcred.db is missing although it was there a while ago'
	is "$(ls "$STORE")" '' "what was made"
}

# The old log beside a restored file would be written into it.
test_restore_leaves_no_old_log_behind() {
	local child
	enrol_password alice 'correct horse'
	backup
	enrol_password alice 'another horse'
	touch "$SANDBOX/authority.stop"
	for child in $(authority_pid) $(pgrep -P "$(authority_pid)"); do kill -KILL "$child" 2>/dev/null; done
	sleep 0.2
	[ -s "$STORE/webcred.db-wal" ] || note "the killed authority left no log"
	restore
	granted alice "$SERVICE" 'correct horse'
	refused alice "$SERVICE" 'another horse'
}

run_tests
