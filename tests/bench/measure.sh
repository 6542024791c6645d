# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# measure.sh - how anything is measured.  Every login's figures are appended to $RAW/WHAT.SIDE, one
# line for each run to $RAW/WHAT.SIDE.runs, single facts to $OUT/facts; report reads them.

declare -A COUNTER

# alternate ROUNDS FUNCTION...: one round of each in turn, so that a disturbance meets all.
alternate() {
	local rounds=$1 round side
	shift
	for ((round = 0; round < rounds; round++)); do
		for side; do "$side"; done
	done
}

# record WHAT SIDE COMMAND...: runs pambench or limits; says so where a login was refused.
record() {
	local what=$1 side=$2 line n ok
	shift 2
	line=$("$@") || { echo "bench: $what.$side: $* failed" >&2; FAILED=1; return; }
	echo "$line" >>"$RAW/$what.$side.runs"
	case $what in same.*) return ;; esac
	read -r _ n _ ok _ <<<"$line"
	if [ "$n" != "$ok" ]; then
		echo "bench: $what.$side: only $ok of $n logins were let in" >&2
		REFUSED=$((REFUSED + n - ok))
	fi
}

# hotp WHAT SIDE SERVICE USERS LOGINS PAMBENCH-OPTION...: each login has its own counter.
hotp() {
	local what=$1 side=$2 service=$3 users=$4 n=$5 first
	shift 5
	first=${COUNTER[$service/$users]:-1}
	record "$what" "$side" pambench -s "$service" -d "$PAMD" -u "$users" -m hotp -c "$first" -n "$n" \
		-o "$RAW/$what.$side" "$@"
	COUNTER[$service/$users]=$((first + n))
}

# totp WHAT SIDE SERVICE FIRST USERS PAMBENCH-OPTION...: each user once a step, three steps.
totp() {
	local what=$1 side=$2 service=$3 first=$4 users=$5
	shift 5
	record "$what" "$side" pambench -s "$service" -d "$PAMD" -u totp%d -f "$first" -y "$users" -m totp -t -1 \
		-n $((3 * users)) -o "$RAW/$what.$side" "$@"
}

# password WHAT SIDE SERVICE LOGINS PAMBENCH-OPTION...
password() {
	local what=$1 side=$2 service=$3 n=$4
	shift 4
	record "$what" "$side" pambench -s "$service" -d "$PAMD" -u word0 -m password -P "$PASSWORD" -n "$n" \
		-o "$RAW/$what.$side" "$@"
}

# plain WHAT SIDE SERVICE USER LOGINS PAMBENCH-OPTION...: no answer is needed.
plain() {
	local what=$1 side=$2 service=$3 user=$4 n=$5
	shift 5
	record "$what" "$side" pambench -s "$service" -d "$PAMD" -u "$user" -n "$n" -o "$RAW/$what.$side" "$@"
}

# limit WHAT SIDE WORD N ARGUMENT...
limit() {
	local what=$1 side=$2 word=$3 n=$4
	shift 4
	record "$what" "$side" limits "$word" "$n" "$RAW/$what.$side" "$@"
}

fact() { echo "$1 $2" >>"$OUT/facts"; }

step() { printf '  %3d s  %s\n' $((SECONDS - BEGAN)) "$*"; }
