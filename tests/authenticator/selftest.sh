#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# softkey held against the tools of libfido2, and then the C self-test.
# usage: selftest.sh [SOFTKEY [SELFTEST]]
# Functions are called by check, and by the trap.
# shellcheck disable=SC2317
set -u

softkey=${1:-tests/authenticator/softkey}
selftest=${2:-$(dirname "$softkey")/selftest}
dir=$(mktemp -d /tmp/softkey-test.XXXXXX) || exit 1
key=$dir/key
socket=$dir/control
log=$dir/log
pid=
failures=0

finish() {
	[ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid"
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

ok() {
	echo "ok $1"
}

not_ok() {
	echo "not ok $*"
	failures=$((failures + 1))
}

# check NAME COMMAND...: the command succeeds.
check() {
	name=$1
	shift
	if "$@" >"$dir/out" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "$(head -n 1 "$dir/out")"
	fi
}

refuse() {
	name=$1
	shift
	if "$@" >"$dir/out" 2>&1; then
		not_ok "$name" "it succeeded"
	else
		ok "$name"
	fi
}

start() {
	"$softkey" pty --state "$dir/state" --control "$socket" --log "$log" \
		--link "$key" "$@" >"$dir/device" &
	pid=$!
	# An answer comes only once device and link are there.
	check start "$softkey" ctl --wait 5000 "$socket" status
}

stop() {
	kill "$pid"
	wait "$pid"
	check stop [ $? -eq 0 ]
	pid=
	refuse stop-link [ -e "$key" ]
	refuse stop-socket [ -e "$socket" ]
}

ctl() {
	check "ctl-$1" "$softkey" ctl "$socket" "$@"
}

hash=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=
user=dXNlcg==

# make ALGORITHM [OPTION...]: leaves id and public key.
make() {
	printf '%s\n%s\n%s\n%s\n' "$hash" example.org alice "$user" >"$dir/param"
	type=$1
	shift
	fido2-cred -M "$@" -i "$dir/param" -o "$dir/cred" "$key" "$type" &&
		fido2-cred -V -i "$dir/cred" -o "$dir/verified" "$type" &&
		sed -n 1p "$dir/verified" >"$dir/id" &&
		sed 1d "$dir/verified" >"$dir/pk"
}

get() {
	type=$1
	shift
	printf '%s\n%s\n' "$hash" example.org >"$dir/param"
	case " $* " in
	*" -r "*) ;;
	*) cat "$dir/id" >>"$dir/param" ;;
	esac
	fido2-assert -G "$@" -i "$dir/param" -o "$dir/assert" "$key" &&
		fido2-assert -V -i "$dir/assert" "$dir/pk" "$type"
}

logged() {
	grep -q "$1" "$log"
}

program() {
	check help "$softkey" --help
	"$softkey" --help >"$dir/help"
	for word in --link uhid lie= bad-signature stall= touch= wait-touch=; do
		check "help-$word" grep -q -e "$word" "$dir/help"
	done
	refuse bad-option "$softkey" pty --no-such-thing
	refuse bad-value "$softkey" pty --lie=white
	refuse bad-socket "$softkey" ctl "$dir/nothing" status
	check root-certificate sh -c \
		"'$softkey' root --state '$dir/root' | openssl x509 -noout"
	if [ ! -e /dev/uhid ]; then
		refuse uhid-missing "$softkey" uhid
		cp "$dir/out" "$dir/uhid"
		check uhid-message grep -q 'uhid.*modprobe' "$dir/uhid"
	fi
}

tools() {
	start
	check device-line grep -q '^/dev/pts/' "$dir/device"
	check token-info fido2-token -I "$key"
	check token-info-path fido2-token -I "$(cat "$dir/device")"
	for type in es256 eddsa rs256; do
		check "make-$type" make "$type"
		check "get-$type" get "$type"
		check "make-$type-rk" make "$type" -r
		check "get-$type-rk" get "$type" -r
	done
	check log-make logged 'make-credential rp=example.org rk=1'
	check log-get logged 'get-assertion rp=example.org up=1 uv=0'
	ctl lie=bad-signature
	refuse get-bad-signature get rs256
	ctl lie=none
	check get-true-again get rs256
}

# What was made must be there after a power cycle, and the counter go on.
replug() {
	before=$("$softkey" ctl "$socket" status)
	stop
	start
	after=$("$softkey" ctl "$socket" status)
	check replug-state [ "$before" = "$after" ]
	check replug-get get rs256
	ctl forget
	refuse forgotten get rs256
}

# A shell with job control makes each job the leader of a group.
job_control() {
	stop
	set -m
	start --uv=ok
	set +m
	check job-info fido2-token -I "$key"
	check job-make make es256 -v
	stop
}

unplug() {
	start --touch=wait
	printf '%s\n%s\n%s\n%s\n' "$hash" example.org alice "$user" >"$dir/param"
	fido2-cred -M -i "$dir/param" -o "$dir/cred" "$key" es256 \
		>"$dir/out" 2>&1 &
	client=$!
	check wait-touch "$softkey" ctl "$socket" wait-touch=5000
	check unplug "$softkey" ctl "$socket" unplug
	wait "$client"
	refuse unplug-client [ $? -eq 0 ]
	wait "$pid"
	check unplug-status [ $? -eq 0 ]
	pid=
	refuse unplug-link [ -e "$key" ]
}

program
if command -v fido2-token >/dev/null; then
	tools
	replug
	job_control
	unplug
else
	echo "ok tools # skip: no fido2-tools"
fi
if [ -x "$selftest" ]; then
	"$selftest" "$softkey" || failures=$((failures + 1))
else
	not_ok selftest "not built"
fi
exit $((failures > 0))
