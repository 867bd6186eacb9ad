# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154
#
# The kselftests for scripts/test: building them, and putting them into the VM.
# $TREE and $scale are scripts/test's.

IN_VM=/kselftest

# The harness of the C tests, which ends each after a fixed time.
harness()
{
	grep -q 'alarm(t->timeout);' "$1/kselftest_harness.h" ||
		die "kselftest_harness.h has changed: where does it set the alarm?"
	sed "s/alarm(t->timeout);/alarm(t->timeout * $scale);/" "$1/kselftest_harness.h"
}

# The selftests in a directory like the kernel's, so that they build from the
# mirror as they do in a kernel tree.
build_selftests()
{
	local source=$MK_OUT/linux/tools/testing/selftests file

	[ -f "$source/lib.mk" ] || die "no kernel tree in $MK_OUT/linux: run make apply"
	mkdir -p "$TREE/multikernel" "$MK_OUT/log"
	for file in lib.mk kselftest.h kselftest; do
		ln -sfn "$source/$file" "$TREE/$file"
	done
	if ! harness "$source" | cmp -s - "$TREE/kselftest_harness.h"; then
		rm -f "$TREE/kselftest_harness.h"
		harness "$source" >"$TREE/kselftest_harness.h"
	fi
	find "$MK_ROOT/selftests/multikernel" -maxdepth 1 -type f -exec cp -u -p -t "$TREE/multikernel" {} +
	# Below another make, lib.mk expects to be told where the output goes.
	run make -C "$TREE/multikernel" "V=${V:-0}" "OUTPUT=$TREE/multikernel" USERLDFLAGS=-static \
		KHDR_INCLUDES="-isystem $MK_ROOT/arch-x86/include/uapi" >"$MK_OUT/log/selftests.log" 2>&1 || {
		cat "$MK_OUT/log/selftests.log" >&2
		die "the selftests do not build"
	}
}

# The plugin of QEMU whose output stores.sh reads.
build_plugin()
{
	run gcc -O2 -Wall -Wextra -Werror -shared -fPIC -o "$MK_OUT/stores.so" \
		"$MK_ROOT/scripts/vm.d/stores.c" >"$MK_OUT/log/plugin.log" 2>&1 || {
		cat "$MK_OUT/log/plugin.log" >&2
		die "QEMU's plugin does not build"
	}
}

# wants NAME TEST...: one of the tests uses that variable, which has a default.
wants()
{
	local name=$1 test
	shift

	for test in "$@"; do
		! grep -q "$name" "$TREE/multikernel/${test%%/*}" || return 0
	done
	return 1
}

# add_stock NAME FILE TEST...: a distribution's file, if a test uses the variable.
add_stock()
{
	local name=$1 file=$2
	shift 2

	if wants "$name" "$@" && [ -f "$MK_OUT/stock/$file" ]; then
		echo --add "$MK_OUT/stock/$file:/boot/$file"
	fi
}

# The same for this build's vmlinux, of which the sections that are loaded suffice.
add_vmlinux()
{
	local from=$MK_BUILD/vmlinux to=$MK_INITRAMFS/vmlinux

	wants MK_VMLINUX "$@" || return 0
	if [ ! "$to" -nt "$from" ]; then
		strip -s -o "$to.tmp" "$from"
		mv "$to.tmp" "$to"
	fi
	echo --add "$to:/boot/vmlinux"
}

# The same for a distribution's kernel with our own signature for its maker's, and
# for the map of what is to check it.
add_signed()
{
	local from=$MK_OUT/stock/vmlinuz-6.1 to=$MK_OUT/stock/vmlinuz-signed

	wants MK_SIGNED "$@" && [ -f "$from" ] || return 0
	if [ ! "$to" -nt "$from" ] || [ ! "$to" -nt "$MK_KEY.pem" ]; then
		need sbattach sbsign
		cp "$from" "$to.tmp"
		run sbattach --remove "$to.tmp" >&2
		run sbsign --key "$MK_KEY.key" --cert "$MK_KEY.pem" \
			--output "$to.tmp" "$to.tmp" >"$MK_OUT/log/sign.log" 2>&1 ||
			die "$to cannot be signed: see $MK_OUT/log/sign.log"
		mv "$to.tmp" "$to"
	fi
	echo --add "$to:/boot/${to##*/}"
	echo --add "$MK_BUILD/System.map:/boot/System.map"
}

# Options of scripts/vm that put the tests into it.
add_options()
{
	local file

	echo --add "$MK_OUT/linux/tools/testing/selftests/kselftest/ktap_helpers.sh:$IN_VM/kselftest/ktap_helpers.sh"
	for file in "$TREE/multikernel"/*; do
		[ -x "$file" ] || [[ $file == *.@(sh|awk|list) ]] || continue
		echo --add "$file:$IN_VM/multikernel/${file##*/}"
	done
	add_stock MK_STOCK vmlinuz-6.1 "$@"
	add_stock MK_STOCK vmlinuz-6.12 "$@"
	add_stock MK_UNTRUSTED vmlinuz-6.1 "$@"
	add_stock MK_MEMTEST memtest86+x64.bin "$@"
	add_stock MK_IPXE ipxe.lkrn "$@"
	add_stock MK_EXAMPLE multiboot-example "$@"
	add_vmlinux "$@"
	add_signed "$@"
	add_systemd "$@"
	add_screen "$@"
}
