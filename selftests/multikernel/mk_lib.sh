# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# What the tests of kexec --multikernel share. POSIX sh with local.
#
#   KEXEC      kexec with --multikernel (kexec)
#   MK_KERNEL  bzImage that is spawned (/boot/bzImage, or this kernel's)
#   MK_INITRD  its initramfs (/boot/initrd.gz, or this kernel's); where MK_LOGS
#              are, it says the token of mk.token= and ticks
#   MK_LOGS    directory with com2.log to com4.log, what comes out of the serial
#              ports (/mnt/out); without it, what a spawned kernel says is not
#              tested, and it has no port
#   MK_PATIENCE  how many times as long to wait for things that take time (1)

# first FILE...: the first that can be read, else the last.
first()
{
	local file

	for file in "$@"; do
		[ -r "$file" ] && break
	done
	echo "$file"
}

KEXEC=${KEXEC:-kexec}
MK_KERNEL=${MK_KERNEL:-$(first /boot/bzImage "/boot/vmlinuz-$(uname -r)")}
MK_INITRD=${MK_INITRD:-$(first /boot/initrd.gz "/boot/initrd.img-$(uname -r)")}
MK_LOGS=${MK_LOGS:-/mnt/out}
MK_UART=none
MK_UART2=none
# shellcheck disable=SC2034
if [ -f "$MK_LOGS/com2.log" ]; then
	MK_UART=COM2
	MK_UART2=COM3
fi
SYSFS=/sys/kernel/multikernel
CPUS=/sys/devices/system/cpu

# shellcheck source=/dev/null
. "$(dirname "$0")/../kselftest/ktap_helpers.sh"

# check DESCRIPTION COMMAND...
check()
{
	local description="$1"
	shift

	if "$@"; then
		ktap_test_pass "$description"
	else
		ktap_print_msg "failed: $*"
		ktap_test_fail "$description"
	fi
}

# not COMMAND...
not()
{
	! "$@"
}

skip()
{
	__ktap_test ok "$1" "SKIP $2"
	KTAP_CNT_SKIP=$((KTAP_CNT_SKIP + 1))
}

# check_log PORT DESCRIPTION COMMAND...: check what a spawned kernel says.
check_log()
{
	local port="$1"
	shift

	if [ -n "$(com_log "$port")" ]; then
		check "$@"
	else
		skip "$1" "what comes out of COM$port cannot be seen here"
	fi
}

# skip_parts COUNT LABEL REASON
skip_parts()
{
	local part

	for part in $(seq "$1"); do
		skip "$2: part $part" "$3"
	done
}

# Each line of a file as a diagnostic.
print_lines()
{
	local line

	while read -r line; do
		ktap_print_msg "$line"
	done <"$1"
}

skip_all()
{
	ktap_skip_all "$1"
	exit "$KSFT_SKIP"
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for()
{
	local tries=$(($1 * 5 * ${MK_PATIENCE:-1}))
	shift

	until "$@"; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ]; then
			ktap_print_msg "not within the time: $*"
			return 1
		fi
		sleep 0.2
	done
}

is_online()
{
	[ "$(cat "$CPUS/cpu$1/online" 2>/dev/null || echo "$((!$1))")" = 1 ]
}

# The nth online CPU from the last down, 0 first; never CPU 0.
spare_cpu()
{
	local nth="$1" cpu=63

	while [ "$cpu" -gt 0 ]; do
		if is_online "$cpu"; then
			[ "$nth" -eq 0 ] && echo "$cpu" && return
			nth=$((nth - 1))
		fi
		cpu=$((cpu - 1))
	done
	return 1
}

# spare_cpus COUNT: that many of them, in ascending order, with commas.
spare_cpus()
{
	local nth list=''

	for nth in $(seq $(($1 - 1)) -1 0); do
		list=${list:+$list,}$(spare_cpu "$nth")
	done
	echo "$list"
}

apic_id()
{
	awk -v cpu="$1" '$1 == "processor" { now = $3 }
	$1 == "apicid" && now == cpu { print $3 }' /proc/cpuinfo
}

# apic_ids CPU-LIST: those of CPUs that are online.
apic_ids()
{
	local cpu list=''

	for cpu in $(echo "$1" | tr , ' '); do
		list="${list:+$list }$(apic_id "$cpu")"
	done
	echo "$list"
}

# require CPUS MEBIBYTES: or skip everything.
require()
{
	local mib

	[ "$(id -u)" = 0 ] || skip_all "needs root"
	[ -c /dev/multikernel ] ||
		skip_all "this kernel has no /dev/multikernel (CONFIG_MULTIKERNEL)"
	"$KEXEC" --help 2>&1 | grep -q -e --multikernel ||
		skip_all "$KEXEC has no --multikernel: name one in KEXEC"
	spare_cpu $(($1 - 1)) >/dev/null || skip_all "needs $1 online CPUs beside CPU 0"
	mib=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	[ "$mib" -ge $(($2 + 256)) ] || skip_all "needs $(($2 + 256)) MiB of free memory"
	[ -r "$MK_KERNEL" ] || skip_all "no bzImage $MK_KERNEL: name one in MK_KERNEL"
	[ -r "$MK_INITRD" ] || skip_all "no initramfs $MK_INITRD: name one in MK_INITRD"
}

# All that the host owns, in a few lines.
host_state()
{
	local dir

	echo "online $(cat "$CPUS/online")"
	echo "memory $(cat "$SYSFS/memory_total")"
	echo "slots $(cat "$SYSFS/low_slots_free")"
	for dir in "$SYSFS"/*/; do
		[ -d "$dir" ] && echo "instance $(basename "$dir")"
	done
	grep -i -e multikernel -e serial /proc/ioports | sed 's/^ *//'
}

same_state()
{
	local now

	now=$(host_state)
	[ "$now" = "$1" ] && return
	ktap_print_msg "before: $(echo "$1" | tr '\n' ';')"
	ktap_print_msg "now: $(echo "$now" | tr '\n' ';')"
	return 1
}

instance()
{
	cat "$SYSFS/$1/$2"
}

state_is()
{
	[ "$(instance "$1" state)" = "$2" ]
}

new_token()
{
	od -An -N 8 -t x8 /dev/urandom | tr -d ' '
}

# The log of COM$1, or nothing when it cannot be seen here.
com_log()
{
	if [ -f "$MK_LOGS/com$1.log" ]; then
		echo "$MK_LOGS/com$1.log"
	fi
}

# said LOG TOKEN REGEX: by the kernel with that token, after it said the token.
said()
{
	sed -n "/mk: userspace $2/,\$p" "$1" | tr -d '\r' | grep -q "$3"
}

# has_printed NAME REGEX: to its console, as this kernel keeps it.
has_printed()
{
	instance "$1" log 2>/dev/null | tr -d '\r' | grep -q -e "$2"
}

# What that kernel said before, in reverse order.
boot_log()
{
	tac "$1" | sed -n "/mk: userspace $2/,/Linux version/p"
}

# What comes after "mk: KEY" there.
said_value()
{
	sed -n "/mk: userspace $2/,\$p" "$1" | tr -d '\r' | sed -n "s/.*mk: $3 //p" | head -n 1
}

# It has got there, and has said all the facts that it says first.
userspace()
{
	said "$1" "$2" "mk: cmdline .*mk.token=$2"
}

ticks()
{
	sed -n "/mk: userspace $2/,\$p" "$1" | grep -c "mk: tick "
}

# Two more ticks from now on.
goes_on_ticking()
{
	local before

	before=$(ticks "$1" "$2")
	wait_for 60 ticked_beyond "$1" "$2" $((before + 1))
}

ticked_beyond()
{
	[ "$(ticks "$1" "$2")" -gt "$3" ]
}

# The host's clock, timers and scheduler, for three seconds.
host_ticks_on()
{
	local from to i=0

	from=$(cut -d. -f1 /proc/uptime)
	while [ "$i" -lt 3 ]; do
		sleep 1
		i=$((i + 1))
	done
	to=$(cut -d. -f1 /proc/uptime)
	[ $((to - from)) -ge 2 ] && [ $((to - from)) -le 60 ] && return
	ktap_print_msg "3 s of sleep took $((to - from)) s"
	return 1
}

# within NAME START END: a range of physical memory is the instance's.
within()
{
	local start="$2" end="$3" range

	for range in $(instance "$1" memory_ranges) $(instance "$1" low); do
		if [ $((start)) -ge $((${range%-*})) ] && [ $((end)) -le $((${range#*-})) ]; then
			return 0
		fi
	done
	ktap_print_msg "$start-$end is not memory of $1"
	return 1
}

# For a trap: what a test that was cut short leaves behind.
clean_up()
{
	local name

	for name in "$@"; do
		[ ! -d "$SYSFS/$name" ] || "$KEXEC" "--multikernel=$name" -u
	done
}

. "$(dirname "$0")/mk_spawn.sh"
. "$(dirname "$0")/mk_ends.sh"

# Lines of this kernel's log that have a text.
log_count()
{
	dmesg | grep -c -F -e "$1"
}

# logs_more_than COUNT TEXT
logs_more_than()
{
	[ "$(log_count "$2")" -gt "$1" ]
}

# This kernel's clock, in hundredths of a second.
clock()
{
	local now

	read -r now _ </proc/uptime
	echo "${now%.*}${now#*.}"
}

# Turn round in the background, and keep the longest turn in a file.
pulse()
{
	local last now longest=0

	last=$(clock)
	while sleep 0.2; do
		now=$(clock)
		if [ $((now - last)) -gt "$longest" ]; then
			longest=$((now - last))
			echo "$longest" >"$1"
		fi
		last=$now
	done
}

# pulse_went_on FILE: no turn was so long that this kernel stood still. Other
# users of a slow machine may take seconds.
pulse_went_on()
{
	ktap_print_msg "the longest pause was $(cat "$1") hundredths of a second"
	[ "$(cat "$1")" -gt 0 ] && [ "$(cat "$1")" -le 3000 ]
}
