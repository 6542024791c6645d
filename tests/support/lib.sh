# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# lib.sh - what the service and system tests are written in.  Sourced inside a sandbox.
#
# A test is a function test_WHAT_IT_PROMISES; run_tests runs each of them in a subshell on a fresh
# store, and prints `ok FILE: what it promises`, `not ok ...` with everything the test printed, or
# `skip ...`.  In a test any failed expectation ends it.
set -u
. "$WEBCRED_TOP/tests/support/machine.sh"

SERVICE=webcred-test
PAMD=$SANDBOX/pam.d
OUT='' CODE='' MS='' MARK=0

# ---- expectations ------------------------------------------------------------

fail() {
	echo "failed: $*"
	echo "failed: $*" >"$SANDBOX/failed" # in case the caller silenced us
	exit 1
}

# note TEXT: for the log, whether the test passes or not.
note() { echo "$*" >>"$SANDBOX/note"; }

skip() {
	echo "$*" >"$SANDBOX/skip"
	exit 77
}

# What asks security keys, as it is installed.
helper_program() { find /usr/lib* -name webcred-device -type f 2>/dev/null | head -n 1; }

# Whether what is installed was built with AddressSanitizer.
sanitized() { ldd "$(helper_program)" 2>/dev/null | grep -q libasan; }

keeper_pid() { pgrep -o -P "$(authority_pid)"; }
sessions() { pgrep -P "$(authority_pid)" webcred-authori | grep -vx "$(keeper_pid)"; }

# hex TEXT: its bytes.
hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }

# of_a_copy SQL: what the store says, while the authority has it.
of_a_copy() {
	local copy=$SANDBOX/tmp/copy
	mkdir -p "$copy"
	rm -f "$copy"/*
	cp /var/lib/webcred/webcred.db* "$copy/"
	sqlite3 "$copy/webcred.db" "$1"
}

# trace_keeper FILE [OPTION...]: what it sends, by strace; sets TRACER, which untrace_keeper ends.
trace_keeper() {
	local file=$1 keeper
	shift
	keeper=$(keeper_pid)
	strace -qq "$@" -e trace=sendmsg -e signal=none -p "$keeper" -o "$file" 2>"$file.err" &
	TRACER=$!
	for _ in $(seq 200); do
		grep -q '^TracerPid:[[:space:]]*0$' "/proc/$keeper/status" || break
		sleep 0.02
	done
}

untrace_keeper() {
	kill "$TRACER" 2>/dev/null
	wait "$TRACER"
}

# is GOT WANTED [WHAT]
is() {
	[ "$1" = "$2" ] || fail "${3:-value} is '$1', not '$2'"
}

# says TEXT REGEX [WHAT]
says() {
	grep -Eq -- "$2" <<<"$1" || fail "${3:-output} does not say /$2/: $1"
}

says_not() {
	! grep -Eq -- "$2" <<<"$1" || fail "${3:-output} says /$2/: $1"
}

# From here on log lines count.
mark() { MARK=$(wc -l <"$SANDBOX/log"); }
log_since() { tail -n +$((MARK + 1)) "$SANDBOX/log"; }

# logged REGEX: a line since the mark matches; it may be on its way for half a second.
logged() {
	local i
	for i in $(seq 25); do
		log_since | grep -Eq -- "$1" && return 0
		sleep 0.02
	done
	fail "no log line matches /$1/; the log says: $(log_since)"
}

logged_not() {
	! log_since | grep -Eq -- "$1" || fail "a log line matches /$1/: $(log_since)"
}

# ---- the machine -------------------------------------------------------------

# conf: standard input becomes webcred.conf, and the authority starts anew with it.
conf() {
	install -d -m 0755 /etc/webcred
	cat >/etc/webcred/webcred.conf
	chmod 0644 /etc/webcred/webcred.conf
	authority_restart || fail "the authority did not start"
}

# service NAME: standard input becomes a PAM service, for pamdrive and for real programs.
service() {
	cat >"$PAMD/$1"
	cp "$PAMD/$1" "/etc/pam.d/$1"
}

# webcred_service NAME [OPTION...]: one line of each kind.
webcred_service() {
	local name=$1
	shift
	service "$name" <<-END
		auth     required pam_webcred.so $*
		account  required pam_webcred.so $*
		password required pam_webcred.so $*
		session  optional pam_webcred.so $*
	END
}

# An empty store, the configuration as it is shipped, a service that asks for everything.
fresh() {
	authority_stop
	rm -rf /var/lib/webcred /etc/webcred
	mkdir -m 0700 /var/lib/webcred
	[ -d "$WEBCRED_STAGE/etc/webcred" ] && cp -a "$WEBCRED_STAGE/etc/webcred" /etc/
	: >"$SANDBOX/authority.out"
	authority_start || fail "the authority did not start"
	service other <<<"auth required pam_deny.so"
	webcred_service "$SERVICE"
	webcred_service password get=password
	webcred_service otp get=otp
	mark
}

# ---- logins ------------------------------------------------------------------

# drive USER SERVICE OPTION...: pamdrive; sets OUT, CODE (of the last authenticate) and MS.
drive() {
	local user=$1 service=$2
	shift 2
	OUT=$(timeout 60 pamdrive -u "$user" -s "$service" -c "$PAMD" "$@" 2>&1)
	CODE=$(sed -n 's/^authenticate[^ ]* \(PAM_[A-Z_]*\) .*/\1/p' <<<"$OUT" | tail -n 1)
	MS=$(sed -n 's/^authenticate[^ ]* PAM_[A-Z_]* \([0-9]*\)\..*/\1/p' <<<"$OUT" | tail -n 1)
	echo "$OUT"
}

# login USER SERVICE ANSWER...: authenticate and acct_mgmt, as a login does.
login() {
	local user=$1 service=$2 answers=() answer
	shift 2
	for answer; do answers+=(--answer "$answer"); done
	drive "$user" "$service" ${answers[@]+"${answers[@]}"} authenticate acct_mgmt
}

granted() {
	login "$@"
	is "$CODE" PAM_SUCCESS "login of $1"
	says "$OUT" '^acct_mgmt PAM_SUCCESS'
}

refused() {
	login "$@"
	is "$CODE" PAM_AUTH_ERR "login of $1"
}

# Ended within a second, whatever it ended with.
quick() {
	local most=1000
	sanitized && most=5000
	[ -n "$MS" ] && [ "$MS" -lt $most ] || fail "took ${MS:-?} ms, more than $most"
}

# ---- enrolment -----------------------------------------------------------------

enrol() {
	local out
	out=$(credrive -u "$@" 2>&1) || fail "cannot enrol: $out"
	echo "$out"
}

enrol_password() { OUT=$(enrol "$1" password "$2") || fail "$OUT"; }

# enrol_totp USER [ALGORITHM [DIGITS]]: sets SEED (base32).
enrol_totp() {
	local user=$1 out
	shift
	out=$(enrol "$user" totp "$@") || fail "$out"
	SEED=$(sed -n 's/^uri .*[?&]secret=\([A-Z2-7]*\).*/\1/p' <<<"$out")
	[ -n "$SEED" ] || fail "no seed in: $out"
}

# enrol_hotp USER: sets SEED; the confirming code was counter 0's, the next is 1's.
enrol_hotp() {
	local user=$1 out
	shift
	out=$(enrol "$user" hotp "$@") || fail "$out"
	SEED=$(sed -n 's/^uri .*[?&]secret=\([A-Z2-7]*\).*/\1/p' <<<"$out")
	[ -n "$SEED" ] || fail "no seed in: $out"
}

# enrol_recovery USER: sets CODES, an array.
enrol_recovery() {
	local out
	out=$(enrol "$1" recovery) || fail "$out"
	mapfile -t CODES < <(grep '^secret ' <<<"$out" |
		grep -oE '[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}')
	[ "${#CODES[@]}" -ge 8 ] || fail "no recovery codes in: $out"
}

# totp SEED [STEPS [ALGORITHM [DIGITS]]]: the code of so many steps from now.
totp() {
	oathtool -b "--totp=${3:-sha1}" -d "${4:-6}" --now "@$(($(date +%s) + 30 * ${2:-0}))" "$1"
}

hotp() { oathtool -b -c "$2" -d "${3:-6}" "$1"; }

# wrong CODE: another code of as many digits, whose successors are far away too.
wrong() { printf "%0${#1}d" $(((10#$1 + 314159) % 10 ** ${#1})); }

# credentials USER: how many.
credentials() { credrive -u "$1" list | grep -c '^credential '; }

# ---- running -------------------------------------------------------------------

# run_tests: every test_ function of the calling script, in its order.
run_tests() {
	local file test name began status
	file=$(basename "$(dirname "$0")")/$(basename "$0" .sh)
	for test in $(sed -n 's/^\(test_[a-z0-9_]*\)().*/\1/p' "$0"); do
		case $test in *${WEBCRED_ONLY-}*) ;; *) continue ;; esac
		name="$file: $(tr _ ' ' <<<"${test#test_}")"
		began=$(date +%s%N)
		rm -f "$SANDBOX/skip" "$SANDBOX/failed"
		mark
		(
			fresh
			"$test"
		) >"$SANDBOX/test.out" 2>&1 </dev/null
		status=$?
		echo "# $(((($(date +%s%N) - began)) / 1000000)) ms: $name"
		[ -e "$SANDBOX/note" ] && sed 's/^/# note: /' "$SANDBOX/note" && rm "$SANDBOX/note"
		if grep -Eq 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$SANDBOX/test.out" "$SANDBOX/authority.out"; then
			echo "failed: a sanitizer complains" >"$SANDBOX/failed"
			status=1
		fi
		if [ $status = 0 ]; then
			echo "ok $name"
		elif [ $status = 77 ] && [ -e "$SANDBOX/skip" ]; then
			echo "skip $name: $(cat "$SANDBOX/skip")"
		else
			echo "not ok $name: $(head -n 1 "$SANDBOX/failed" 2>/dev/null | cut -c 1-300)"
			sed 's/^/#   /' "$SANDBOX/test.out"
			sed 's/^/#   authority: /' "$SANDBOX/authority.out" | tail -n 20
			log_since | sed 's/^/#   log: /' | tail -n 40
		fi
	done
	echo "# end of $file"
}
