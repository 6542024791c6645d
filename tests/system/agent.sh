# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# A security key at the machine that somebody came from, through their ssh agent: real ssh-agent, real
# ssh -A and sshd, real sudo; and agents that lie.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"
. "$WEBCRED_TOP/tests/support/agents.sh"

# begin [LINE...]: alice's key blue is enrolled and in her agent.
begin() {
	webcred_service sudo
	agents_begin 'transport = device ssh-agent' 'get = public-key password' "$@"
	agent_key ecdsa-sk blue
	agent_enrol alice blue
	agent_start blue
}

counter() { webcred list --user alice --json | grep -o '"counter":[0-9]*' | head -n 1 | tr -dc 0-9; }

test_touch() {
	local before
	begin
	before=$(counter)
	agent_lets_in "$AGENTS/real"
	says "$OUT" 'Touch the key labelled blue on the machine you came from\.'
	says_not "$OUT" 'assword'
	logged 'get granted user="alice" service="sudo" .*credential="blue".*by ssh agent'
	[ "$(counter)" -gt "$before" ] || fail "the counter stands still: $(counter)"
	agent_lets_in "$AGENTS/real"
	desk_is_dark
}


# keyless LINE...: no way in but the key.
keyless() { agents_conf 'transport = device ssh-agent' 'get = public-key' "$@"; }

test_ed25519() {
	begin
	agent_key ed25519-sk green
	webcred remove blue --user alice --yes || fail "cannot remove blue"
	agent_enrol alice green
	agent_keeps_out "$AGENTS/real" 'wrong horse' # green is not in the agent yet
	agent_add green
	agent_lets_in "$AGENTS/real"
	says "$OUT" 'labelled green on the machine'
	logged 'get granted user="alice" .*credential="green"'
}

# What is enrolled and not in the agent is not asked for; of two the one used last comes first.
test_two_keys() {
	begin
	agent_key ecdsa-sk red
	agent_enrol alice red
	agent_add red
	agent_lets_in "$AGENTS/real"
	says "$OUT" 'labelled (blue|red) on'
	SSH_AUTH_SOCK=$AGENTS/real as alice ssh-add -q -d "$AGENTS/blue"
	agent_lets_in "$AGENTS/real"
	says "$OUT" 'labelled red on'
	says_not "$OUT" 'labelled blue'
	SSH_AUTH_SOCK=$AGENTS/real as alice ssh-add -q -D
	keyless
	agent_keeps_out "$AGENTS/real"
	says_not "$OUT" 'Touch'
	logged 'get refused user="alice" .*agent: it holds no key that is enrolled'
}

test_somebody_elses_key() {
	begin
	webcred remove blue --user alice --yes || fail "cannot remove blue"
	agent_enrol bob blue
	agent_key ecdsa-sk red
	agent_enrol alice red
	keyless
	agent_keeps_out "$AGENTS/real"
	says_not "$OUT" 'Touch'
	logged 'agent: it holds no key that is enrolled'
}

# ---- off, until it is configured ----------------------------------------------------------

test_off_by_default() {
	begin
	agents_conf 'get = public-key password'
	enrol_password alice 'correct horse'
	agent_lets_in "$AGENTS/real" 'correct horse'
	says_not "$OUT" 'Touch'
	agents_conf 'get = public-key'
	agent_keeps_out "$AGENTS/real"
	logged 'a remote session has no key at this machine'
	! key_log_laptop | grep -q 'up=1' || fail "the laptop's key was asked"
}

key_log_laptop() { grep get-assertion "$SANDBOX/tmp/laptop.log"; }

# A session at the seat goes to the keys that are there, whatever agent its environment names.
test_local_session_uses_devices() {
	begin
	printf '[webcred]\nlocality_unknown = local\n[devices]\ndevice = %s\n[service]\nfail_delay = 0\ntransport = device ssh-agent\nget = public-key password\n' "$DESK" | conf
	enrol_password alice 'correct horse'
	agent_lets_in "$AGENTS/real" 'correct horse'
	says_not "$OUT" 'machine you came from'
	printf '[webcred]\nlocality_unknown = local\n[service]\nfail_delay = 0\nget = public-key\ntransport = ssh-agent\n' | conf
	agent_keeps_out "$AGENTS/real"
	logged 'transport: leaves out keys at this machine'
}

test_value_that_is_no_transport() {
	begin
	printf '[service]\ntransport = device carrier-pigeon\n' >/etc/webcred/webcred.conf
	OUT=$(webcred-authority --check 2>&1) && fail "taken"
	says "$OUT" '"carrier-pigeon" is no way to a security key: device ssh-agent'
	printf '[service sudo]\ntransport =\n' >/etc/webcred/webcred.conf
	OUT=$(webcred-authority --check 2>&1) && fail "taken"
	says "$OUT" 'transport'
}

# ---- no touch, no key ------------------------------------------------------------------------

test_not_touched_in_time() {
	local began
	begin
	enrol_password alice 'correct horse'
	agents_conf 'transport = device ssh-agent' 'get = public-key' 'timeout = 2'
	key_ctl laptop touch=wait
	began=$(date +%s)
	agent_keeps_out "$AGENTS/real"
	[ $(($(date +%s) - began)) -le 6 ] || fail "it took $(($(date +%s) - began)) s"
	says "$OUT" 'the key was not touched'
	logged 'get refused user="alice" .*agent: the key was not touched in time'
	# ssh-agent still waits for it, and serves nobody else meanwhile.
	key_ctl laptop touch=auto touch
	agents_conf 'transport = device ssh-agent' 'get = public-key password'
	agent_lets_in "$AGENTS/real"
}

# The agent says no, and the order goes on: what follows is asked for.
test_unplugged() {
	begin
	enrol_password alice 'correct horse'
	laptop_unplug
	agent_lets_in "$AGENTS/real" 'correct horse'
	says "$OUT" 'the key was not touched, is not plugged in, or may not be used here'
	keyless
	agent_keeps_out "$AGENTS/real"
	logged 'agent: it would not sign'
}

test_called_off() {
	local pid
	begin
	key_ctl laptop touch=wait
	SSH_AUTH_SOCK=$AGENTS/real as alice expect -c 'spawn -noecho sudo id -u; expect "Touch"; exec kill -KILL [exp_pid]; wait' >/dev/null &
	pid=$!
	wait $pid
	for _ in $(seq 100); do [ -n "$(log_since | grep 'user="alice"')" ] && break; sleep 0.05; done
	logged 'get [a-z]+ user="alice"'
	logged_not 'get granted'
}

# ---- user verification ------------------------------------------------------------------------

test_verification_is_the_flags_word() {
	begin 'user_verification = required'
	keyless 'user_verification = required'
	agent_keeps_out "$AGENTS/real"
	logged 'get refused .*user not verified'
}

test_key_that_always_verifies() {
	begin
	keyless 'user_verification = required'
	key_ctl laptop uv=ok always-uv=on
	agent_lets_in "$AGENTS/real"
	logged 'get granted user="alice" .*user verified.*by ssh agent'
	key_ctl laptop lie=no-uv
	agent_keeps_out "$AGENTS/real"
	logged 'get refused .*user not verified'
}

# ---- agents that lie ----------------------------------------------------------------------------

# bad MODE REASON: refused, with that reason; the next login by the real agent is as it was.
bad() {
	mark
	bad_agent "$1"
	agent_keeps_out "$AGENTS/bad"
	logged "get refused user=\"alice\" .*$2"
	logged_not 'crash|signal|get granted'
}

test_agents_that_lie() {
	begin
	keyless 'timeout = 3'
	agent_lets_in "$AGENTS/real"
	bad namespace 'signature: does not verify'
	bad flip 'signature: does not verify'
	bad absent 'user not present'
	bad counter 'signature: does not verify'
	bad cut 'agent: a security key.s signature in no form of theirs|agent: its signature is cut short'
	bad trail 'agent: its signature is cut short or too long'
	bad garbage 'agent: its answer is no signature'
	bad huge 'agent: an answer of no length, or longer than any'
	bad none 'agent: an answer of no length, or longer than any'
	bad close 'agent: it hung up'
	bad close-list 'agent: it hung up'
	bad unasked 'agent: it spoke without being asked'
	bad refuse 'agent: it would not sign'
	bad stall 'agent: the key was not touched in time'
	bad stall-list 'agent: no answer in time'
	agent_lets_in "$AGENTS/real"
	desk_is_dark
}

# What was signed for one login is worth nothing at the next.
test_replay() {
	begin
	keyless
	bad_agent keep
	agent_lets_in "$AGENTS/bad"
	[ -s "$AGENTS/kept" ] || fail "nothing was kept"
	bad replay 'signature: does not verify, and its counter was used before: a replay'
	# ... nor is what was signed and never used: its counter has not been seen.
	webcred remove blue --user alice --yes || fail "cannot remove blue"
	agent_enrol alice blue
	bad replay 'signature: does not verify'
}

test_signature_by_another_key() {
	begin
	agent_key ecdsa-sk red
	agent_add red
	cut -d ' ' -f 2 "$AGENTS/red.pub" | base64 -d >"$AGENTS/other"
	chown alice "$AGENTS/other"
	keyless
	mark
	bad_agent swap "$AGENTS/other"
	agent_keeps_out "$AGENTS/bad"
	logged 'get refused user="alice" .*signature: does not verify'
}

# Counters only rise: one that is put back is a copy's.
test_counter_that_stands_still() {
	begin
	keyless
	agent_lets_in "$AGENTS/real"
	key_ctl laptop lie=counter-back
	agent_keeps_out "$AGENTS/real"
	logged 'get refused user="alice" .*signature counter: did not rise'
}

# ---- where root does not connect ------------------------------------------------------------------

# nowhere SOCKET REASON
nowhere() {
	mark
	agent_keeps_out "$1"
	says_not "$OUT" 'Touch'
	logged "get refused user=\"alice\" .*agent: none: $2"
}

test_sockets_that_its_user_cannot_reach() {
	local shut=$SANDBOX/tmp/shut long
	begin
	keyless
	# root's own agent, in a folder of root's: it would see a connection.
	rm -rf "$shut"
	install -d -m 0700 "$shut"
	badagent "$shut/agent" peer "$AGENTS/real" "$shut/peers" >/dev/null 2>&1 &
	echo $! >"$AGENTS/shut.pid"
	for _ in $(seq 100); do [ -S "$shut/agent" ] && break; sleep 0.02; done
	chmod 0666 "$shut/agent"
	nowhere "$shut/agent" 'Permission denied'
	as alice ln -s "$shut/agent" "$AGENTS/link"
	nowhere "$AGENTS/link" 'Permission denied'
	nowhere /run/webcred/login 'Permission denied'
	nowhere /run/webcred/user 'Protocol wrong type for socket'
	mkfifo -m 0666 "$AGENTS/fifo"
	nowhere "$AGENTS/fifo" 'Connection refused'
	: >"$AGENTS/file"
	chmod 0666 "$AGENTS/file"
	nowhere "$AGENTS/file" 'Connection refused'
	nowhere "$AGENTS" 'Connection refused'
	nowhere "$AGENTS/nothing" 'No such file or directory'
	long=$(printf '%200s' '' | tr ' ' a)
	nowhere "$AGENTS/$long" 'File name too long'
	nowhere "agents/real" 'Invalid argument'
	nowhere '' 'SSH_AUTH_SOCK is not set'
	[ ! -e "$shut/peers" ] || fail "somebody connected: $(cat "$shut/peers")"
	chmod 0711 "$shut"
	agent_lets_in "$shut/agent"
	is "$(sort -u "$shut/peers")" 'uid=5001 gid=5001' "whom the agent saw"
	as alice ln -s "$AGENTS/real" "$AGENTS/good"
	agent_lets_in "$AGENTS/good"
}

# A program with root's groups and somebody's real uid reaches what they do, and no more.
test_groups_are_not_lent() {
	begin
	keyless
	chgrp root "$AGENTS"
	chmod 0750 "$AGENTS"
	chown root "$AGENTS"
	SSH_AUTH_SOCK=$AGENTS/real setpriv --ruid alice --euid 0 --rgid alice --egid 0 --groups 0 -- \
		pamdrive -u alice -s sudo -c "$PAMD" authenticate
	logged 'get refused user="alice" .*agent: none: Permission denied'
	chown alice "$AGENTS"
	mark
	SSH_AUTH_SOCK=$AGENTS/real setpriv --ruid alice --euid 0 --rgid alice --egid 0 --groups 0 -- \
		pamdrive -u alice -s sudo -c "$PAMD" authenticate
	logged 'get granted user="alice" .*by ssh agent'
}

# A daemon of root's has no person's agent, whatever stands in its environment.
test_root_has_no_agent() {
	begin
	keyless
	OUT=$(SSH_AUTH_SOCK=$AGENTS/real pamdrive -u alice -s sudo -c "$PAMD" authenticate 2>&1)
	logged 'get refused user="alice" .*agent: none: the caller is root'
}

# ---- enrolling what is in the agent ------------------------------------------------------------------

# by_alice COMMAND...: with her agent, and her password to the tool's question.
by_alice() {
	OUT=$(SSH_AUTH_SOCK=${SOCKET:-$AGENTS/real} as alice expect "$WEBCRED_TOOLS/answer.exp" "${ANSWER:-correct horse}" -- "$@")
	STATUS=$?
	OUT=${OUT//$'\r'/}
	echo "$OUT"
}

test_enrol_through_the_agent() {
	begin
	webcred remove blue --user alice --yes || fail "cannot remove blue"
	enrol_password alice 'correct horse'
	by_alice webcred create public-key --transport ssh-agent
	is "$STATUS" 0
	says "$OUT" 'Touch the key labelled blue on the machine you came from'
	says "$OUT" 'Enrolled: ssh security key "blue"|Enrolled: .*"blue"'
	logged 'create done user="alice" .*credential="blue"'
	keyless
	agent_lets_in "$AGENTS/real"
	# The stronger proof is asked for now, and is one by the agent too.
	by_alice webcred create public-key --transport ssh-agent
	[ "$STATUS" != 0 ] || fail "enrolled twice"
	says "$OUT" 'are enrolled already'
	logged 'prove granted user="alice" .*credential="blue".*by ssh agent'
}

test_enrolling_what_is_not_there() {
	begin
	webcred remove blue --user alice --yes || fail "cannot remove blue"
	enrol_password alice 'correct horse'
	bad_agent absent
	SOCKET=$AGENTS/bad by_alice webcred create public-key --transport ssh-agent
	[ "$STATUS" != 0 ] || fail "enrolled without a touch"
	says "$OUT" 'not accepted: .*user not present'
	bad_agent namespace
	SOCKET=$AGENTS/bad by_alice webcred create public-key --transport ssh-agent
	says "$OUT" 'not accepted: .*does not verify'
	SSH_AUTH_SOCK=$AGENTS/real as alice ssh-add -q -D
	by_alice webcred create public-key --transport ssh-agent
	says "$OUT" 'There is no security key in your ssh agent'
	by_alice webcred create public-key --transport ssh-agent --resident
	says "$OUT" 'neither resident nor touchless'
	by_alice webcred create public-key --transport pigeon
	says "$OUT" 'transport: device or ssh-agent'
	OUT=$(as alice env -u SSH_AUTH_SOCK expect "$WEBCRED_TOOLS/answer.exp" 'correct horse' -- webcred create public-key --transport ssh-agent)
	says "$OUT" 'SSH_AUTH_SOCK is not set'
	is "$(credentials alice)" 1 "credentials: the password alone"
}

# ---- over the network ------------------------------------------------------------------------------

# away [OPTION...]: alice at her laptop; sshd here, which keeps nothing of the desk's.
away() {
	rm -f "$SSH/id" "$SSH/id.pub"
	cat >/etc/pam.d/sshd <<-END
		auth     required pam_deny.so
		account  required pam_permit.so
		session  required pam_permit.so
	END
	sshd_start </dev/null
	ssh-keygen -q -t ed25519 -N '' -f "$SSH/id" </dev/null || fail "ssh-keygen"
	install -d -o alice -g alice -m 0700 "$SANDBOX/home/alice/.ssh"
	install -o alice -g alice -m 0600 "$SSH/id.pub" "$SANDBOX/home/alice/.ssh/authorized_keys"
	SSH_MORE=(-i "$SSH/id" -tt "$@")
	export SSH_AUTH_SOCK=$AGENTS/real
}

test_ssh_then_sudo() {
	begin
	keyless
	away -o "IdentityAgent=$AGENTS/real" -A
	ssh_in publickey alice -- sudo id -u
	is "$STATUS" 0 "ssh's exit status"
	says "$OUT" 'Touch the key labelled blue on the machine you came from\.'
	says "$OUT" '^0$'
	logged 'get granted user="alice" service="sudo" .*by ssh agent'
	desk_is_dark
	# Without the agent there is no key, and the desk's stays dark.
	SSH_MORE=(-i "$SSH/id" -tt)
	ssh_in publickey alice -- sudo id -u
	[ "$STATUS" != 0 ] || fail "let in without an agent"
	says_not "$OUT" '^0$'
	logged 'agent: none: SSH_AUTH_SOCK is not set'
	desk_is_dark
}

# The cue is on the person's screen while the key waits for its touch, and not with the next prompt:
# sudo speaks to its terminal itself.
test_ssh_then_sudo_says_at_once_that_a_touch_is_awaited() {
	begin
	keyless
	away -o "IdentityAgent=$AGENTS/real" -A
	key_ctl laptop touch=wait
	ssh_words publickey "${SSH_MORE[@]}"
	OUT=$(expect -c "set timeout 30; spawn -noecho ${SSH_COMMAND[*]} alice@127.0.0.1 sudo id -u
		expect {Touch the key labelled blue} {} timeout { exit 124 } eof { exit 125 }
		exec softkey ctl --wait 5000 $SANDBOX/tmp/laptop.control wait-touch=20000 touch
		expect eof; exit [lindex [wait] 3]")
	STATUS=$?
	OUT=${OUT//$'\r'/}
	is "$STATUS" 0 "ssh's exit status, after $OUT"
	says "$OUT" '^0$'
	logged 'get granted user="alice" service="sudo" .*by ssh agent'
	desk_is_dark
}

# ssh then sudo with a key at the desk that would do: it does not blink.
test_ssh_then_sudo_leaves_the_desk_dark() {
	begin
	enrol_password alice 'correct horse'
	webcred remove blue --user alice --yes || fail "cannot remove blue"
	printf '[webcred]\nlocality_unknown = local\n[devices]\ndevice = %s\n' "$DESK" | conf
	enrol_key alice --label desk
	: >"$SANDBOX/tmp/desk.log"
	agents_conf 'transport = device ssh-agent' 'get = public-key password'
	away -o "IdentityAgent=$AGENTS/real" -A
	ssh_in publickey alice 'correct horse' -- sudo id -u
	says "$OUT" '^0$'
	says_not "$OUT" 'Touch'
	desk_is_dark
}

# ssh-add -h binds a key to hosts and to logins there: it signs nothing else, and ssh-agent says so.
test_key_that_is_bound_to_a_destination() {
	begin
	keyless
	away -o "IdentityAgent=$AGENTS/real" -A
	SSH_AUTH_SOCK=$AGENTS/real as alice ssh-add -q -D
	chmod 0644 "$SSH/known"
	agent_add blue -H "$SSH/known" -h "[127.0.0.1]:$PORT"
	agent_keeps_out "$AGENTS/real"
	ssh_in publickey alice -- sudo id -u
	[ "$STATUS" != 0 ] || fail "let in by a key that is bound elsewhere"
	logged 'agent: (it would not sign|it holds no key that is enrolled)'
	# Loaded as it is, it serves.
	SSH_AUTH_SOCK=$AGENTS/real as alice ssh-add -q -D
	agent_add blue
	ssh_in publickey alice -- sudo id -u
	says "$OUT" '^0$'
}

trap 'agents_end; sshd_stop' EXIT
run_tests
