# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Where secrets are left: memory of the caller and of the authority, arguments, environment, logs,
# core dumps; and the same looked for in the modules of Debian that keep their own.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

PASSWORD='correct horse 7f3a91'
NEEDLES=$SANDBOX/tmp/needles
TABLE=

needle() { echo "$1 $2" >>"$NEEDLES"; }

# What is stored of alice, as it stands in the store; from a copy, as root.
stored_needles() {
	needle stored-hash "$(of_a_copy "SELECT hex(substr(hash, -43)) FROM credential WHERE hash LIKE '\$argon%'" | head -n 1)"
	needle stored-seed "$(base32 -d <<<"$SEED" 2>/dev/null | od -An -v -tx1 | tr -d ' \n')"
	needle seed-in-base32 "$(hex "$SEED")"
	needle host-key "$(od -An -v -tx1 /var/lib/webcred/host.key | tr -d ' \n' | head -c 64)"
}

# host SERVICE ANSWER...: quiet_host in the background, waiting at its prompt.
host() {
	local service=$1
	shift
	rm -rf "$SANDBOX/tmp/stage"
	mkdir -p "$SANDBOX/tmp/stage"
	printf '%s\n' "$@" >"$SANDBOX/tmp/answers"
	quiet_host "$service" "$PAMD" alice "$SANDBOX/tmp/answers" "$SANDBOX/tmp/stage" >"$SANDBOX/tmp/host.out" 2>&1 &
	HOST=$!
	stage prompt
}

stage() {
	for _ in $(seq 400); do [ -e "$SANDBOX/tmp/stage/$1" ] && return; sleep 0.02; done
	fail "the host does not come to: $1; it said: $(cat "$SANDBOX/tmp/host.out")"
}

go() { : >"$SANDBOX/tmp/stage/$1.go"; }

# scan STAGE PID...: what is found, by name; every process has to have been read.
scan() {
	local stage=$1
	shift
	OUT=$(scan_memory "$NEEDLES" "$@")
	[ $? != 2 ] || fail "nothing could be read: $OUT"
	FOUND=$(sed -n 's/^found \([^ ]*\) .*/\1/p' <<<"$OUT" | sort -u | tr '\n' ' ')
	note "$stage: $(grep '^scanned' <<<"$OUT"); found: ${FOUND:-nothing}"
}

none_of() {
	local what
	tried
	for what in $1; do
		[[ " $FOUND " != *" $what "* ]] || fail "$what is in memory: $(grep "found $what" <<<"$OUT" | head -n 3)"
	done
	held
}

STORED='stored-hash stored-seed seed-in-base32 host-key'

# all_stages SERVICE ANSWER...: scans the caller at each; FOUND_prompt, FOUND_answered, FOUND_ended.
all_stages() {
	local service=$1 name
	shift
	host "$service" "$@"
	for name in prompt answered ended; do
		stage $name
		scan "$service, $name" "$HOST"
		declare -g "FOUND_$name=$FOUND"
		declare -g "OUT_$name=$OUT"
		go $name
	done
	wait "$HOST"
}

test_cve_2024_10041_the_callers_memory() {
	local code
	row 'CVE-2024-10041 pam_unix'
	rm -f "$NEEDLES"
	enrol_password alice "$PASSWORD"
	enrol_totp alice
	code=$(totp "$SEED" 1)
	needle typed-password "$(hex "$PASSWORD")"
	needle typed-code "$(hex "$code")"
	stored_needles
	webcred_service otpassword
	service both <<-END
		auth required pam_webcred.so get=password
		auth required pam_webcred.so get=otp
		account required pam_webcred.so
	END
	all_stages both "$PASSWORD" "$code"
	says "$(cat "$SANDBOX/tmp/host.out")" '^authenticate 0$'
	for name in prompt answered ended; do
		FOUND=FOUND_$name OUT=OUT_$name
		FOUND=${!FOUND} OUT=${!OUT}
		none_of "$STORED"
	done
	# pam_end: the token that stands for later modules has gone too.
	none_of 'typed-password typed-code'
	host both 'a wrong one' "$code"
	needle typed-wrong "$(hex 'a wrong one')"
	go prompt
	stage answered
	go answered
	stage ended
	scan 'a refusal, ended' "$HOST"
	none_of "$STORED typed-wrong typed-code"
	go ended
	wait "$HOST" || :
}

# The keeper has what it needs to answer, sealed; a session has gone by its reply.
test_the_authoritys_memory_after_its_reply() {
	local code pid sessions
	row 'secrets in the authority after its reply'
	rm -f "$NEEDLES"
	swift_conf </dev/null
	enrol_password alice "$PASSWORD"
	enrol_totp alice
	enrol_recovery alice
	code=$(totp "$SEED" 1)
	granted alice password "$PASSWORD"
	granted alice otp "$code"
	granted alice otp "${CODES[1]}"
	refused alice password 'a wrong one 55'
	needle typed-password "$(hex "$PASSWORD")"
	needle typed-wrong "$(hex 'a wrong one 55')"
	needle recovery-code "$(hex "${CODES[1]}")"
	needle recovery-code-bare "$(hex "$(tr -d - <<<"${CODES[1]}")")"
	needle seed-in-base32 "$(hex "$SEED")"
	needle stored-seed "$(base32 -d <<<"$SEED" | od -An -v -tx1 | tr -d ' \n')"
	sleep 0.3
	for pid in $(family); do
		scan "$(tr '\0' ' ' <"/proc/$pid/cmdline") $pid" "$pid"
		none_of 'typed-password typed-wrong recovery-code recovery-code-bare seed-in-base32 stored-seed'
	done
	sessions=$(pgrep -c -x webcred-authori)
	note "$sessions processes"
	# A session in mid-login knows neither seed nor other people's hashes.
	enrol_password bob 'the word of bob 9'
	host otp 000000
	for pid in $(family); do
		scan "while it waits: $pid" "$pid"
		none_of 'seed-in-base32 stored-seed'
	done
	go prompt
	go answered
	go ended
	wait "$HOST" || :
}

# secret_pages PID: the mappings that are locked, left out of dumps, and empty in a child.
secret_pages() {
	awk '/^[0-9a-f]+-[0-9a-f]+ / { at = $1 } /^VmFlags:/ && / lo( |$)/ && / dd( |$)/ && / wf( |$)/ { print at }' \
		"/proc/$1/smaps"
}

# lies_locked WHAT PID: what was typed is in the memory of PID, and on such pages alone.
lies_locked() {
	local where pages
	tried
	pages=$(secret_pages "$2")
	scan "$1" "$2"
	where=$(sed -n 's/^found typed-[a-z]* in [0-9]* \([0-9a-f]*-[0-9a-f]*\) .*/\1/p' <<<"$OUT" | sort -u)
	[ -n "$where" ] || fail "what was typed is nowhere in $1: the test looks at the wrong time"
	where=$(grep -vxF "$pages" <<<"$where") && fail "what was typed lies in $1 at $where, which is not locked: $OUT"
	held
}

# At the prompt the pages are there, locked, before anything is typed; what was typed is there alone
# while it is checked.
test_secrets_are_locked() {
	local pid n=0
	row 'what is typed is locked into memory'
	rm -f "$NEEDLES"
	HASH=65536
	printf '[throttle]\nenabled = no\n[password]\nmemory = 65536\npasses = 40\n' | conf
	enrol_password alice "$PASSWORD"
	needle typed-password "$(hex "$PASSWORD")"
	host password "$PASSWORD"
	tried 2
	[ -n "$(secret_pages "$HOST")" ] || fail "the caller has no page for what is about to be typed"
	held
	for pid in $(pgrep -P "$(authority_pid)" | tail -n +2); do
		[ -z "$(secret_pages "$pid")" ] || n=$((n + 1))
	done
	# One that serves; those that rehearsed while they waited have theirs already.
	[ $n -ge 1 ] || fail "no session has a page for what is about to be typed"
	held
	go prompt
	stand_still 1
	lies_locked session "${STILL[0]}"
	lies_locked caller "$HOST"
	kill -CONT "${STILL[0]}"
	stage answered
	go answered
	stage ended
	go ended
	wait "$HOST"
	is $? 0 "the host's exit status"
}

# The PIN of a security key is with its helper while the key waits for its touch; behind the reply it
# is nowhere.
test_a_pin_in_the_helper() {
	local pin=271828182845 helper pid
	row 'a PIN in the helper of a security key'
	rm -f "$NEEDLES"
	keys_conf 'user_verification = required' 'get = public-key'
	key_plug blue --pin=$pin
	OUT=$(expect "$WEBCRED_TOOLS/answer.exp" $pin -- webcred create public-key --user alice --label blue \
		--user-verification required 2>&1 </dev/null) || fail "cannot enrol: $OUT"
	webcred_service keyonly get=public-key
	needle typed-pin "$(hex $pin)"
	key blue touch=wait >/dev/null
	host keyonly $pin
	go prompt
	key blue wait-touch=20000 >/dev/null
	helper=$(helper_pids)
	[ "$(wc -w <<<"$helper")" = 1 ] || fail "helpers in a ceremony: $helper"
	lies_locked webcred-device "$helper"
	key blue touch >/dev/null
	stage answered
	no_helper_left
	sleep 0.3 # the session ends
	for pid in $(family); do
		[ -d "/proc/$pid" ] || continue
		scan "behind the reply, $(tr '\0' ' ' <"/proc/$pid/cmdline")$pid" "$pid"
		none_of typed-pin
	done
	go answered
	stage ended
	scan 'the caller, behind pam_end' "$HOST"
	none_of typed-pin
	go ended
	wait "$HOST"
	is $? 0 "the host's exit status"
}

# A test that cannot find anything proves nothing: the same scan finds what is there.
test_the_scan_finds_what_is_there() {
	row 'the scan itself'
	rm -f "$NEEDLES"
	needle there "$(hex 'correct horse 11')"
	needle away "$(printf 'no such text 22' | rev | od -An -v -tx1 | tr -d ' \n')"
	tried
	sh -c 'word="correct horse 11"; sleep 30; : "$word"' &
	sleep 0.2
	scan control $!
	is "$FOUND" 'there ' "what is found in a process that has it"
	kill $!
	held
}

# The same looked for in others, at the same stages, as root: a table, and no judgement.
test_others_for_comparison() {
	local seed code name
	row 'the same scan on pam_unix, pam_google_authenticator, pam_oath'
	sanitized && skip "their libraries do not load beside a sanitizer"
	rm -f "$NEEDLES"
	seed=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
	echo "alice:$PASSWORD" | chpasswd -c SHA512
	needle typed-password "$(hex "$PASSWORD")"
	needle stored-hash "$(hex "$(getent shadow alice | cut -d : -f 2 | tail -c 44 | head -c 43)")"
	needle stored-seed "$(base32 -d <<<"$seed" | od -An -v -tx1 | tr -d ' \n')"
	needle seed-in-base32 "$(hex "$seed")"
	needle seed-in-hex "$(hex "$(base32 -d <<<"$seed" | od -An -v -tx1 | tr -d ' \n')")"
	code=$(oathtool -b --totp "$seed")
	needle typed-code "$(hex "$code")"
	service theirs-unix <<<'auth required pam_unix.so'
	printf '%s\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 3\n" TOTP_AUTH\n' "$seed" >"$SANDBOX/tmp/google"
	chmod 400 "$SANDBOX/tmp/google"
	service theirs-google <<<"auth required pam_google_authenticator.so secret=$SANDBOX/tmp/google user=root no_increment_hotp allowed_perm=0400"
	printf 'HOTP/T30/6 alice - %s\n' "$(base32 -d <<<"$seed" | od -An -v -tx1 | tr -d ' \n')" >"$SANDBOX/tmp/users.oath"
	chmod 600 "$SANDBOX/tmp/users.oath"
	service theirs-oath <<<"auth required pam_oath.so usersfile=$SANDBOX/tmp/users.oath window=20 digits=6"
	note 'table: module | in the middle | behind the answer | behind pam_end'
	for name in unix google oath; do
		[ -e "$(find /usr/lib -path '*security*' \( -name "pam_$name.so" -o -name "pam_${name}_authenticator.so" \) | head -n 1)" ] || continue
		case $name in unix) all_stages theirs-$name "$PASSWORD" ;; *) all_stages theirs-$name "$code" ;; esac
		note "table: pam_$name ($(head -n 1 "$SANDBOX/tmp/host.out")) | ${FOUND_prompt:-nothing} | ${FOUND_answered:-nothing} | ${FOUND_ended:-nothing}"
	done
	fresh
	rm -f "$NEEDLES"
	enrol_password alice "$PASSWORD"
	enrol_totp alice
	code=$(totp "$SEED" 1)
	needle typed-password "$(hex "$PASSWORD")"
	needle typed-code "$(hex "$code")"
	stored_needles
	for name in password otp; do
		tried
		case $name in password) all_stages $name "$PASSWORD" ;; *) all_stages $name "$code" ;; esac
		note "table: pam_webcred, $name ($(head -n 1 "$SANDBOX/tmp/host.out")) | ${FOUND_prompt:-nothing} | ${FOUND_answered:-nothing} | ${FOUND_ended:-nothing}"
		is "$FOUND_ended" '' "what is found behind pam_end"
		held
	done
}

test_no_core_dump_no_swap_no_ptrace() {
	local pid n=0
	row 'core dumps, swap, ptrace'
	ulimit -c unlimited
	alice_enrolled
	for pid in $(family); do
		tried
		# dumpable is not told by /proc, but what it owns is: root's where it is not dumpable.
		is "$(stat -c %U "/proc/$pid/environ")" root "who owns what /proc says of $pid"
		as webcred cat "/proc/$pid/mem" >/dev/null 2>&1 && fail "its own user reads the memory of $pid"
		n=$((n + 1))
		held
	done
	[ $n -ge 3 ] || fail "only $n processes were looked at"
	tried 2
	mkdir -p "$SANDBOX/tmp/cores" && cd "$SANDBOX/tmp/cores" || fail "cd"
	pid=$(family | tail -n 1)
	kill -SEGV "$pid"
	sleep 0.3
	is "$(find / -xdev -newer "$SANDBOX/tmp/cores" -name 'core*' -type f 2>/dev/null | grep -v '/proc\|\.\(c\|h\|o\|lo\|py\|sh\)$' | head -n 1)" '' "core dumps"
	held
	says "$(cat "$(find "$WEBCRED_STAGE" -name webcred.service | head -n 1)")" '^MemorySwapMax=0'
	says "$(cat "$(find "$WEBCRED_STAGE" -name webcred.service | head -n 1)")" '^LimitCORE=0'
	held
	for _ in $(seq 50); do authority_wait 2>/dev/null && break; sleep 0.1; done
	unharmed
}

# Arguments and environment of every process while a login runs, and the log, at its loudest.
test_no_secret_in_arguments_environment_or_log() {
	local pid what
	row 'secrets in arguments, environment, logs'
	alice_enrolled
	credrive -u alice password "$PASSWORD" >/dev/null
	enrol_hotp alice
	enrol_recovery alice
	mark
	service loud <<-END
		auth required pam_webcred.so debug get=password
		auth required pam_webcred.so debug get=otp
		account required pam_webcred.so debug
	END
	host loud "$PASSWORD" "$(hotp "$SEED" 1)"
	for what in cmdline environ; do
		for pid in $(pgrep -x webcred-authori) $HOST; do
			tried
			tr '\0' '\n' <"/proc/$pid/$what" | grep -q "$PASSWORD\|$SEED\|${CODES[0]}" && fail "$what of $pid"
			held
		done
	done
	go prompt
	stage answered
	go answered
	stage ended
	go ended
	wait "$HOST"
	webcred get --user alice --service loud --explain <<<"$PASSWORD" >"$SANDBOX/tmp/out" 2>&1
	login alice otp "${CODES[0]}" >/dev/null
	login alice loud "$PASSWORD" "${CODES[0]}" >/dev/null
	login alice password "${PASSWORD}x" >/dev/null
	sleep 0.3
	for what in "$PASSWORD" "$SEED" "${CODES[0]}" "$(tr -d - <<<"${CODES[0]}")" "$(hotp "$SEED" 1)"; do
		tried
		log_since | grep -qF -- "$what" && fail "the log holds a secret: $(log_since | grep -F -- "$what" | head -n 1)"
		grep -qF -- "$what" "$SANDBOX/tmp/out" && fail "--explain tells a secret"
		held
	done
}

run_tests
