# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The initramfs images of scripts/vm, and where its inputs are. Needs lib.sh.
#
#   PROFILE=NAME  a kernel with scripts/config/NAME.config as well, that has its
#                 own directories: out/build-NAME, out/initramfs-NAME, ...

MK_OUT=$(realpath -m "$MK_OUT")
MK_KEXEC=$MK_OUT/kexec/kexec
MK_VMCORE_DMESG=$MK_OUT/kexec/vmcore-dmesg
MK_GUEST=$MK_ROOT/scripts/vm.d
# shellcheck disable=SC2034
MK_UNIT=$MK_OUT/kexec/build/build/lib/systemd/system/multikernel@.service
# Of the tests: .key and .pem.
# shellcheck disable=SC2034
MK_KEY=$MK_OUT/keys/test

# shellcheck disable=SC2034
use_profile()
{
	local suffix=${1:+-$1}

	[ -z "$1" ] || [ -f "$MK_ROOT/scripts/config/$1.config" ] ||
		die "no profile '$1': there is no scripts/config/$1.config"
	export PROFILE=$1
	MK_BUILD=$MK_OUT/build$suffix
	MK_BZIMAGE=$MK_BUILD/arch/x86/boot/bzImage
	MK_INITRAMFS=$MK_OUT/initramfs$suffix
	MK_SUFFIX=$suffix
}

use_profile "${PROFILE:-}"

# The release in the setup header of a bzImage: "6.12.107".
kernel_version()
{
	local offset

	offset=$(od -An -t u2 -j 526 -N 2 "$1")
	tail -c +$((offset + 512 + 1)) "$1" | head -c 128 | tr '\0' '\n' | head -n 1 | cut -d ' ' -f 1
}

is_static()
{
	! ldd "$1" >/dev/null 2>&1
}

# own_tool SOURCE: builds that program when it has to, and names it in $tool. Others
# may do so at the same time.
own_tool()
{
	tool=$MK_INITRAMFS/$(basename "$1" .c)
	[ -f "$1" ] || die "$1 is missing: run make apply"
	if [ ! -x "$tool" ] || [ "$1" -nt "$tool" ]; then
		mkdir -p "$MK_INITRAMFS"
		cc -O2 -o "$tool.$$" "$1"
		mv "$tool.$$" "$tool"
	fi
}

# gen_init_cpio makes archives with device nodes and needs no root for it.
gen_init_cpio()
{
	local tool

	own_tool "$MK_OUT/linux/usr/gen_init_cpio.c"
	"$tool" -t 0 "$@"
}

# The rate of the time stamp counter that a kernel sees in TCG, when it is known.
tsc_khz()
{
	local tool

	own_tool "$MK_GUEST/tsc-khz.c"
	"$tool" || true
}

# Lines of gen_init_cpio for a file and the directories on the way to it.
cpio_file()
{
	local source=$1 dest=$2 mode=$3 dir=$2

	while dir=${dir%/*}; [ -n "$dir" ]; do
		echo "dir $dir 0755 0 0"
	done | tac
	echo "file $dest $source $mode 0 0"
}

# What both images start with: busybox under all its names, and an init.
cpio_base()
{
	local busybox=$1 init=$2 path

	for path in /bin /sbin /usr /usr/bin /usr/sbin /dev /proc /sys /mnt /mnt/out /root /etc; do
		echo "dir $path 0755 0 0"
	done
	echo "dir /tmp 1777 0 0"
	echo "nod /dev/console 0600 0 0 c 5 1"
	echo "file /bin/busybox $busybox 0755 0 0"
	"$busybox" --list-full | grep -v -e '^linuxrc$' -e '^bin/busybox$' |
		sed 's,.*,slink /& /bin/busybox 0777 0 0,'
	echo "file /init $init 0755 0 0"
}

cpio_payload()
{
	cpio_base "$1" "$MK_GUEST/init-payload"
}

cpio_host()
{
	cpio_base "$1" "$MK_GUEST/init-host"
	cpio_file "$MK_GUEST/vm-monitor" /bin/vm-monitor 0755
	cpio_file "$MK_INITRAMFS/payload.cpio.gz" /boot/initrd.gz 0644
	if [ -f "$MK_BZIMAGE" ]; then
		cpio_file "$MK_BZIMAGE" /boot/bzImage 0644
	fi
	if [ -x "$MK_KEXEC" ]; then
		cpio_file "$MK_KEXEC" /sbin/kexec 0755
	fi
	if [ -x "$MK_VMCORE_DMESG" ]; then
		cpio_file "$MK_VMCORE_DMESG" /sbin/vmcore-dmesg 0755
	fi
}

# Whether the image has to be made again: its list or a file in it is newer.
cpio_stale()
{
	local image=$1 list=$2 kind source

	[ -f "$image" ] && cmp -s "$list" "$list.new" || return 0
	while read -r kind _ source _; do
		if [ "$kind" = file ] && [ "$source" -nt "$image" ]; then
			return 0
		fi
	done <"$list"
	return 1
}

# Makes MK_INITRAMFS/NAME from the list on standard input, if it is stale.
cpio_image()
{
	local image=$MK_INITRAMFS/$1 list=$MK_INITRAMFS/$1.list pack=cat

	cat >"$list.new"
	cpio_stale "$image" "$list" || return 0
	case $1 in
	*.gz) pack="gzip -n" ;;
	esac
	gen_init_cpio "$list.new" | $pack >"$image.tmp"
	mv "$image.tmp" "$image"
	mv "$list.new" "$list"
	say "initramfs: $image"
}

initramfs_images()
{
	local busybox

	busybox=$(command -v busybox) || die "busybox is missing: run make deps"
	busybox=$(realpath "$busybox")
	is_static "$busybox" || die "$busybox is not static: install busybox-static (make deps)"
	cpio_payload "$busybox" | cpio_image payload.cpio.gz
	cpio_host "$busybox" | cpio_image host.cpio
}
