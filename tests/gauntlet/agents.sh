# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# ssh agents: a signature counts for one login, whoever keeps it.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"
. "$WEBCRED_TOP/tests/support/agents.sh"

# replays N REASON: what was signed once, for so many sudos, each with a challenge of its own.
replays() {
	tried "$1"
	bad_agent replay
	for _ in $(seq "$1"); do
		mark
		agent_keeps_out "$AGENTS/bad"
		logged "get refused user=\"alice\" .*$2"
		logged_not 'get granted'
		held
	done
}

test_a_signature_replayed() {
	row 'a signature of an ssh agent replayed into 64 ceremonies'
	webcred_service sudo
	agents_begin 'transport = device ssh-agent' 'get = public-key'
	agent_key ecdsa-sk blue
	agent_enrol alice blue
	agent_start blue
	bad_agent keep
	agent_lets_in "$AGENTS/bad"
	[ -s "$AGENTS/kept" ] || fail "nothing was kept"
	# Challenge and counter both say so.
	replays "$(how_many 16 64)" 'signature: does not verify, and its counter was used before: a replay'
	agent_lets_in "$AGENTS/real"
	# Nor is it worth more where no counter has been seen: the challenge alone.
	webcred remove blue --user alice --yes || fail "cannot remove blue"
	agent_enrol alice blue
	replays 2 'signature: does not verify'
	agent_lets_in "$AGENTS/real"
}

run_tests
