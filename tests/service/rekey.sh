# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Another host key, and none: what was sealed goes on, or is said to be lost.
. "$WEBCRED_TOP/tests/support/lib.sh"

STORE=/var/lib/webcred

unthrottled() {
	conf <<-END
		[throttle]
		enabled = no
	END
}

# offline OPTION...: the authority is stopped, does it, and is started again; sets OUT and STATUS.
offline() {
	authority_stop
	OUT=$(webcred-authority "$@" </dev/null 2>&1)
	STATUS=$?
	echo "$OUT"
	authority_start || fail "the authority did not start after $*"
}

query() { sqlite3 "$STORE/webcred.db" "$1"; }

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
	is "$(find "$STORE" -name 'host.key*' | wc -l)" 1 "keys in the folder"
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
	local round counter=0 delay before old=0 new=0 done=0 pid rounds=${WEBCRED_ROUNDS:-50} codes=0 took
	[ "$rounds" -le 50 ] || rounds=50
	unthrottled
	for i in $(seq 40); do
		add_user "seal$i" $((8000 + i))
		enrol_hotp "seal$i"
	done
	enrol_recovery bob
	enrol_hotp alice
	took=$(date +%s%N)
	offline --rekey
	took=$((($(date +%s%N) - took) / 10000)) # with a stop and a start; in units of 10 microseconds
	for round in $(seq "$rounds"); do
		authority_stop
		before=$(cut -d ' ' -f 3 "$STORE/host.key")
		printf -v delay '0.%05d' $((RANDOM % (took / 3)))
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
	[ "$rounds" -lt 50 ] || { [ "$old" -gt 0 ] && [ "$new" -gt 0 ]; } || fail "the kills came too early or too late to tell: $old old, $new new"
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
	is "$(find "$STORE" -name 'host.key*' -printf '%f\n')" host.key "keys in the folder"
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


run_tests
