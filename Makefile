# SPDX-License-Identifier: GPL-2.0
#
# Front door: each target is a script of the same name.  V=1 shows commands.
# PROFILE=debug builds, tests, ... kernels with scripts/config/debug.config too,
# PROFILE=dwarf with dwarf.config.

out := $(or $(MK_OUT),out)

.PHONY: help deps fetch apply build demo test soak check check-each refresh \
	import vm gdb bites figures clean distclean
.NOTPARALLEL:
.SILENT:

help:           ## this list
	sed -n 's/^\([a-z-]*:\)[^#]*## /  make \1 /p' Makefile | \
		awk -F ': ' '{ printf "%-18s %s\n", $$1, $$2 }'

deps:           ## install the Debian packages that are missing (as root)
	scripts/deps

fetch: deps     ## download the source of Linux and kexec-tools
	scripts/fetch-base

apply: fetch    ## patched trees in out/linux and out/kexec-tools
	scripts/apply

build: apply    ## the kernel, kexec and the initramfs images
	scripts/build

demo: build     ## two kernels side by side in QEMU, under a minute once built
	scripts/demo

test: build     ## all tests in QEMU; T="NAME..." some, PROFILE=debug strictly
	scripts/fetch-stock
	scripts/test

soak: build     ## the same tests, each repeating itself for much longer
	scripts/fetch-stock
	scripts/test --soak

check: $(out)/linux/.git ## everything that can be checked without building
	status=0; \
	for check in scripts/check-static scripts/check-series \
		scripts/tests/*.sh; do \
		case $$check in */lib-*) continue ;; esac; \
		echo "# $$check"; \
		$$check || status=1; \
	done; \
	exit $$status

check-each: build ## build after each patch; BOOT=1 links and boots it, too
	scripts/check-each $(if $(MINUTES),--minutes $(MINUTES))

refresh: $(out)/linux/.git ## put edits of mirrored files into patches/
	scripts/refresh

import:         ## make the commits in out/linux the series
	scripts/import
	if [ -e $(out)/kexec-tools/.git ]; then scripts/import --kexec; fi

vm: build       ## a shell on the patched kernel in QEMU
	scripts/vm

gdb: build      ## follow a CPU into a spawned kernel with gdb (package gdb)
	scripts/gdb

bites: build    ## break each tested thing once and see its test fail
	scripts/fetch-stock
	scripts/bites

figures: build  ## the figures that the documents quote
	scripts/figures

clean:          ## remove what was built, keep sources and downloads
	rm -rf $(out)/build $(out)/kexec $(out)/initramfs $(out)/each \
		$(out)/figures $(out)/log $(out)/demo $(out)/test $(out)/vm \
		$(out)/build-* $(out)/initramfs-* $(out)/test-* $(out)/stores.so \
		$(out)/selftests $(out)/selftests-*

distclean:      ## remove out/
	scripts/apply --check-work
	rm -rf $(out)

$(out)/linux/.git:
	$(MAKE) apply
