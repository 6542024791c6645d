#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# sh quickstart.sh         installs the Debian packages that are missing, builds, and shows what
#                          webcred does: a demo on a machine of its own, thrown away afterwards
# sh quickstart.sh check   installs, builds, and runs the tests, of the longest ones a part (the whole:
#                          make gauntlet, make faults); the last line counts them; on a whole Debian
#                          under qemu too, unless WEBCRED_VM=no is in the environment
#
# As root, on Debian 12.  Nothing outside this folder changes but the packages it installs (named
# before they are): demo and tests live in private mount and process namespaces.
set -eu
export LC_ALL=C
export DEBIAN_FRONTEND=noninteractive
cd "$(dirname "$0")"
top=$(pwd)
out=$top/tests/out
log=$out/quickstart.log

build_packages="autoconf automake libtool make gcc libc6-dev pkgconf libpam0g-dev libsodium-dev
	libssl-dev libsqlite3-dev libseccomp-dev libinih-dev libjansson-dev libqrencode-dev
	libcbor-dev libfido2-dev libutf8proc-dev libudev-dev libsystemd-dev libcdb-dev libcmocka-dev"
demo_packages="sudo pamtester oathtool expect procps util-linux"
check_packages="sqlite3 jq xxd valgrind clang-format shellcheck mandoc libpam-modules passwd git binutils
	openssh-server openssh-client login vlock libpam-runtime debconf systemd strace
	libpam-google-authenticator libpam-oath libnss-extrausers"
vm_packages="qemu-system-x86 mmdebstrap e2fsprogs"

say() { printf '%s\n' "$*"; }

die() {
	say "quickstart: $*" >&2
	[ "$mode" = demo ] || say "0 passed, 1 failed, 0 skipped"
	exit 1
}

# step TEXT COMMAND...: one line now, one every 20 seconds while it lasts; its output to the log.
step() {
	say "== $1"
	say "== $1" >>"$log"
	shift
	tick
	status=0
	"$@" >>"$log" 2>&1 </dev/null || status=$?
	untick
	return $status
}

tick() {
	began=$(date +%s)
	(
		while sleep 20 >/dev/null 2>&1; do
			say "   ... still at it, $(($(date +%s) - began)) s"
		done
	) &
	ticker=$!
}

untick() {
	kill "$ticker" 2>/dev/null || :
	wait "$ticker" 2>/dev/null || :
}

# As step, showing what it says as it goes, but for make's own lines; the suites count themselves.
loudly() {
	say "== $1"
	shift
	tick
	"$@" 2>&1 </dev/null | tee -a "$log" |
		grep --line-buffered -v '^make\|^  [A-Z]\|^[0-9]* passed, ' || :
	untick
}

missing_packages() {
	for package in "$@"; do
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
		*' installed') ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

install_packages() {
	# shellcheck disable=SC2086 # lists of words
	missing=$(missing_packages $1)
	if [ -z "$missing" ]; then
		say "== All packages that are needed are installed"
		return 0
	fi
	step "Looking for packages: apt-get update" apt-get -q update ||
		say "   apt-get update failed; going on with the lists there are"
	# shellcheck disable=SC2086
	step "Installing from Debian: $missing" apt-get -q -y --no-install-recommends install $missing || {
		tail -n 15 "$log" >&2
		die "apt-get could not install these packages: $missing (all of its output: $log)"
	}
}

# What one suite alone needs, and skips itself without.
wish_packages() {
	# shellcheck disable=SC2086
	missing=$(missing_packages $1)
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086
	step "Installing from Debian: $missing" apt-get -q -y --no-install-recommends install $missing ||
		step "Once more, after apt-get update" sh -c \
			"apt-get -q update; apt-get -q -y --no-install-recommends install $missing" ||
		say "   they cannot be had here; what needs them is skipped"
}

build() {
	if [ ! -e configure ] || [ -n "$(find configure.ac -newer configure)" ]; then
		step "Preparing the build (autoreconf)" autoreconf -fi || broken "autoreconf"
	fi
	if [ ! -e Makefile ]; then
		step "Configuring" ./configure -q --enable-werror --prefix=/usr --sysconfdir=/etc \
			--localstatedir=/var --libdir="/usr/lib/$(gcc -print-multiarch)" || broken "configure"
	fi
	step "Building" make -s -j"$(nproc)" stage || broken "the build"
}

broken() {
	tail -n 25 "$log" >&2
	die "$1 failed (all of its output: $log)"
}

# Adds up what every suite left in tests/out/count.*; a suite that left nothing has failed.
total() {
	passed=0 failed=0 skipped=0
	for suite in "$@"; do
		if [ -s "$out/count.$suite" ]; then
			read -r p f s <"$out/count.$suite"
		else
			say "not ok $suite: did not run to its end"
			p=0 f=1 s=0
		fi
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	done
	say ""
	say "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

check() {
	rm -f "$out"/count.*
	# No test runs yet that it could disturb.
	[ "${WEBCRED_VM-}" = no ] || make -s vm-base >>"$log" 2>&1 </dev/null &
	base=$!
	loudly "Reading the source (lint)" make -s lint
	wait "$base" || :
	loudly "Unit tests" make -s check
	loudly "The module and the library, on the installed files in sandboxes" make -s check-service
	loudly "webcred-device against security keys in software" make -s check-device
	loudly "Real programs: pamtester, sudo, the tool" make -s check-programs
	loudly "The gauntlet, bounded: every fault of other modules, set up here" make -s check-gauntlet
	loudly "Allocations and system calls of a login fail, one at a time: some of them" make -s check-faults
	loudly "One login of each type under valgrind" make -s check-valgrind
	loudly "Unit and service tests once more, with AddressSanitizer and UBSan" make -s check-asan
	suites="lint unit service device system gauntlet faults valgrind asan.unit asan.service"
	if [ "${WEBCRED_VM-}" != no ]; then
		loudly "A whole machine: Debian under qemu, its console, ssh, keys, a reboot" make -s check-vm
		suites="$suites vm"
	fi
	# shellcheck disable=SC2086 # a list of words
	total $suites
}

mode=demo
case ${1-} in
'') ;;
check) mode=check ;;
*)
	say "usage: sh quickstart.sh [check]" >&2
	exit 2
	;;
esac
[ "$(id -u)" = 0 ] || die "it installs packages and makes private namespaces: run it as root"
[ -e /etc/debian_version ] && command -v apt-get >/dev/null ||
	die "this script is written for Debian 12; on another system see README.md, Install"
mkdir -p "$out"
: >"$log"
if [ $mode = check ]; then
	install_packages "$build_packages $demo_packages $check_packages"
	[ "${WEBCRED_VM-}" = no ] || wish_packages "$vm_packages"
	build
	check
else
	install_packages "$build_packages $demo_packages"
	build
	say "== The demo, in a mount namespace of its own"
	say ""
	tests/support/sandbox bash tests/support/demo.sh
fi
