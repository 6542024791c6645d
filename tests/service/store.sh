# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The store as a whole: copied while logins go on, restored, sealed with another key, upgraded.
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
	is "$(ls "$STORE" | grep -c copy)" 0 "what is left in the store's folder"
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
	is "$(ls "$STORE" | grep -c copy)" 0 "what is left in the store's folder"
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
	is "$(ls "$STORE" | grep -c 'restore\|replaced')" 0 "what is left in the folder"
}

# refuses_file WHAT: nothing of it comes in, the store goes on.
refuses_file() {
	offline --restore "$BACKUP" --yes
	[ "$STATUS" = 1 ] || [ "$STATUS" = 3 ] || fail "$1: status $STATUS"
	says "$OUT" "$2"
	granted alice "$SERVICE" 'correct horse'
	is "$(ls "$STORE" | grep -c 'restore\|replaced')" 0 "what is left in the folder"
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

# ---- another host key ----------------------------------------------------------

test_rekey_keeps_codes_and_recovery_codes() {
	local before
	unthrottled
	enrol_hotp alice
	enrol_recovery bob
	enrol_password carol 'correct horse'
	before=$(cut -d ' ' -f 3 "$STORE/host.key")
	mark
	offline --rekey
	is "$STATUS" 0 "rekey"
	logged 'rekey done'
	[ "$before" != "$(cut -d ' ' -f 3 "$STORE/host.key")" ] || fail "the key is the old one"
	is "$(ls "$STORE" | grep -c 'host.key')" 1 "keys in the folder"
	granted alice otp "$(hotp "$SEED" 1)"
	granted bob otp "${CODES[0]}"
	refused bob otp "${CODES[0]}"
	granted carol "$SERVICE" 'correct horse'
	offline --rekey
	granted bob otp "${CODES[1]}"
	enrol_recovery bob
	granted bob otp "${CODES[0]}"
}

# Killed at any moment, the store works: with the old key or with the new one.
test_kill_9_of_rekey_at_random_moments() {
	local round counter=0 delay before old=0 new=0 done=0 pid rounds=${WEBCRED_ROUNDS:-50} codes=0
	[ "$rounds" -le 50 ] || rounds=50
	unthrottled
	for i in $(seq 40); do
		add_user "seal$i" $((8000 + i))
		enrol_hotp "seal$i"
	done
	enrol_recovery bob
	enrol_hotp alice
	for round in $(seq "$rounds"); do
		authority_stop
		before=$(cut -d ' ' -f 3 "$STORE/host.key")
		printf -v delay '0.%05d' $((RANDOM % 1300))
		webcred-authority --rekey >/dev/null 2>&1 </dev/null &
		pid=$!
		sleep "$delay"
		kill -KILL "$pid" 2>/dev/null || done=$((done + 1))
		wait "$pid" 2>/dev/null
		authority_start || fail "round $round: the authority does not start"
		counter=$((counter + 1))
		granted alice otp "$(hotp "$SEED" "$counter")" >/dev/null
		if [ "$before" = "$(cut -d ' ' -f 3 "$STORE/host.key")" ]; then old=$((old + 1)); else new=$((new + 1)); fi
		if [ $((round % 6)) = 0 ] && [ "$codes" -lt 8 ]; then
			granted bob otp "${CODES[$codes]}" >/dev/null
			codes=$((codes + 1))
		fi
	done
	note "$rounds rekeys: $old kept the old key, $new have the new one, $done ended before the kill"
	[ "$old" -gt 0 ] && [ "$new" -gt 0 ] || fail "the kills came too early or too late to tell: $old old, $new new"
	authority_stop
	is "$(query 'PRAGMA integrity_check')" ok "the store's integrity"
	is "$(query 'SELECT count(DISTINCT seal_key) FROM credential WHERE sealed IS NOT NULL')" 1 "keys in use"
}

# Each step's own remains, made by hand: what random kills may miss.
test_rekey_interrupted_between_commit_and_rename_is_finished() {
	unthrottled
	enrol_hotp alice
	authority_stop
	cp -p "$STORE/host.key" "$SANDBOX/tmp/old.key"
	webcred-authority --rekey >/dev/null || fail "rekey"
	mv "$STORE/host.key" "$STORE/host.key.next"
	cp -p "$SANDBOX/tmp/old.key" "$STORE/host.key"
	authority_start
	granted alice otp "$(hotp "$SEED" 1)"
	is "$(ls "$STORE" | grep 'host.key')" host.key "keys in the folder"
	# Before the commit: a new key that the store never named.
	authority_stop
	sed 's/ [0-9]* / 12345 /' "$STORE/host.key" >"$STORE/host.key.next"
	chmod 0600 "$STORE/host.key.next"
	authority_start
	granted alice otp "$(hotp "$SEED" 2)"
	offline --rekey
	is "$STATUS" 0 "rekey over the remains of another"
	granted alice otp "$(hotp "$SEED" 3)"
}

# lost_key_refuses_codes_alone: bob has a password, alice a code; no key.
lost_key_refuses_codes_alone() {
	granted bob "$SERVICE" 'correct horse'
	granted bob password 'correct horse'
	login alice otp "$(hotp "$SEED" 1)"
	is "$CODE" PAM_PERM_DENIED "a code without the key"
	login alice otp AAAA-BBBB-CCCC-DDDD
	is "$CODE" PAM_PERM_DENIED "a recovery code without the key"
	says "$(webcred doctor)" 'host_key = .*(missing|number|no key)'
	OUT=$(webcred create recovery --user carol 2>&1) && fail "codes were made without a key"
	OUT=$(webcred invite --user carol 2>&1) && fail "an invitation was made without a key"
}

test_lost_host_key_leaves_passwords_working() {
	unthrottled
	enrol_hotp alice
	enrol_password bob 'correct horse'
	authority_stop
	mv "$STORE/host.key" "$SANDBOX/tmp/host.key"
	mark
	authority_start || fail "the authority did not start without its key"
	logged 'host.key is missing'
	lost_key_refuses_codes_alone
	[ ! -e "$STORE/host.key" ] || fail "a new key was made"
	authority_stop
	echo 'webcred-key 1 77 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=' >"$STORE/host.key"
	chmod 0600 "$STORE/host.key"
	authority_start
	lost_key_refuses_codes_alone
	authority_stop
	echo garbage >"$STORE/host.key"
	authority_start
	lost_key_refuses_codes_alone
	authority_stop
	mv "$SANDBOX/tmp/host.key" "$STORE/host.key"
	authority_start
	granted alice otp "$(hotp "$SEED" 1)"
}

test_key_lost_for_good_drops_what_it_sealed() {
	unthrottled
	enrol_hotp alice
	enrol_password alice 'correct horse'
	enrol_recovery bob
	offline --rekey --key-lost --yes
	is "$STATUS" 1 "key-lost while the key is here"
	granted alice otp "$(hotp "$SEED" 1)"
	authority_stop
	rm "$STORE/host.key"
	offline --rekey
	is "$STATUS" 1 "rekey without the old key"
	offline --rekey --key-lost
	is "$STATUS" 2 "key-lost without a yes"
	authority_stop
	is "$(query 'SELECT count(*) FROM credential')" 3 "records before the yes"
	offline --rekey --key-lost --yes
	is "$STATUS" 0 "key-lost with a yes"
	is "$(credentials alice)" 1 "what alice has"
	is "$(credentials bob)" 0 "what bob has"
	granted alice "$SERVICE" 'correct horse'
	enrol_hotp alice
	granted alice otp "$(hotp "$SEED" 1)"
	enrol_recovery bob
	granted bob otp "${CODES[0]}"
	offline --rekey
	granted bob otp "${CODES[1]}"
}

test_options_that_do_not_go_together() {
	for options in '--key-lost' '--yes' '--rekey --restore x' '--rekey --listen' '--restore x --check' 'x'; do
		# shellcheck disable=SC2086
		webcred-authority $options >/dev/null 2>&1 </dev/null
		is $? 2 "exit status of $options"
	done
}

# ---- restarts --------------------------------------------------------------------

# SIGTERM: the login that is at its prompt ends well, new callers are refused or wait for the next.
test_drain_lets_a_login_end() {
	local pid mother
	enrol_password alice 'correct horse'
	rm -f "$SANDBOX/tmp/go" "$SANDBOX/tmp/asked"
	pamdrive -u alice -s password -c "$PAMD" --answer 'correct horse' --hold "$SANDBOX/tmp/go" \
		--prompted "$SANDBOX/tmp/asked" authenticate >"$SANDBOX/tmp/out" 2>&1 &
	pid=$!
	until [ -e "$SANDBOX/tmp/asked" ]; do sleep 0.01; done
	touch "$SANDBOX/authority.stop"
	mother=$(authority_pid)
	kill -TERM "$mother"
	sleep 0.2
	kill -0 "$mother" 2>/dev/null || fail "it went while a login was under way"
	drive alice password --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED "a login that comes while it drains"
	touch "$SANDBOX/tmp/go"
	wait $pid
	says "$(cat "$SANDBOX/tmp/out")" '^authenticate PAM_SUCCESS'
	for _ in $(seq 100); do kill -0 "$mother" 2>/dev/null || break; sleep 0.02; done
	kill -0 "$mother" 2>/dev/null && fail "it did not end once the login had"
	is "$(tail -n 1 "$SANDBOX/authority.exits")" 0 "its exit status"
	authority_start
	granted alice password 'correct horse'
}

# 50 logins in a loop, right and wrong, while the authority is restarted ten times.
test_restarts_while_50_log_in_grant_nothing_wrongly() {
	local i round wrong
	conf <<-END
		[throttle]
		enabled = no
		[password]
		memory = 8192
		passes = 1
	END
	enrol_password alice 'correct horse'
	rm -f "$SANDBOX/tmp/stop" "$SANDBOX"/tmp/loop.*
	for i in $(seq 50); do
		(
			word='correct horse'
			[ $((i % 2)) = 0 ] || word="wrong horse $i"
			until [ -e "$SANDBOX/tmp/stop" ]; do
				pamdrive -u alice -s password -c "$PAMD" --quiet --answer "$word" authenticate >/dev/null 2>&1
				echo $? >>"$SANDBOX/tmp/loop.$i"
			done
		) &
	done
	for round in $(seq 10); do
		sleep 0.3
		kill -TERM "$(authority_pid)" 2>/dev/null
		authority_wait || fail "round $round: the authority did not come back"
	done
	touch "$SANDBOX/tmp/stop"
	for i in $(seq 300); do
		pgrep -x pamdrive >/dev/null || break
		sleep 0.1
	done
	wrong=0
	for i in $(seq 1 2 50); do
		grep -qx 0 "$SANDBOX/tmp/loop.$i" && fail "a wrong password was let in, loop $i"
		wrong=$((wrong + $(wc -l <"$SANDBOX/tmp/loop.$i")))
	done
	note "10 restarts, $wrong wrong logins, $(cat "$SANDBOX"/tmp/loop.*[02468] | wc -l) right ones, $(cat "$SANDBOX"/tmp/loop.*[02468] | grep -cx 0) let in"
	[ "$(cat "$SANDBOX"/tmp/loop.*[02468] | grep -cx 0)" -gt 0 ] || fail "nobody was let in at all"
	authority_wait
	granted alice password 'correct horse'
	refused alice password 'wrong horse'
}

run_tests
