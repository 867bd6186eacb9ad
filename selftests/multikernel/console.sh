#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The console of a spawned kernel is a terminal here: what is printed and typed
# comes through, in both directions and in any amount, while nobody reads as well,
# from the first message to the last words of a panic, and what was printed last
# can be read afterwards. MK_CONSOLE_KB says how much is sent, 512 unless told.

. "$(dirname "$0")/mk_lib.sh"

NAME=selftest-console
MEMORY=128
KB=${MK_CONSOLE_KB:-512}
DIRECT=/sys/kernel/debug/provoke-crash/DIRECT
require 1 $MEMORY
before=$(host_state)
work=$(mktemp -d)
cpu=$(spare_cpu 0)
reader=''
trap 'clean_up $NAME; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

mk()
{
	"$KEXEC" --multikernel=$NAME "$@"
}

# start PARAMETERS: a kernel without a serial port, and a shell at its console.
start()
{
	token=$(new_token)
	spawn_into $NAME "$cpu" none "--append=mk.token=$token mk.shell=hvc0 $1"
}

# All that the terminal gives, into a file.
read_into()
{
	cat "$terminal" >"$1" &
	reader=$!
	wait_for 10 reads
}

reads()
{
	local fd

	for fd in "/proc/$reader/fd"/*; do
		[ "$(readlink "$fd")" != "$terminal" ] || return 0
	done
	return 1
}

# Somebody has it open and reads nothing.
open_unread()
{
	{
		read -r _ <"$work/never"
	} 9<"$terminal" &
	reader=$!
}

end_read()
{
	kill "$reader" 2>/dev/null
	wait "$reader" 2>/dev/null
	reader=''
}

gave()
{
	tr -d '\r' <"$work/out" | grep -q -e "$1"
}

type_line()
{
	echo "$*" >"$terminal"
}

# answers COMMAND REGEX: a line that is typed gets an answer.
answers()
{
	type_line "$1"
	wait_for 30 gave "$2"
}

is_a_terminal()
{
	terminal=/dev/$(instance $NAME console)
	[ -c "$terminal" ] && [ "$(stat -c %a "$terminal")" = 600 ]
}

first_life()
{
	check "a kernel is loaded" mk -l "$MK_KERNEL" "--initrd=$MK_INITRD" "--cpus=$cpu" \
		"--memory=${MEMORY}M" --append="mk.none"
	check "its console is a terminal, root's alone" is_a_terminal
	check "nothing was printed before anything has run" not cat "$SYSFS/$NAME/log"
	stty -F "$terminal" rows 44 cols 111
	read_into "$work/out"
	check "it is started with a shell at its console" start \
		"mk.run=\"sleep 2; stty -F /dev/hvc0 size\""
	check "its first message comes through" wait_for 90 gave "^\[    0.000000\] Linux version"
	check "so do those of its userspace" wait_for 90 gave "^mk: console $token"
	check "it knows the size of the terminal from the start" wait_for 30 \
		gave "mk: run: 44 111"
	check "it has no serial port" test "$(instance $NAME uart)" = none
}

talks()
{
	check "its shell answers" answers "echo \$((6 * 7)) is the answer" "^42 is the answer"
	check "the shell's terminal is hvc0" answers tty "^/dev/hvc0"
	stty -F "$terminal" rows 33 cols 99
	check "it knows the size of the terminal" answers "stty size" "^33 99"
	stty -F "$terminal" rows 20 cols 70
	check "and another one" answers "stty size" "^20 70"
	check "a getty there gives a shell" answers_by_getty
}

# In the place of the shell: it is getty that sets TERM.
answers_by_getty()
{
	type_line "exec getty -n -l /bin/sh 115200 hvc0 vt100"
	sleep 2
	answers "echo \$TERM \$((6 * 9)) by getty" "^vt100 54 by getty"
}

# A program that prints numbered lines of 64 bytes each.
program()
{
	echo "BEGIN { for (i = 0; i < $1; i++) printf \"%063d\\n\", i }"
}

# What the spawned kernel prints ends with this, which its shell does not echo.
done_printing()
{
	gave "^done-printing$"
}

# Every line once and in order, and nothing in between.
printed_all()
{
	tr -d '\r' <"$work/out" | grep -x '[0-9]\{63\}' | cmp - "$work/expected"
}

# A reader that is slower than the kernel prints.
read_slowly()
{
	while dd bs=4096 count=1 2>/dev/null; do
		sleep 0.01
	done <"$terminal" >"$work/out" &
	reader=$!
}

prints_much()
{
	local count=$((KB * 16))

	awk "$(program $count)" >"$work/expected"
	end_read
	read_slowly
	sleep 1
	type_line "awk '$(program $count)'; echo done-\$((1))printing | tr -d 1"
	check "it prints $KB KiB to a slow reader" wait_for 600 done_printing
	check "every byte has come" printed_all
	check "none was lost" test "$(instance $NAME console_lost)" = 0
}

takes_much()
{
	local count=$((KB * 16)) sum

	end_read
	read_into "$work/out"
	sleep 1
	awk "$(program $count)" >"$work/typed"
	sum=$(md5sum <"$work/typed" | cut -d' ' -f1)
	type_line "stty -echo -icanon min 1; head -c $((count * 64)) | md5sum; stty icanon"
	sleep 3
	check "$KB KiB are typed for it" cp "$work/typed" "$terminal"
	check "every byte has come there" wait_for 600 gave "$sum"
}

runs_on_unread()
{
	end_read
	type_line "seq 100000; echo unread-\$((1))seen | tr -d 1"
	check "it goes on when nobody has the terminal open" \
		wait_for 60 has_printed $NAME "^unread-seen"
	check "what it printed last is in the log" test \
		"$(wc -c <"$SYSFS/$NAME/log")" -gt 60000
	read_into "$work/out"
	sleep 1
	check "who opens it later gets what comes later" not gave "^unread-seen"
	check "its shell still answers" answers "echo \$((6 * 7)) again" "^42 again"
}

crashes()
{
	type_line "echo PANIC >$DIRECT"
	check "a panic ends it" ends_so $NAME crashed "panic: dumptest"
	check "the panic comes through" wait_for 30 gave "end Kernel panic"
	check "and is in the log" has_printed $NAME "end Kernel panic"
	check "what is typed for a dead kernel is thrown away" type_line "anybody there?"
	end_read
}

# Messages of a kernel that oopses are written over what nobody reads.
crashes_unread()
{
	check "another one is started" start ""
	check "it reaches userspace" wait_for 90 has_printed $NAME "^mk: console $token"
	open_unread
	sleep 1
	type_line "seq 100000"
	sleep 5
	mk --stop --timeout=20 >/dev/null
	check "it is stopped while it waits for a reader" state_is $NAME stopped
	end_read
	check "a third one is started" start \
		"oops=panic mk.run=\"sleep 8; echo BUG >$DIRECT\""
	check "the third reaches userspace" wait_for 90 has_printed $NAME "^mk: console $token"
	open_unread
	sleep 1
	type_line "seq 1000000"
	check "the third has a panic while it waits for a reader" \
		ends_so $NAME crashed "panic: Fatal exception"
	check "its last words are in the log" has_printed $NAME "end Kernel panic"
	end_read
}

# With the terminal open, which is hung up then.
gone()
{
	read_into "$work/out"
	check "destroyed: kexec -u gives all back" mk -u
	check "destroyed: who has the terminal open is hung up" wait "$reader"
	check "destroyed: there is no terminal" not test -e "$terminal"
}

mkfifo "$work/never"
ktap_print_header
ktap_set_plan 37
first_life
talks
prints_much
takes_much
runs_on_unread
crashes
crashes_unread
gone
check "the host has all" same_state "$before"
ktap_finished
