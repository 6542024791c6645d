# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# targets.mk - what `make help` lists: the tests, the sanitizers, lint.
tests_out = $(abs_builddir)/tests/out
tests_run = $(top_srcdir)/tests/run --build $(abs_builddir)
EXTRA_DIST += tests/run tests/lint tests/targets.mk tests/semantics/check tests/semantics/index
PHONY_TARGETS = help stage faults check-faults check-service check-semantics check-device check-programs check-system check-asan check-valgrind lint programs-for-check gauntlet check-gauntlet
.PHONY: $(PHONY_TARGETS)

help:
	@echo 'make                 builds everything'
	@echo 'make check           unit tests: fast, no root'
	@echo 'make check-system    as root, in private namespaces: the module through PAM, keys,'
	@echo '                     pamtester, sudo, the tool'
	@echo 'make check-semantics  the credential model, a line for each of its behaviours (doc/behaviours.md)'
	@echo 'make check-asan      unit and service tests, built with AddressSanitizer and UBSan'
	@echo 'make check-valgrind  one login of each type under valgrind'
	@echo 'make check-vm        a whole Debian under qemu: console, ssh, keys by udev, logind, a reboot; as root'
	@echo 'make gauntlet        every fault of other modules, races, guessing, memory: a table; as root'
	@echo 'make check-gauntlet  the same, bounded: a few minutes'
	@echo 'make check-faults    some of: each allocation and system call of a login fails, one at a time'
	@echo 'make faults          all of them (half an hour); as root; doc/faults.md'
	@echo 'make bench           speed, next to other modules (3 minutes; bench-quick: 1); as root'
	@echo 'make fuzz            each parser, WEBCRED_FUZZ_SECONDS each (600); needs clang (doc/fuzzing.md)'
	@echo 'make fuzz-coverage   which lines of the parsers the committed inputs reach'
	@echo 'make mutation        breaks one decision at a time: do the unit tests notice? (doc/mutation.md)'
	@echo 'make lint            format, shell scripts, man pages, licence lines, lengths'
	@echo 'make distcheck       a release, built and tested from its tarball'
	@echo 'make stage           what make install would install, in tests/out/stage'
	@echo 'sh quickstart.sh check  installs what is missing and runs all of the above but the slow ones'
	@echo
	@echo 'WEBCRED_ONLY=word runs the tests whose name has that word, WEBCRED_VERBOSE=1 shows all;'
	@echo 'sudo tests/support/sandbox bash is a shell on the machine that the tests see.'

# What sandboxes are driven with; the unit tests are built by make check.
harness = tests/support/logsink tests/support/pamdrive tests/support/credrive tests/support/badagent \
	tests/support/nssdrive tests/support/publish_names \
	tests/authenticator/softkey
programs-for-check: all
	@$(MAKE) $(AM_MAKEFLAGS) $(harness)

# Unit tests are counted one by one, not one a program.
check-TESTS:
	@$(tests_run) unit $(TESTS)

# The sandbox lays the stage over /usr, so the build must be one for /usr; else one is made apart.
stage: programs-for-check
	@$(MKDIR_P) $(tests_out)
	@if test "$(prefix)|$(sysconfdir)|$(libdir)" = "/usr|/etc|/usr/lib/$$($(CC) -print-multiarch)"; then \
		rm -rf $(tests_out)/stage && \
		$(MAKE) $(AM_MAKEFLAGS) install DESTDIR=$(tests_out)/stage >$(tests_out)/install.log 2>&1 || \
			{ tail -n 20 $(tests_out)/install.log; exit 1; }; \
	else \
		$(top_srcdir)/tests/support/apart usr && rm -rf $(tests_out)/stage && \
			ln -s usr/stage $(tests_out)/stage; \
	fi

check-service: stage
	@$(tests_run) --stage $(tests_out)/stage service

# All run, whatever the first ones found.
check-system: stage
	@$(MAKE) $(AM_MAKEFLAGS) check-service; service=$$?; \
	$(MAKE) $(AM_MAKEFLAGS) $(check_PROGRAMS) >/dev/null && $(tests_semantics); model=$$?; \
	$(MAKE) $(AM_MAKEFLAGS) check-device; device=$$?; \
	$(MAKE) $(AM_MAKEFLAGS) check-programs && test $$service$$model$$device = 000

# What the tests have shown of the model; check-system looks at the logs that it has just made.
tests_semantics = $(top_srcdir)/tests/semantics/check --build $(abs_builddir) --stage $(tests_out)/stage
check-semantics: stage
	@$(MAKE) $(AM_MAKEFLAGS) $(check_PROGRAMS)
	@$(tests_semantics) --anew

# sudo is setuid and takes no sanitizer along: the real programs stay with check-system, and so
# does what judges the objects' own linkage, and what has the name service's module loaded by every
# program: its objects run sanitized in the unit tests.
check-asan:
	@$(top_srcdir)/tests/support/apart asan --enable-asan
	@cd $(top_srcdir)/tests/out/asan/src && \
		{ $(MAKE) $(AM_MAKEFLAGS) check; unit=$$?; \
		WEBCRED_ROUNDS=20 tests/run --build . --stage ../stage service \
			$$(ls tests/service/*.sh | grep -Ev '/(linkage|nss|people)\.sh') && test $$unit = 0; }; \
		result=$$?; for suite in unit service; do \
			cp tests/out/count.$$suite $(tests_out)/count.asan.$$suite; done; exit $$result

check-programs: stage
	@$(tests_run) --stage $(tests_out)/stage system

check-device: programs-for-check
	@$(MAKE) $(AM_MAKEFLAGS) tests/device/driver
	@$(tests_run) device tests/device/driver

# The table is of this run's logs; what it shows as lost has failed.
gauntlet: stage
	@$(MAKE) $(AM_MAKEFLAGS) $(gauntlet_programs) >/dev/null
	@WEBCRED_LIMIT=3600 $(tests_run) --stage $(tests_out)/stage gauntlet; result=$$?; \
		$(top_srcdir)/tests/gauntlet/table --build $(abs_builddir) --stage $(tests_out)/stage && test $$result = 0

check-gauntlet: stage
	@$(MAKE) $(AM_MAKEFLAGS) $(gauntlet_programs) >/dev/null
	@WEBCRED_GAUNTLET=bounded $(tests_run) --stage $(tests_out)/stage gauntlet

check-valgrind: stage
	@$(tests_run) --stage $(tests_out)/stage valgrind

# Everything that can fail, one at a time; check-faults takes a few of each kind.
tests_faults = WEBCRED_BUILD=$(abs_builddir) $(tests_run) --stage $(tests_out)/stage faults; \
	result=$$?; $(top_srcdir)/tests/faults/total $(tests_out)/log/faults-*.log && exit $$result
faults_programs = tests/faults/faults tests/faults/libshim.la tests/faults/powercut tests/faults/libjournal.la
faults: stage
	@$(MAKE) $(AM_MAKEFLAGS) $(faults_programs) >/dev/null
	@WEBCRED_LIMIT=7200 $(tests_faults)

check-faults: stage
	@$(MAKE) $(AM_MAKEFLAGS) $(faults_programs) >/dev/null
	@WEBCRED_EVERY=25 $(tests_faults)

lint:
	@cd $(top_srcdir) && tests/lint

clean-local:
	rm -rf $(tests_out)
