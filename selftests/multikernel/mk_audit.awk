# SPDX-License-Identifier: GPL-2.0
# Reads QEMU's trace of accesses to devices and tells what some CPUs did:
#
#	awk -v cpus="2 3" -v ids="2 3" -v host=0 -v port=0x2f8 -f mk_audit.awk TRACE
#
# "touch REGION DIRECTION ADDRESS COUNT" for each register but those of the local
# APIC and of the serial port at port, "apic COUNT" and "uart COUNT" for these,
# "icr COUNT" for interrupts sent, "rings COUNT" for those to the doorbell of the
# host's boot processor (X86_PLATFORM_IPI_VECTOR), and for each that goes to
# others than the APIC ids of ids "astray CPU DESTINATION COMMAND". A shorthand is
# astray unless it is "self" (SDM vol. 3, "Interrupt Command Register"). The
# trace's lines:
#
#	memory_region_ops_write cpu 2 mr 0x... addr 0x70 value 0xf size 1 name 'rtc'

function number(hex,    i, value)
{
	value = 0
	for (i = 3; i <= length(hex); i++)
		value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return value
}

function send(cpu, command,    shorthand)
{
	icr++
	shorthand = int(command / 262144) % 4
	if (shorthand == 1 || shorthand == 0 && destination[cpu] in own)
		return
	if (destination[cpu] == host && command == 247) {
		rings++
		return
	}
	printf "astray %d %d %#x\n", cpu, destination[cpu], command
}

BEGIN {
	n = split(cpus, list, " ")
	for (i = 1; i <= n; i++)
		watched[list[i]]
	first = port == "" ? -8 : number(port)
	n = split(ids, list, " ")
	for (i = 1; i <= n; i++)
		own[list[i]]
}

!/^memory_region_ops_/ || !($3 in watched) { next }

{
	sub("memory_region_ops_", "", $1)
	region = $NF
	gsub("'", "", region)
	if (region == "serial" && number($7) >= first && number($7) < first + 8) {
		uart++
		next
	}
	if (region != "apic-msi") {
		touched[region " " $1 " " $7]++
		next
	}
	apic++
	if ($1 == "write" && $7 == "0xfee00310")
		destination[$3] = int(number($9) / 16777216)
	if ($1 == "write" && $7 == "0xfee00300")
		send($3, number($9))
}

END {
	for (touch in touched)
		print "touch", touch, touched[touch]
	print "apic", apic + 0
	print "uart", uart + 0
	print "icr", icr + 0
	print "rings", rings + 0
}
