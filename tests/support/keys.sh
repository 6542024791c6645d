# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# keys.sh - software security keys inside a sandbox.  Sourced after lib.sh, or after machine.sh.
#
# A key is known by its colour: blue, red or green; its node is /dev/webcred-COLOUR.  What it holds
# outlives its being unplugged, until keys_begin.
KEYS=$SANDBOX/keys

# keys_begin: no key is plugged in, and none has ever been seen.
keys_begin() {
	rm -rf "$KEYS" /dev/webcred-*
	mkdir -p "$KEYS"
}

# keys_conf [LINE...]: the configuration of a desk with three readers; LINEs go into [service].
keys_conf() {
	keys_begin
	keys_conf_again "$@"
}

# keys_conf_again [LINE...]: other words for the keys that are there.
keys_conf_again() {
	{
		printf '[webcred]\nlocality_unknown = local\n[devices]\n'
		printf 'device = /dev/webcred-%s\n' blue red green
		printf '[throttle]\nenabled = no\n[service]\n'
		[ $# = 0 ] || printf '%s\n' "$@"
	} | conf
}

# key_plug COLOUR [OPTION...]: options as softkey --help lists them.
key_plug() {
	local colour=$1
	shift
	rm -f "$KEYS/$colour.path"
	softkey pty --link "/dev/webcred-$colour" --control "$KEYS/$colour.ctl" --state "$KEYS/$colour.state" \
		--log "$KEYS/$colour.log" --die-with-parent "$@" </dev/null >"$KEYS/$colour.path" 2>>"$KEYS/$colour.err" &
	echo $! >"$KEYS/$colour.pid"
	for _ in $(seq 200); do
		[ -s "$KEYS/$colour.path" ] && [ -S "$KEYS/$colour.ctl" ] && return 0
		sleep 0.01
	done
	fail "the $colour key does not come up: $(cat "$KEYS/$colour.err")"
}

# key COLOUR COMMAND...: to its control socket; prints the answers.
key() {
	local colour=$1
	shift
	softkey ctl --wait 3000 "$KEYS/$colour.ctl" "$@" || fail "the $colour key answers $* with an error"
}

# key_unplug COLOUR: at once, and whatever it was doing.
key_unplug() {
	key "$1" unplug >/dev/null
	for _ in $(seq 100); do
		kill -0 "$(cat "$KEYS/$1.pid")" 2>/dev/null || break
		sleep 0.01
	done
	rm -f "/dev/webcred-$1"
}

# key_touch COLOUR: as soon as it waits for one.
key_touch() { key "$1" wait-touch=3000 touch >/dev/null; }

key_log() { cat "$KEYS/$1.log" 2>/dev/null; }
key_log_clear() { : >"$KEYS/$1.log"; }
key_retries() { key "$1" status | grep -o 'pin-retries=[0-9]*' | tr -dc '0-9'; }

# key_saw COLOUR REGEX: it may be on its way for a second.
key_saw() {
	for _ in $(seq 50); do
		key_log "$1" | grep -Eq -- "$2" && return 0
		sleep 0.02
	done
	fail "the $1 key's log does not say /$2/: $(key_log "$1")"
}

key_saw_not() {
	! key_log "$1" | grep -Eq -- "$2" || fail "the $1 key's log says /$2/: $(key_log "$1")"
}

# enrol_key USER LABEL [OPTION...]: whichever key is plugged in.
enrol_key() {
	local user=$1 label=$2
	shift 2
	OUT=$(webcred create public-key --user "$user" --label "$label" "$@" 2>&1 </dev/null) ||
		fail "cannot enrol the key $label: $OUT"
}

# The one that waits for ceremonies, a child of the authority; none before the first.
helper_waiting() { pgrep -x webcred-device -P "$(pgrep -d , -x webcred-authori)"; }

# Those in a ceremony: its children, and whatever lost its parent.
helper_pids() { pgrep -x webcred-device | grep -vxF "$(helper_waiting || echo none)"; }

# Helpers that are still running.
helpers() { helper_pids | wc -l; }

# no_helper_left: within a second.
no_helper_left() {
	for _ in $(seq 50); do
		[ "$(helpers)" = 0 ] && return 0
		sleep 0.02
	done
	fail "a helper is still running: $(pgrep -ax webcred-device)"
}

# ---- logins that take a while ----------------------------------------------------

# drive_begin USER SERVICE OPTION...: pamdrive in the background; its pid is $DRIVE.
drive_begin() {
	local user=$1 service=$2
	shift 2
	pamdrive -u "$user" -s "$service" -c "$PAMD" "$@" </dev/null >"$KEYS/drive.out" 2>&1 &
	DRIVE=$!
}

# drive_end: its result, as drive sets it.
drive_end() {
	wait "$DRIVE"
	OUT=$(cat "$KEYS/drive.out")
	CODE=$(sed -n 's/^authenticate[^ ]* \(PAM_[A-Z_]*\) .*/\1/p' <<<"$OUT" | tail -n 1)
	MS=$(sed -n 's/^authenticate[^ ]* PAM_[A-Z_]* \([0-9]*\)\..*/\1/p' <<<"$OUT" | tail -n 1)
	echo "$OUT"
}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# ---- as sshd speaks of a key ---------------------------------------------------------

ssh_string() { printf '%08x%s' $((${#1} / 2)) "$1"; }

# ssh_key: sets SSH_KEY, the one enrolled key as an authorized_keys file would have it
# (PROTOCOL.u2f); from a copy of the store, since the authority lets nobody else read its own.
ssh_key() {
	local key type=sk-ecdsa-sha2-nistp256@openssh.com
	key=$(of_a_copy 'SELECT hex(key) FROM credential WHERE key IS NOT NULL')
	[[ $key =~ ^A5010203262001215820(.{64})225820(.{64})$ ]] || fail "not an ES256 key: $key"
	key=$(ssh_string "$(hex $type)")$(ssh_string "$(hex nistp256)")
	key+=$(ssh_string "04${BASH_REMATCH[1]}${BASH_REMATCH[2]}")$(ssh_string "$(hex ssh:)")
	SSH_KEY="$type $(xxd -r -p <<<"$key" | base64 -w 0)"
}

# ssh_line COUNT: what sshd would say of it in SSH_AUTH_INFO_0.
ssh_line() { printf 'publickey %s signature count = %d' "$SSH_KEY" "$1"; }
