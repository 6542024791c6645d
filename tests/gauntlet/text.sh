# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Names and labels made to be run by a shell, to fool a terminal or to begin a line of their own.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

# words: each as somebody might type it; what a shell would do with them leaves a mark.
words() {
	local mark=$SANDBOX/tmp/executed
	printf '%s\0' "\$(touch $mark)" "\`touch $mark\`" "; touch $mark #" "| touch $mark" "&& touch $mark" "' ; touch $mark ; '" \
		"\" ; touch $mark ; \"" $'a\nwebcred: get granted user="root"' $'a\rb' $'\e[2J\e]0;owned\a' $'\x9b2J' $'\e]52;c;AAAA\a' \
		'%n%n%s%s%x' '../../../etc/passwd' '-rf' '--help' '--user=root' $'al\xffice' $'\xe2\x80\xae root' '{"granted":true}' \
		"a:b:0:0" "$(printf '%0300d' 0)" '*' '~root' '<script>' "x'; DROP TABLE credential; --" '' ' ' $'\t'
}

# tame: nothing ran, and nothing that was printed moves a cursor or begins a line of ours.
tame() {
	[ ! -e "$SANDBOX/tmp/executed" ] || fail "a shell ran what stood in: $*"
	LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' <<<"$OUT" && fail "an escape was printed for: $*"
	grep -q '^webcred: get granted' <<<"$OUT" && fail "a line of its own was begun for: $*"
	held
}

# tell VERB...: with what standard input has as the person's answers.
tell() {
	tried
	OUT=$(timeout 10 webcred "$@" 2>&1)
	[ $? != 124 ] || fail "waits: $*"
	tame "$@"
}

test_cve_2026_44712_pam_usb() {
	local word id verb
	row 'CVE-2026-44712 pam_usb'
	alice_enrolled
	mkdir -p "$SANDBOX/tmp/here" && cd "$SANDBOX/tmp/here" || fail "cd"
	id=$(credrive -u alice list | sed -n 's/^credential \([0-9a-f]*\) .*/\1/p')
	while IFS= read -r -d '' word; do
		tell rename --user alice "$id" "$word" </dev/null
		tell rename --user alice "$word" label </dev/null
		tell list --user alice </dev/null
		tell list --user alice --json </dev/null
		tell remove --user alice "$word" --yes </dev/null
		tell create totp --user alice --label "$word" </dev/null
		tell create public-key --user alice --label "$word" </dev/null
		tell get --user "$word" --service "$word" </dev/null
		tell import pam-u2f "$word" </dev/null
		tell backup "$word" </dev/null
		for verb in list lock unlock invite prevent-silent-access 'store password'; do
			# shellcheck disable=SC2086 # a verb may be two words
			tell $verb --user "$word" <<<"$word"
		done
		tried
		OUT=$(credrive -u alice totp sha1 6 "$word" 2>&1; credrive -u "$word" list 2>&1; credrive -u alice rename "$id" "$word" 2>&1)
		[ ! -e "$SANDBOX/tmp/executed" ] || fail "a shell ran what stood in: $word"
		held
	done < <(words)
	sleep 0.2
	# Each datagram a line, and logsink shows control characters as a tilde.
	log_since | grep -q '~\[2J\|~webcred: get granted' && fail "an escape reached the log"
	credrive -u alice unlock >/dev/null
	granted alice password 'correct horse'
}

run_tests
