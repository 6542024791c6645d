# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# races.sh - many processes at one instant.  Sourced after lib.sh.

# race USER SERVICE N OPTION...: sets OUT to the last line, `race N CODE=n ...`.
race() {
	local user=$1 service=$2 n=$3
	shift 3
	OUT=$(timeout 120 pamdrive -u "$user" -s "$service" -c "$PAMD" --race "$n" --quiet "$@" authenticate 2>&1)
	echo "$OUT"
	says_not "$OUT" 'LOST|neither'
}

number() { sed -n "s/.*$1=\([0-9]*\).*/\1/p" <<<"$OUT" | grep . || echo 0; }

# deny_five: locked out after five failures; the audit lines go to $SANDBOX/tmp/audit.
deny_five() {
	conf <<-END
		[throttle]
		enabled = yes
		free = 20
		deny = 5
		unlock_time = 600
		[audit]
		to = $SANDBOX/tmp/audit
	END
	rm -f "$SANDBOX/tmp/audit"
	authority_restart
}

# wrong_codes: 64 that the HOTP of $SEED does not have next, in $SANDBOX/tmp/wrong.
wrong_codes() {
	local i
	for i in $(seq 64); do printf '%06d\n' $(((10#$(hotp "$SEED" 1) + i * 1009) % 1000000)); done >"$SANDBOX/tmp/wrong"
}
