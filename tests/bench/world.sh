# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# world.sh - the machine that is measured: people, stores, the other modules' files, authorities.
# Sourced by bench inside a sandbox.  What is synced lies on the disk that holds tests/out, bound
# into the sandbox; the sandbox's own folders are memory, where a sync costs nothing.

DISK=$SANDBOX/bench
PAMD=$SANDBOX/pam.d
PASSWORD='a word of ours'
TOTP_IN=600
TOTP_USERS=900
BURST=64

# person NAME UID: an account whose home is on the disk.
person() {
	echo "$1:x:$2:$2::$DISK/home/$1:/bin/sh" >>/etc/passwd
	echo "$1:!:19000:0:99999:7:::" >>/etc/shadow
	mkdir -p "$DISK/home/$1"
	chown "$2:$2" "$DISK/home/$1"
}

# people PREFIX COUNT FIRST_UID WHAT: accounts, and the lines that make_store reads.
people() {
	local i
	for ((i = 0; i < $2; i++)); do
		person "$1$i" $(($3 + i))
		printf 'user %s %d\n%s\n' "$1$i" $(($3 + i)) "$4" >>"$SANDBOX/lines"
	done
}

world_disk() {
	# As after an installation: without it the loader looks for libwebcred in a dozen folders.
	ldconfig
	mkdir -p "$OUT/disk" "$DISK" "$PAMD"
	mount --bind "$OUT/disk" "$DISK"
	chown 0:0 "$DISK"
	chmod 0755 "$DISK"
	rm -rf "${DISK:?}"/*
	mkdir -p "$DISK/home" "$DISK/conf"
}

# Who is measured alone stands before the crowds: each line of passwd(5) above theirs is read.
world_people() {
	: >"$SANDBOX/lines"
	people h 1 6000 hotp
	people once 1 6300 hotp
	people word 1 6400 "password $PASSWORD"
	people nokey 1 6401 "$(printf 'hotp\nkey 1')"
	people cred1n 1 6402 hotp
	people cred10n 1 6403 "$(printf 'hotp\nkey 9')"
	people cred100n 1 6404 "$(printf 'hotp\nkey 99')"
	person key0 6405
	people burst $BURST 6100 hotp
	people long $BURST 6200 hotp
	people same 24 6330 hotp
	people totp $TOTP_USERS 7000 totp
	# pam_unix's own hash, as passwd(1) on Debian makes it.
	perl -e 'print "word0:" . crypt($ARGV[0], "\$y\$j9T\$F5Jx5fExrKuPp53xLKQ..1\$") . ":19000:0:99999:7:::\n"' \
		"$PASSWORD" >"$SANDBOX/shadow"
	grep -v '^word0:' /etc/shadow >>"$SANDBOX/shadow"
	cat "$SANDBOX/shadow" >/etc/shadow
}

# state NAME: a store's folder.
state() {
	mkdir -p "$DISK/state/$1"
	chmod 0700 "$DISK/state/$1"
	echo "$DISK/state/$1"
}

world_peers() {
	local kind
	for kind in h burst long same once nokey; do
		make_peers google hotp "$kind%d" 0 "$(grep -c "^$kind[0-9]*:" /etc/passwd)" || return 1
	done
	make_peers google totp totp%d 0 $TOTP_USERS || return 1
	mkdir -p "$DISK/oath"
	make_peers oath hotp once%d 0 1 >"$DISK/oath/one"
	{
		make_peers oath hotp h%d 0 1
		make_peers oath hotp burst%d 0 $BURST
		make_peers oath hotp same%d 0 24
		make_peers oath totp totp%d 0 $TOTP_USERS
	} >"$DISK/oath/many"
	chmod 0600 "$DISK/oath/"*
}

# oath_grow N: a file of N users, the one who logs in amid them.
oath_grow() {
	rm -rf "$DISK/oath/big"*
	{
		make_peers oath hotp fill%d 0 $(($1 / 2))
		make_peers oath hotp once%d 0 1
		make_peers oath hotp fill%d $(($1 / 2)) $(($1 - $1 / 2 - 1))
	} >"$DISK/oath/big"
	chmod 0600 "$DISK/oath/big"
}

# u2f_grow N: likewise; what the keys are is never looked at, since none is plugged in.
u2f_grow() {
	awk -v n="$1" 'BEGIN {
		entry = ":" sprintf("%86s", "") "==," sprintf("%86s", "") "==,es256,+presence"
		gsub(" ", "A", entry)
		for (i = 0; i < n - 1; i++) print "fill" i entry
		print "nokey0" entry
	}' >"$DISK/u2f/big"
	chmod 0600 "$DISK/u2f/big"
}

# pam NAME LINE...: a service of its own.
pam() {
	local name=$1
	shift
	printf 'auth %s\n' "$@" >"$PAMD/$name"
}

world_services() {
	local name
	pam other 'required pam_deny.so'
	pam permit 'required pam_permit.so'
	pam ours 'required pam_webcred.so get=otp'
	pam ours-password 'required pam_webcred.so get=password'
	for name in one big; do
		pam "ours-$name" "required pam_webcred.so get=otp socket=/run/bench/$name/login"
	done
	pam ours-cheap 'required pam_webcred.so get=password socket=/run/bench/cheap/login'
	pam ours-nokey 'required pam_webcred.so [get=public-key otp] socket=/run/bench/desk/login'
	pam ours-key 'required pam_webcred.so get=public-key socket=/run/bench/desk/login'
	pam google 'required pam_google_authenticator.so'
	pam oath "required pam_oath.so usersfile=$DISK/oath/many window=5 digits=6"
	pam oath-one "required pam_oath.so usersfile=$DISK/oath/one window=5 digits=6"
	pam oath-big "required pam_oath.so usersfile=$DISK/oath/big window=5 digits=6"
	pam unix 'required pam_unix.so'
	pam u2f "required pam_u2f.so authfile=$DISK/u2f/keys origin=pam://bench appid=pam://bench"
	pam u2f-nokey "required pam_u2f.so authfile=$DISK/u2f/one origin=pam://bench appid=pam://bench"
	pam u2f-code "sufficient pam_u2f.so authfile=$DISK/u2f/one origin=pam://bench appid=pam://bench" \
		'required pam_google_authenticator.so'
	pam u2f-big "required pam_u2f.so authfile=$DISK/u2f/big origin=pam://bench appid=pam://bench"
}

# ---- authorities ---------------------------------------------------------------

# authority NAME OPTION...: on its own store and sockets; sets AUTHORITY[NAME].
authority() {
	local name=$1
	shift
	mkdir -p /run/bench "/run/bench/$name"
	webcred-authority --listen --sockets "/run/bench/$name" --state "$(state "$name")" "$@" \
		</dev/null >>"$OUT/authority.$name.out" 2>&1 &
	AUTHORITY[$name]=$!
	credrive wait "/run/bench/$name/login" 10000 || {
		echo "bench: the authority $name does not answer" >&2
		tail -n 5 "$SANDBOX/log" >&2
		FAILED=1
		return 1
	}
}

authority_end() {
	kill -TERM "${AUTHORITY[$1]}" 2>/dev/null
	wait "${AUTHORITY[$1]}" 2>/dev/null
	unset "AUTHORITY[$1]"
}

# The shipped configuration, and the default sockets.
authority_many() {
	webcred-authority --listen --state "$(state many)" </dev/null >>"$OUT/authority.many.out" 2>&1 &
	AUTHORITY[many]=$!
	credrive wait /run/webcred/login 10000
}

# family PID: it and what it started.
family() {
	local child
	echo "$1"
	for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do family "$child"; done
}

# pss PID: KiB of the whole family, each shared page counted once in all.
pss() {
	local pid
	for pid in $(family "$1"); do cat "/proc/$pid/smaps_rollup" 2>/dev/null; done |
		awk '/^Pss:/ { sum += $2 } END { print sum }'
}

# ---- keys ----------------------------------------------------------------------

# A key in software; the same for both sides, registered once, by pamu2fcfg.
world_key() {
	mkdir -p "$DISK/u2f"
	softkey pty --link "$SANDBOX/key" --mode 600 --state "$SANDBOX/key.state" --die-with-parent \
		>"$OUT/softkey.out" 2>&1 &
	SOFTKEY=$!
	until [ -L "$SANDBOX/key" ]; do kill -0 $SOFTKEY || return 1; sleep 0.01; done
	export WEBCRED_BENCH_KEY
	WEBCRED_BENCH_KEY=$(readlink -f "$SANDBOX/key")
	LD_PRELOAD=$PROGRAMS/find_key.so pamu2fcfg -u key0 -o pam://bench -i pam://bench >"$DISK/u2f/keys" ||
		return 1
	sed 's/^key0:/nokey0:/' "$DISK/u2f/keys" >"$DISK/u2f/one"
	chmod 0600 "$DISK/u2f/"*
}
