# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# agents.sh - real ssh agents that hold the public half of a security key in software, and agents that
# lie.  Sourced after doors.sh.
#
# The key of the machine that somebody came from is `laptop`; `desk` is at this one, and is configured.
AGENTS=$SANDBOX/tmp/agents
PROVIDER=$SANDBOX/tmp/sk_provider.so

# agents_conf [LINE...]: nobody can say where anybody sits; LINEs go into [service].
agents_conf() {
	{
		printf '[webcred]\nlocality_unknown = remote\n[devices]\ndevice = %s\n[service]\nfail_delay = 0\n' "$DESK"
		[ $# = 0 ] || printf '%s\n' "$@"
	} | conf
}

# agents_begin [LINE...]: both keys, nothing enrolled, no agent.
agents_begin() {
	if [ ! -e "$PROVIDER" ]; then
		command -v "${CC:-cc}" >/dev/null || skip "no C compiler, and so no provider of keys for ssh-agent"
		"${CC:-cc}" -shared -fPIC -o "$PROVIDER" "$WEBCRED_TOP/tests/support/sk_provider.c" \
			-lfido2 -lcrypto || skip "no libfido2 to build the provider of keys for ssh-agent with"
	fi
	agents_end
	rm -rf "$AGENTS"
	install -d -o alice -g alice -m 0700 "$AGENTS"
	key_start desk
	DESK=$KEY
	: >"$SANDBOX/tmp/desk.log"
	key_start laptop
	LAPTOP=$KEY
	chown alice "$LAPTOP"
	agents_conf "$@"
}

agents_end() {
	local pid
	for pid in "$AGENTS"/*.pid; do
		[ -e "$pid" ] && kill "$(cat "$pid")" 2>/dev/null
	done
	key_forget desk laptop
}

laptop_unplug() { key_stop laptop; }

# agent_key TYPE LABEL [OPTION...]: made by ssh-keygen in the laptop's key.
agent_key() {
	local type=$1 label=$2
	shift 2
	rm -f "$AGENTS/$label" "$AGENTS/$label.pub"
	ssh-keygen -q -t "$type" -O device="$LAPTOP" "$@" -N '' -C "$label" -f "$AGENTS/$label" </dev/null ||
		fail "ssh-keygen -t $type"
	chown alice:alice "$AGENTS/$label" "$AGENTS/$label.pub"
}

# agent_start [LABEL...]: alice's own ssh-agent at $AGENTS/real, with these keys.
agent_start() {
	WEBCRED_SK_DEVICE=$LAPTOP setpriv --reuid alice --regid alice --clear-groups -- \
		ssh-agent -D -a "$AGENTS/real" -P '*' >/dev/null 2>&1 &
	echo $! >"$AGENTS/real.pid"
	for _ in $(seq 100); do [ -S "$AGENTS/real" ] && break; sleep 0.02; done
	[ -S "$AGENTS/real" ] || fail "ssh-agent does not start"
	for label; do agent_add "$label"; done
}

# agent_add LABEL [OPTION...]
agent_add() {
	local label=$1
	shift
	SSH_AUTH_SOCK=$AGENTS/real as alice ssh-add -q -S "$PROVIDER" "$@" "$AGENTS/$label" ||
		fail "ssh-add $label"
}

# agent_enrol USER LABEL: as an administrator does who was sent the public key.
agent_enrol() {
	webcred import --from openssh-sk --user "$1" --write "$AGENTS/$2.pub" || fail "cannot enrol $2"
}

# bad_agent MODE [KEPT]: at $AGENTS/bad, in front of the real one.
bad_agent() {
	[ -e "$AGENTS/bad.pid" ] && kill "$(cat "$AGENTS/bad.pid")" 2>/dev/null
	rm -f "$AGENTS/bad"
	setpriv --reuid alice --regid alice --clear-groups -- \
		badagent "$AGENTS/bad" "$1" "$AGENTS/real" "${2:-$AGENTS/kept}" >/dev/null 2>&1 &
	echo $! >"$AGENTS/bad.pid"
	for _ in $(seq 100); do [ -S "$AGENTS/bad" ] && break; sleep 0.02; done
	[ -S "$AGENTS/bad" ] || fail "badagent does not start"
}

# agent_sudo SOCKET ANSWER...: `sudo id -u` by alice, with that agent.
agent_sudo() {
	local socket=$1
	shift
	OUT=$(SSH_AUTH_SOCK=$socket as alice expect "$WEBCRED_TOOLS/answer.exp" "$@" -- sudo id -u)
	STATUS=$?
	OUT=${OUT//$'\r'/}
	echo "$OUT"
}

agent_lets_in() {
	agent_sudo "$@"
	is "$STATUS" 0 "sudo's exit status"
	says "$OUT" '^0$' "what id -u said under sudo"
}

agent_keeps_out() {
	agent_sudo "$@"
	[ "$STATUS" != 0 ] || fail "sudo let alice in"
	says_not "$OUT" '^0$' "what id -u said under sudo"
}

# The key of the desk was not even spoken to.
desk_is_dark() { [ ! -s "$SANDBOX/tmp/desk.log" ] || fail "the desk's key was spoken to: $(cat "$SANDBOX/tmp/desk.log")"; }
