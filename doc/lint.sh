#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# lint.sh SRCDIR WEBCRED - holds the documentation against the code.
#
# Every verb and option that webcred prints, every key the configuration's parser
# knows, every option of the PAM module and every function of webcred.h stands in its
# man page; and no man page names one that is not there.
set -u
src=${1:-.}
tool=${2:-$src/webcred}
failed=0
checked=0
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT

# compare WHAT PAGE CODE-LIST PAGE-LIST: both ways, one line for each difference.
compare() {
	sort -u "$3" >"$work/code"
	sort -u "$4" >"$work/page"
	if [ ! -s "$work/code" ]; then
		echo "FAIL: found no $1 in the code: has the table moved?"
		failed=$((failed + 1))
		return
	fi
	for word in $(comm -23 "$work/code" "$work/page"); do
		echo "FAIL: $1 $word is not in $2"
		failed=$((failed + 1))
	done
	for word in $(comm -13 "$work/code" "$work/page"); do
		echo "FAIL: $2 names the $1 $word, which the code does not have"
		failed=$((failed + 1))
	done
	checked=$((checked + $(wc -l <"$work/code")))
}

pages_are_clean() {
	if ! command -v mandoc >/dev/null; then
		echo "skip: mandoc is not installed"
		return
	fi
	for page in "$src"/doc/*.[1-8]; do
		checked=$((checked + 1))
		mandoc -Tlint -Wwarning "$page" || failed=$((failed + 1))
	done
}

tool_is_documented() {
	"$tool" --help >"$work/help" || {
		echo "FAIL: $tool --help does not run"
		failed=$((failed + 1))
		return
	}
	# Two-word verbs are written with a dash between for the comparison.
	sed -n '/^Verbs:/,/^$/s/^  \([a-z][a-z-]*\( [a-z][a-z-]*\)\{0,1\}\)  *.*/\1/p' "$work/help" |
		sed 's/ $//' >"$work/verbs"
	sed 's/ /:/' "$work/verbs" >"$work/verbs.code"
	sed -n 's/^\.It Cm \([a-z-]*\)\( [a-z][a-z-]*\)\{0,1\}.*/\1\2/p' "$src/doc/webcred.1" |
		sed 's/ /:/' >"$work/verbs.page"
	compare verb webcred.1 "$work/verbs.code" "$work/verbs.page"

	while read -r verb; do
		# shellcheck disable=SC2086 # a verb may be two words
		"$tool" $verb --help </dev/null
	done <"$work/verbs" | cat "$work/help" - |
		sed -n 's/^  --\([a-z-]*\).*/\1/p' >"$work/options.code"
	sed -n 's/^\.It Fl \\-\([a-z-]*\).*/\1/p' "$src/doc/webcred.1" >"$work/options.page"
	compare option webcred.1 "$work/options.code" "$work/options.page"
}

functions_are_documented() {
	# Declarations begin a line; comments mention functions too.
	grep -E '^[a-z].*[ *]webcred_[a-z_]*\(' "$src/lib/client/webcred.h" |
		sed 's/.*[ *]\(webcred_[a-z_]*\)(.*/\1/' >"$work/functions.code"
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.Fn \(webcred_[a-z_]*\).*/\1/p' \
		"$src/doc/libwebcred.3" >"$work/functions.page"
	compare function libwebcred.3 "$work/functions.code" "$work/functions.page"
}

module_is_documented() {
	sed -n 's/.*\[OPTION_[A-Z_]*\] = {"\([a-z_]*\)=\{0,1\}".*/\1/p' \
		"$src/pam_webcred/options.c" >"$work/module.code"
	sed -n '/^\.Ss Options/,/^\.Ss Flags/s/^\.It Cm \([a-z_]*\).*/\1/p' \
		"$src/doc/pam_webcred.8" >"$work/module.page"
	compare option pam_webcred.8 "$work/module.code" "$work/module.page"
}

# Keys are written section.key; [manage] has the keys of [service].
configuration_is_documented() {
	sed -n 's/^	{"\([a-z]*\)", "\([a-z_]*\)", CONF_.*/\1.\2/p' \
		"$src/authority/conf_values.c" >"$work/keys.code"
	awk '/^\.Ss \[/ { section = $2; gsub(/[][]/, "", section); sub(/^manage$/, "service", section) }
	     /^\.Ss [^[]/ { section = "" }
	     /^\.It Ic / && section != "" { print section "." $3 }' \
		"$src/doc/webcred.conf.5" >"$work/keys.page"
	compare key webcred.conf.5 "$work/keys.code" "$work/keys.page"
	awk '/^#*\[/ { section = $1; gsub(/[][#]/, "", section); sub(/^manage$/, "service", section) }
	     /^#[a-z_]+ =/ { print section "." substr($1, 2) }' \
		"$src/conf/webcred.conf" >"$work/keys.example"
	compare key conf/webcred.conf "$work/keys.code" "$work/keys.example"
}

authority_is_documented() {
	sed -n 's/.*{"\([a-z-]*\)", \(no\|required\)_argument.*/\1/p' \
		"$src/authority/main.c" >"$work/authority.code"
	sed -n 's/^\.It Fl \\-\([a-z-]*\) , \\-\([a-z-]*\)/.It Fl \\-\1\n.It Fl \\-\2/; p' \
		"$src/doc/webcred-authority.8" |
		sed -n 's/^\.It Fl \\-\([a-z-]*\).*/\1/p' >"$work/authority.page"
	compare option webcred-authority.8 "$work/authority.code" "$work/authority.page"
}

pages_are_clean
tool_is_documented
functions_are_documented
module_is_documented
configuration_is_documented
authority_is_documented
echo "$checked checked, $failed failed"
[ "$failed" -eq 0 ]
