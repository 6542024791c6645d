# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# lib.sh - what the gauntlet's tests are written in, beside tests/support/lib.sh.
#
# A test begins with `row NAME`, which is how `make gauntlet` calls it; `tried [N]` says that so
# many hostile things are about to be done, `held [N]` that they were refused and left everything
# unharmed.  What was tried and not held is lost.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/races.sh"

# The suite is full unless WEBCRED_GAUNTLET=bounded; how_many BOUNDED FULL.
how_many() { [ "${WEBCRED_GAUNTLET-full}" = bounded ] && echo "$1" || echo "$2"; }

TRIED=0 HELD=0 ROW=''

row() {
	ROW=$1
	trap row_end EXIT
}

row_end() {
	local status=$? lost=$((TRIED - HELD))
	[ $status = 0 ] || [ $status = 77 ] || [ $lost != 0 ] || lost=1
	note "row: $ROW | $TRIED | $HELD | $lost"
	exit $status
}

tried() { TRIED=$((TRIED + ${1:-1})); }
held() { HELD=$((HELD + ${1:-1})); }

# keeps_out USER SERVICE OPTION...: one hostile login through libpam; neither let in nor passed
# over, nor waited for: a hash takes 65 ms, and some more on a machine that is busy.
keeps_out() {
	tried
	drive "$@" authenticate acct_mgmt
	case $CODE in
	PAM_SUCCESS | PAM_IGNORE | '') fail "$* ended with ${CODE:-nothing}" ;;
	esac
	[ -n "$MS" ] && [ "$MS" -lt 5000 ] || fail "took ${MS:-?} ms"
	held
}

# Nothing is delayed, a hash costs next to nothing; what standard input has comes behind.
swift_conf() {
	conf <<-END
		[throttle]
		enabled = no
		[password]
		memory = 64
		passes = 1
		$(cat)
	END
}

# alice, who has a password, and can still log in with it.
alice_enrolled() { enrol_password alice 'correct horse'; }
unharmed() { granted alice "$SERVICE" 'correct horse'; }

# as USER COMMAND...: a process of that user, with no right that they have not.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@"
}

# The authority's processes: the mother, then keeper and sessions.
family() { authority_pid; pgrep -P "$(authority_pid)"; }

# look: what each process of the authority has of its own, a line each.
# shellcheck disable=SC2046 # a list of files
look() { grep -sH '^RssAnon:' $(pgrep -x webcred-authori | sed 's|.*|/proc/&/status|'); }

# stand_still N: stops N sessions while they hash, which takes HASH KiB each; sets STILL, their pids.
stand_still() {
	local pid kb i
	STILL=()
	for i in $(seq 3000); do
		while read -r pid kb; do
			kill -STOP "$pid"
			kb=$(sed -n 's/^RssAnon:[ \t]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2>/dev/null)
			if [ "${kb:-0}" -gt $((HASH / 2)) ]; then STILL+=("$pid"); else kill -CONT "$pid"; fi
		done < <(look | sed -n 's|^/proc/\([0-9]*\)/status:RssAnon:[ \t]*\([0-9]*\) kB|\1 \2|p' |
			awk -v least="$((HASH / 2))" -v still=" ${STILL[*]-} " '$2 > least && !index(still, " " $1 " ")')
		[ "${#STILL[@]}" -lt "$1" ] || return 0
		sleep 0.005
	done
	fail "${#STILL[@]} sessions were seen to hash, not $1"
}

# refused_sum: `tried N granted M` of the tool stranger, in OUT.
stranger_sum() {
	local n granted
	n=$(sed -n 's/^tried \([0-9]*\) .*/\1/p' <<<"$OUT")
	granted=$(sed -n 's/^tried .* granted \([0-9]*\)$/\1/p' <<<"$OUT")
	[ -n "$n" ] && [ -n "$granted" ] || fail "stranger did not come to its end: $OUT"
	tried "$n"
	held $((n - granted))
	is "$granted" 0 "what was granted"
}

# Sessions are forked ahead once it is quiet: until there is one.
await_a_session() {
	for _ in $(seq 250); do
		pgrep -x -u webcred webcred-authori >/dev/null && return
		sleep 0.02
	done
	fail "no session is forked ahead of need"
}
