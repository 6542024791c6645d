# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# courses.sh - what is measured, against what.  Sourced by bench.

course_prepare() {
	world_disk
	world_people
	world_services
	world_key || return 1
	world_peers || return 1
	make_store "$(state many)" <"$SANDBOX/lines" || return 1
	printf 'user once0 6300\nhotp\n' | make_store "$(state one)" || return 1
	printf 'user once0 6300\nhotp\n' | make_store "$(state big)" || return 1
	printf 'user word0 6400\ncheap %s\n' "$PASSWORD" | make_store "$(state cheap)" || return 1
	printf 'user key0 6405\nauthfile %s\nuser nokey0 6401\nkey 1\nhotp\n' "$DISK/u2f/keys" |
		make_store "$(state desk)" || return 1
	fact spare_sessions "$(sed -n 's/^#spare_sessions = //p' "$WEBCRED_STAGE/etc/webcred/webcred.conf")"
	authority_many
}

# ---- one login at a time ---------------------------------------------------------

# So long nobody else comes: what a login leaves to do is done in between, on
# both sides, as between two people.  Without a pause it is the line `sustained`.
PAUSE_MS=6
PAUSE="-w $PAUSE_MS"

code_ours() { hotp code.in ours ours h0 15 $PAUSE; hotp code.fresh ours ours h0 10 $PAUSE -x; }
code_google() { hotp code.in google google h0 15 $PAUSE; hotp code.fresh google google h0 10 $PAUSE -x; }
code_oath() { hotp code.in oath oath h0 5 $PAUSE; hotp code.fresh oath oath h0 3 $PAUSE -x; }
code_floor() { plain code.in permit permit h0 15; plain code.fresh permit permit h0 10 -x; }

course_code() {
	step 'one login by code'
	hotp warm ours ours h0 20
	hotp warm google google h0 20
	alternate "$TURNS" code_ours code_google code_oath code_floor
}

# Six people a turn, and three others in fresh processes; their codes are of three steps, and
# used up then.
totp_turn=0
totp_ours() {
	totp totp.in ours ours $((6 * totp_turn)) 6 $PAUSE
	totp totp.fresh ours ours $((TOTP_IN + 3 * totp_turn)) 3 $PAUSE -x
}
totp_google() {
	totp totp.in google google $((6 * totp_turn)) 6 $PAUSE
	totp totp.fresh google google $((TOTP_IN + 3 * totp_turn)) 3 $PAUSE -x
	totp_turn=$((totp_turn + 1))
}

course_totp() {
	step 'one login by TOTP'
	alternate "$TURNS" totp_ours totp_google
}

password_ours() { password password.in ours ours-password 3 $PAUSE; password password.fresh ours ours-password 1 -x; }
password_unix() { password password.in unix unix 3 $PAUSE; password password.fresh unix unix 1 -x; }
password_bare() { limit password.in bare hash 3 "$PAUSE_MS"; }
# A hash of 64 MiB takes 10 ms more or less from one to the next, of 8 MiB not one: what a login
# has beyond it can be told.
cheap_ours() { password cheap.in ours ours-cheap 7 $PAUSE; }
cheap_bare() { limit cheap.in bare cheap 7 "$PAUSE_MS"; }

course_password() {
	step 'one login by password'
	alternate "$ROUNDS" password_ours password_unix password_bare
	printf '[password]\nmemory = 8192\npasses = 2\n' >"$DISK/conf/cheap"
	authority cheap --conf "$DISK/conf/cheap" || return
	alternate $((2 * TURNS)) cheap_ours cheap_bare
	authority_end cheap
}

# ---- many at once -------------------------------------------------------------------

burst_ours() { hotp burst ours ours burst%d 1 -p $BURST; }
burst_google() { hotp burst google google burst%d 1 -p $BURST; }
long_ours() { hotp sustained ours ours long%d 12 -p $BURST; }
# What PAM, a fork and an exit cost on their own: nobody is faster.
burst_floor() { plain burst permit permit burst%d 1 -p $BURST; }
long_floor() { plain sustained permit permit long%d 12 -p $BURST; }
long_google() { hotp sustained google google long%d 12 -p $BURST; }
# Somebody else each round: 63 refusals are 63 failures, and slow that person down.
same_ours() { hotp same.code ours ours "same$same" 1 -p $BURST -1; }
same_google() { hotp same.code google google "same$same" 1 -p $BURST -1; }
same=0
same_oath() {
	hotp same.code oath oath "same$same" 1 -p $BURST -1
	same=$((same + 1))
}

course_many() {
	step "$BURST people at once, $BURST clients for a while, $BURST with one code"
	# The first crowd is a figure of its own: webcred forks for it, and remembers it.
	if [ "$pass" = 1 ]; then
		hotp first ours ours burst%d 1 -p $BURST
		hotp first google google burst%d 1 -p $BURST
	fi
	alternate "$BURSTS" burst_ours burst_google burst_floor
	alternate $(((BURSTS + 1) / 2)) long_ours long_google long_floor
	alternate $(((BURSTS + 1) / 2)) same_ours same_google same_oath
}

# ---- memory --------------------------------------------------------------------------

# Everybody who logs in is at the prompt: as many sessions as callers.
memory_held() {
	local line
	coproc HELD { pambench -s ours -d "$PAMD" -u long%d -m hotp -c "${COUNTER[ours/long%d]}" -p $BURST -H; }
	read -r line <&"${HELD[0]}"
	fact pss_held_kib "$(pss "${AUTHORITY[many]}")"
	echo go >&"${HELD[1]}"
	read -r line <&"${HELD[0]}"
	COUNTER[ours/long%d]=$((COUNTER[ours/long%d] + 1))
	wait "$HELD_PID" 2>/dev/null
	[ "$(cut -d ' ' -f 2,4 <<<"$line")" = "$BURST $BURST" ] || FAILED=1
}

course_memory() {
	step 'memory'
	memory_held
	sleep 1
	fact pss_rest_kib "$(pss "${AUTHORITY[many]}")"
	fact processes_rest "$(family "${AUTHORITY[many]}" | wc -l)"
}

# ---- keys ------------------------------------------------------------------------------

nokey_ours() { hotp nokey.fresh ours ours-nokey nokey0 8 $PAUSE -x; hotp nokey.in ours ours-nokey nokey0 5 $PAUSE; }
nokey_u2f() { plain nokey.fresh u2f u2f-stand-in nokey0 8 $PAUSE -x; plain nokey.in u2f u2f-stand-in nokey0 5 $PAUSE; }
nokey_code() { hotp nokey.fresh u2fcode u2f-code nokey0 8 $PAUSE -x; hotp nokey.in u2fcode u2f-code nokey0 5 $PAUSE; }
key_ours() { plain key.in ours ours-key key0 6 $PAUSE; plain key.fresh ours ours-key key0 5 $PAUSE -x; }
key_u2f() { plain key.in u2f u2f key0 6 $PAUSE; plain key.fresh u2f u2f key0 5 $PAUSE -x; }

course_keys() {
	local end
	step 'security keys'
	# pam_u2f refuses where no key is: let in nonetheless, so that it counts as served.
	pam u2f-stand-in "[success=ok default=ignore] pam_u2f.so authfile=$DISK/u2f/one origin=pam://bench appid=pam://bench" \
		'required pam_permit.so'
	printf '[webcred]\nlocality_unknown = local\n' >"$DISK/conf/desk"
	authority desk --conf "$DISK/conf/desk" || return
	end=$WEBCRED_BENCH_KEY
	unset WEBCRED_BENCH_KEY
	alternate "$TURNS" nokey_ours nokey_u2f nokey_code
	export WEBCRED_BENCH_KEY=$end
	printf '[webcred]\nlocality_unknown = local\n[devices]\ndevice = %s\n' "$end" >"$DISK/conf/desk"
	export LD_PRELOAD=$PROGRAMS/find_key.so
	alternate "$TURNS" key_ours key_u2f
	unset LD_PRELOAD
	authority_end desk
}

# ---- what is loaded -----------------------------------------------------------------------

load_one() { record load "$1" pambench -D "$LIBRARIES/security/$2" -u nobody -n 10 -x -o "$RAW/load.$1"; }
load_ours() { load_one ours pam_webcred.so; plain grown ours ours-nokey nokey0 1 -x -M -m hotp -c "${COUNTER[ours-nokey/nokey0]}"
	COUNTER[ours-nokey/nokey0]=$((COUNTER[ours-nokey/nokey0] + 1)); }
load_u2f() { load_one u2f pam_u2f.so; plain grown u2f u2f-stand-in nokey0 1 -x -M; }
load_google() { load_one google pam_google_authenticator.so; }
load_oath() { load_one oath pam_oath.so; }

course_load() {
	step 'libraries'
	LIBRARIES=/usr/lib/$(cc -print-multiarch)
	printf '[webcred]\nlocality_unknown = local\n' >"$DISK/conf/desk"
	authority desk --conf "$DISK/conf/desk" || return
	alternate "$TURNS" load_ours load_u2f load_google load_oath
	authority_end desk
}

# ---- growth ----------------------------------------------------------------------------------

credentials_one() { hotp credentials.1 ours ours cred1n0 12; }
credentials_ten() { hotp credentials.10 ours ours cred10n0 12; }
credentials_hundred() { hotp credentials.100 ours ours cred100n0 12; }

course_credentials() {
	step 'credentials of one person'
	alternate "$ROUNDS" credentials_one credentials_ten credentials_hundred
}

users_one() { hotp "users.$size" one ours-one once0 12; }
users_big() { hotp "users.$size" big ours-big once0 12; }
# It writes all of its file; what of that is still to be written is not left to the others.
users_oath() { hotp "users.$size" oath oath-big once0 1; sync -f "$DISK"; }
users_oath_one() { hotp users.1 oath oath-one once0 10; }
users_u2f() { pam u2f-big "[success=ok default=ignore] pam_u2f.so authfile=$DISK/u2f/big origin=pam://bench appid=pam://bench" \
	'required pam_permit.so'; plain "users.$size" u2f u2f-big nokey0 3; }

course_users() {
	local have=1
	authority one || return
	size=1
	alternate "$ROUNDS" users_one users_oath_one
	for size in $SIZES; do
		step "$size users"
		echo "fill $have $((size - have))" | make_store "$(state big)" || { FAILED=1; return; }
		have=$size
		oath_grow "$size"
		COUNTER[oath-big/once0]=1
		u2f_grow "$size"
		sync -f "$DISK"
		authority big || return
		hotp warm big ours-big once0 20
		# One of theirs takes half a second: in many pairs of one, so that a disk which is
		# busy for some seconds meets few.
		alternate "$ROUNDS" users_one users_big users_oath users_u2f
		alternate $((PASSES * TURNS - ROUNDS)) users_one users_big
		authority_end big
		fact "store_bytes_$size" "$(stat -c %s "$DISK/state/big/webcred.db")"
	done
	authority_end one
}

course_disk() {
	local empty full
	step 'disk'
	printf 'full 0 1\n' | make_store "$(state disk)" || { FAILED=1; return; }
	empty=$(stat -c %s "$DISK/state/disk/webcred.db")
	printf 'full 1 4000\n' | make_store "$(state disk)" || { FAILED=1; return; }
	full=$(stat -c %s "$DISK/state/disk/webcred.db")
	fact bytes_per_user $(((full - empty) / 4000))
}

# ---- limits ------------------------------------------------------------------------------------

limits_all() {
	limit limit sync sync 100 "$DISK/block"
	limit limit fork fork 100
	limit commits slots slots 40 "$DISK/slots" $BURST
	record commits ours commits "$(state commits)" $BURST 40 "$RAW/commits.ours"
}

course_limits() {
	step 'limits, and commits'
	printf 'fill 0 %d\n' $BURST | make_store "$(state commits)" || { FAILED=1; return; }
	alternate "$ROUNDS" limits_all
}
