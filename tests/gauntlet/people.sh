# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Names and ids: nothing of webcred's name service shadows, collides with or becomes what is local.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"
. "$WEBCRED_TOP/tests/support/people.sh"

# refused_account WORD...: one order that must leave everything as it is, seen by every program.
refused_account() {
	tried
	refuses "$@"
	held
}

# No uid or gid 0 ever comes out: not by number, not by range, not by another group, not from a store
# that says so.
test_authd_cve_2025_5689() {
	local id
	row 'authd CVE-2025-5689'
	people_begin
	makes cathy
	for id in 0 00 -0 +0 4294967296 0x0 ''; do
		refused_account account add dora --uid "$id"
		refused_account account group add crew --gid "$id"
	done
	refused_account account add dora --group root
	refused_account account modify cathy --group root
	tried 2
	printf '[account]\nrange = 0-99999\n' >>/etc/webcred/webcred.conf
	refuses account add dora
	people_conf
	authority_stop
	sqlite3 /var/lib/webcred/webcred.db \
		"PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; UPDATE account SET uid = 0 WHERE name = 'cathy'; UPDATE person SET gid = 0; UPDATE people SET gid = 0" >/dev/null
	authority_start
	sleep 1
	is "$(getent passwd 0 | cut -d : -f 1)" root
	says_not "$(getent passwd; getent group; id cathy 2>&1)" '^cathy:[^:]*:0:|^cathy:[^:]*:[0-9]*:0:|uid=0\(cathy'
	is "$(id -u root)" 0
	held 2
}

# Two accounts never have one number, whoever comes first.
test_authd_cve_2024_9312() {
	local id pids=()
	row 'authd CVE-2024-9312'
	people_begin
	makes cathy --uid 70000
	refused_account account add dora --uid 70000
	refused_account account group add crew --gid 70000
	for id in $(cut -d : -f 3 /etc/passwd /etc/group | sort -un | tail -n "$(how_many 6 1000)"); do
		refused_account account add dora --uid "$id"
	done
	echo 'alice:80000:1000' >/etc/subuid
	echo 'alice:90000:10' >/etc/subgid
	for id in 80000 80500 80999 90000 90009; do
		refused_account account add dora --uid "$id"
		refused_account account group add crew --gid "$id"
	done
	# the same numbers, chosen: one after the other, none twice, none of theirs
	tried
	people_conf 'range = 79998-81002'
	makes d1
	makes d2
	makes d3
	is "$(id -u d1) $(id -u d2) $(id -u d3)" '79998 79999 81000'
	held
	# 32 at once
	tried
	people_conf
	for id in $(seq 32); do
		webcred account add "p$id" >/dev/null 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	is "$(getent passwd | grep -cE '^p[0-9]+:')" 32
	is "$(getent passwd | cut -d : -f 3 | sort -n | uniq -d | wc -l)" 0
	held
	# a local account takes the number later
	tried
	echo 'later:x:70000:70000::/:/bin/sh' >>/etc/passwd
	is "$(getent passwd 70000 | cut -d : -f 1)" later
	! getent passwd cathy || fail "two names for one number"
	held
}

# Every local name, through every way in which one could be shadowed.
test_himmelblau_cve_2025_49012() {
	local name
	row 'himmelblau CVE-2025-49012'
	people_begin
	makes cathy
	webcred account group add crew --members cathy || fail "group"
	for name in $(cut -d : -f 1 /etc/passwd /etc/group | sort -u | shuf -n "$(how_many 4 1000)") sudo wheel docker root Root WHEEL _apt systemd-foo; do
		refused_account account add "$name"
		refused_account account modify cathy --name "$name"
		refused_account account modify cathy --group "$name"
		refused_account account modify cathy --join "$name"
		refused_account account group add "$name"
		refused_account account group modify crew --rename "$name"
		refused_account account group modify "$name" --members cathy
	done
	is "$(id -nG cathy)" 'cathy crew'
	# the name turns up in the local files afterwards
	tried
	echo 'crew:x:6002:alice' >>/etc/group
	is "$(getent group crew | cut -d : -f 1,3,4)" 'crew:6002:alice'
	says_not "$(id cathy)" crew
	is "$(id -nG alice)" 'alice crew'
	sed -i '/^crew:/d' /etc/group
	held
	# webcred named before files: local names still win
	tried
	sed -i 's/^\(passwd\|group\):.*/\1: webcred files/' /etc/nsswitch.conf
	echo 'cathy:x:6001:6001::/:/bin/sh' >>/etc/passwd
	is "$(id -u cathy)" 6001
	is "$(id -u root) $(id -u alice)" '0 5001'
	held
}

test_ghsa_6gp8_pp9v_gx45() {
	local id
	row GHSA-6gp8-pp9v-gx45
	people_begin
	for id in 1 100 999 1000 60000 60001 60513 60577 61184 65519 65520 65533 65534 65535 524288 1879048191 \
		2147483647 2147483648 4294967294 4294967295 -1 -2; do
		refused_account account add cathy --uid "$id"
		refused_account account group add crew --gid "$id"
	done
	for id in 0-99999 1-70000 1000-1999 60000-60100 65535-65536 65534-65534 65536-524288 524288-524289 \
		1879048191-1879048200 2147483647-2147483648 4294967295-4294967295 70000-65536; do
		tried
		people_conf "range = $id" 2>/dev/null
		OUT=$(webcred account add cathy 2>&1) && fail "a range of $id: $OUT"
		says "$OUT" 'range'
		held
	done
	people_conf 'range = 1879048192-1879048200'
	makes cathy
	is "$(id -u cathy)" 1879048192
}

# What separates fields and lines, in every field of every order.
test_ghsa_x259_23ph_65m5() {
	local text
	row GHSA-x259-23ph-65m5
	people_begin
	makes cathy
	for text in $'a\nroot2::0:0::/:/bin/sh' 'a:b' $'a\tb' $'a\001' $'a\177' $'a\r' $'a\033[2J' $'\200' \
		$'\303(' $'\355\240\200' $'\302\205' "$(printf 'x%.0s' $(seq 256))" "$(printf 'x%.0s' $(seq 600))"; do
		refused_account account modify cathy --gecos "$text"
		refused_account account modify cathy --home "/$text"
		refused_account account modify cathy --shell "/$text"
		refused_account account modify cathy --name "$text"
		refused_account account modify cathy --group "$text"
		refused_account account modify cathy --join "$text"
		refused_account account add "$text"
		refused_account account add dora --gecos "$text"
		refused_account account group add "$text"
		refused_account account group add crew --members "$text"
	done
	# shellcheck disable=SC2016 # not to be expanded
	for text in '' . .. / -x 'a b' 'a,b' '$(id)' '`id`' 'a/b' '../x' 12345 'a"b' "a'b" 'a\b' 'a@b' 'ä'; do
		[ -z "$text" ] || refused_account account add -- "$text"
		refused_account account modify cathy --name "$text"
		refused_account account group add -- "$text"
	done
	for text in relative '' /a/../b /..; do
		refused_account account modify cathy --home "$text"
		refused_account account modify cathy --shell "$text"
	done
	is "$(getent passwd cathy)" "cathy:*:65536:65536::$SANDBOX/home/cathy:/bin/bash"
	# what may stand there arrives as it is
	tried
	changes cathy --gecos 'Ärzte,Raum 1,"x",$(id) \n'
	is "$(getent passwd cathy | cut -d : -f 5)" 'Ärzte,Raum 1,"x",$(id) \n'
	held
}

run_tests
