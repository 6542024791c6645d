# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The tool itself: every verb, as root and as the person, by a script and at a terminal.
. "$WEBCRED_TOP/tests/support/lib.sh"

# as USER COMMAND...: a process of that user.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@" 2>&1
}

# give USER PASSWORD: root stores a password for somebody.
give() { printf '%s\n%s\n' "$2" "$2" | webcred store password --user "$1" >/dev/null 2>&1; }

# scan COMMAND...: enrols with an app that answers; sets SEED and OUT.
scan() {
	OUT=$(expect "$WEBCRED_TOP/tests/support/scan.exp" "$SANDBOX/tmp/seed" "$@") || fail "not enrolled: $OUT"
	SEED=$(cat "$SANDBOX/tmp/seed")
	[ -n "$SEED" ] || fail "no seed was shown: $OUT"
}

test_help_names_every_verb() {
	local verb
	OUT=$(webcred --help)
	for verb in create store get list rename remove invite lock; do says "$OUT" "^ *$verb"; done
	says "$(webcred create otp --help)" '--digits'
	webcred frobnicate >/dev/null 2>&1
	is $? 2 "exit status for an unknown verb"
	webcred list --frobnicate >/dev/null 2>&1
	is $? 2 "exit status for an unknown option"
}

# What is out of bounds is refused in a sentence that has them, before anybody is asked.
test_bounds_are_told() {
	says "$(webcred create otp --user alice --period 14 2>&1 </dev/null)" '15 to 120'
	says "$(webcred create otp --user alice --period 121 2>&1 </dev/null)" '15 to 120'
	says "$(webcred create recovery --user alice --count 26 2>&1 </dev/null)" '1 to 25'
	says "$(webcred invite --user alice --valid 31d 2>&1)" '30 days'
	says "$(webcred invite --user alice --valid 49711d 2>&1)" 'valid'
	OUT=$(webcred invite --user alice --valid 86400 2>&1) || fail "a day in seconds: $OUT"
}

test_root_stores_a_password() {
	give alice 'correct horse' || fail "store password"
	granted alice "$SERVICE" 'correct horse'
	printf 'one word here\nanother word\n' | webcred store password --user bob 2>/dev/null &&
		fail "two different passwords were taken"
	is "$(credentials bob)" 0 "what bob has"
}

test_short_password_is_refused() {
	OUT=$(printf 'short\nshort\n' | webcred store password --user alice 2>&1) && fail "taken: $OUT"
	says "$OUT" '[0-9]'
	is "$(credentials alice)" 0 "what alice has"
}

test_enrols_an_app_at_a_terminal() {
	scan webcred create otp --user alice --label phone
	granted alice otp "$(totp "$SEED" 1)"
	says "$(webcred list --user alice)" 'phone'
}

test_enrols_a_counter_token() {
	OUT=$(webcred create otp --hotp --user alice </dev/null 2>&1) && fail "enrolled without a code"
	is "$(credentials alice)" 0 "what alice has"
}

test_makes_recovery_codes() {
	local code
	OUT=$(webcred create recovery --user alice 2>&1) || fail "$OUT"
	mapfile -t CODES < <(grep -oE '[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}' <<<"$OUT")
	is "${#CODES[@]}" 10 "how many codes"
	granted alice otp "${CODES[0]}"
	code=$(webcred create recovery --user alice </dev/null 2>&1) && fail "replaced without asking: $code"
	granted alice otp "${CODES[1]}"
}

test_a_person_manages_her_own_with_a_proof() {
	give alice 'correct horse'
	OUT=$(printf 'wrong horse\nnew word here\nnew word here\n' | as alice webcred store password --yes) &&
		fail "changed with a wrong proof: $OUT"
	granted alice "$SERVICE" 'correct horse'
	OUT=$(printf 'correct horse\nnew word here\nnew word here\n' | as alice webcred store password --yes) ||
		fail "$OUT"
	granted alice "$SERVICE" 'new word here'
}

test_a_person_sees_only_her_own() {
	give alice 'correct horse'
	says "$(as alice webcred list)" 'password'
	OUT=$(as bob webcred list --user alice) && fail "bob listed alice's: $OUT"
	says_not "$OUT" 'Argon|[0-9a-f]{32}'
}

test_invitation() {
	local code
	OUT=$(webcred invite --user alice 2>&1) || fail "$OUT"
	code=$(grep -oE '[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}' <<<"$OUT" | head -n 1)
	[ -n "$code" ] || fail "no code in: $OUT"
	OUT=$(printf '%s\nmy own word\nmy own word\n' "$code" | as alice webcred store password) || fail "$OUT"
	granted alice "$SERVICE" 'my own word'
	as alice webcred invite --user bob >/dev/null && fail "alice invited bob"
	:
}

test_get_says_what_happened() {
	give alice 'correct horse'
	OUT=$(printf 'correct horse\n' | as alice webcred get 2>&1) || fail "$OUT"
	says "$OUT" 'password'
	OUT=$(printf 'wrong horse\n' | as alice webcred get 2>&1)
	is $? 1 "exit status of a refused get"
	OUT=$(printf 'wrong horse\n' | as alice webcred get --explain 2>&1)
	[ -n "$OUT" ] || fail "--explain says nothing"
}

test_get_types_are_for_root_alone() {
	give alice 'correct horse'
	OUT=$(printf 'correct horse\n' | as alice webcred get --types password 2>&1) && fail "taken: $OUT"
	printf 'correct horse\n' | webcred get --user alice --types password >/dev/null 2>&1 || fail "root may"
}

test_rename_and_remove() {
	give alice 'correct horse'
	scan webcred create otp --user alice --label phone
	webcred rename phone tablet --user alice || fail "rename"
	says "$(webcred list --user alice)" 'tablet'
	webcred remove tablet --user alice </dev/null 2>/dev/null && fail "removed without asking"
	webcred remove tablet --user alice --yes || fail "remove"
	is "$(credentials alice)" 1 "what alice has"
}

test_json_is_json() {
	local line
	give alice 'correct horse'
	OUT=$(webcred list --user alice --json) || fail "$OUT"
	[ -n "$OUT" ] || fail "nothing"
	while IFS= read -r line; do
		says "$line" '^\{.*\}$'
	done <<<"$OUT"
	says "$OUT" '"type": *"password"'
	says_not "$OUT" 'argon'
}

test_lock_and_unlock() {
	give alice 'correct horse'
	webcred lock --user alice --yes || fail "lock"
	refused alice "$SERVICE" 'correct horse'
	webcred unlock --user alice || fail "unlock"
	granted alice "$SERVICE" 'correct horse'
}

test_says_where_the_authority_is_missing() {
	authority_stop
	OUT=$(webcred list --user alice 2>&1)
	is $? 3 "exit status without an authority"
	says "$OUT" '/run/webcred'
}

test_no_secret_in_its_arguments() {
	says_not "$(webcred store password --help; webcred create otp --help; webcred get --help)" \
		'--(password|secret|pin|code|seed)\b'
}

run_tests
