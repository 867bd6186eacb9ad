# SPDX-License-Identifier: GPL-2.0
# Reads what QEMU's plugin stores.so wrote since an instance was loaded, and tells
# what a kernel did on the instance's CPUs:
#
#	awk -v kind=spawned -v cpus="2 3" -v ids="2 3" -v home=0x99000 \
#		-v own="0x8e000-0x95fff ..." -v decoy=0xdaa000 -v host=0 \
#		-f mk_stores.awk mk_stores.list TRACE
#
# A life is the kernel's unless it began before or at home, where the host starts
# CPUs. It begins in the instance's own memory or in the trampoline, which is
# the page where the first one does.
#
#	unlisted WORDS	a store or an MSR that the list has not for this kind
#	astray WORDS	an interrupt that goes to others than the APIC ids of ids, or
#			more rings of the doorbell at host than are listed
#	open WORDS	a life that has not ended, or began elsewhere; anything lost
#	idle CPU	one that has hardly stored, or has not written EFER
#	outside WORDS	stores to a page that is not own: name, count, first RIP
#	total stores|rings|icr COUNT
#	total msrs NUMBER:COUNT...

function number(hex,    i, value)
{
	value = 0
	for (i = 3; i <= length(hex); i++)
		value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return value
}

# Not by %#x, which ends at 2 GiB in busybox.
function hex(value,    high)
{
	high = int(value / 16777216)
	return high ? sprintf("0x%x%06x", high, value % 16777216) : sprintf("0x%x", value)
}

# The end of the own range that has an address, or -1.
function own_end(address,    i)
{
	for (i = 1; i <= ranges; i++)
		if (address >= start[i] && address <= stop[i])
			return stop[i]
	return -1
}

function next_start(address, limit,    i)
{
	for (i = 1; i <= ranges; i++)
		if (start[i] > address && start[i] < limit)
			limit = start[i]
	return limit
}

# What a page that is not own is called in the list. Several have no name.
function name(address, last)
{
	if (last != address + 4095)
		return hex(address) "-" hex(last)
	if (address == trampoline)
		return "trampoline-text"
	if (address == trampoline + 4096)
		return "trampoline-data"
	if (address == 0)
		return "bios-data"
	if (address == 4273995776)
		return "ioapic"
	if (address == 4276092928)
		return "local-apic"
	if (address == number(decoy))
		return "decoy-ioapic"
	return hex(address)
}

function store(first, last, count, rip,    end, place)
{
	while (first <= last) {
		end = own_end(first)
		if (end < 0) {
			end = next_start(first, last + 1) - 1
			place = name(first, end)
			outside[place] += count
			if (!(place in from))
				from[place] = rip
		}
		first = end + 1
	}
}

function is_listed(msr,    i)
{
	for (i = 1; i <= listed; i++)
		if (msr >= lowest[i] && msr <= highest[i])
			return 1
	return 0
}

# The lowest bits of a logical destination are one CPU each of 16.
function is_own_cluster(destination,    base, bits, bit)
{
	base = int(destination / 65536) * 16
	bits = destination % 65536
	for (bit = 0; bit < 16; bit++) {
		if (bits % 2 && !(base + bit in own_id))
			return 0
		bits = int(bits / 2)
	}
	return 1
}

# SDM vol. 3, "Interrupt Command Register". A shorthand is astray unless it is
# "self".
function goes_to_own(destination, command,    shorthand)
{
	shorthand = int(command / 262144) % 4
	if (shorthand)
		return shorthand == 1
	if (int(command / 2048) % 2)
		return is_own_cluster(destination)
	return destination in own_id
}

# Fixed delivery of X86_PLATFORM_IPI_VECTOR to the host's boot processor.
function is_ring(destination, command)
{
	return destination == host && command == 247
}

BEGIN {
	count = split(cpus, list, " ")
	for (i = 1; i <= count; i++)
		watched[list[i]]
	count = split(ids, list, " ")
	for (i = 1; i <= count; i++)
		own_id[list[i]]
	ranges = split(own, list, " ")
	for (i = 1; i <= ranges; i++) {
		split(list[i], ends, "-")
		start[i] = number(ends[1])
		stop[i] = number(ends[2])
	}
	trampoline = -1
}

NR == FNR {
	if ($1 != kind && $1 != "all")
		next
	if ($2 == "ring")
		most_rings = $3
	if ($2 == "store")
		most[$3] = $4
	if ($2 == "msr") {
		lowest[++listed] = number($3)
		highest[listed] = number($4)
	}
	next
}

!($2 in watched) { next }
$1 == "life" && $4 != home {
	lives[$2 " " $3]
	page = number($4)
	if (own_end(page) >= 0)
		next
	if (trampoline < 0)
		trampoline = page
	if (page != trampoline)
		print "open", $0
	next
}
!(($2 " " $3) in lives) { next }
$1 == "store" { store(number($4), number($5), $6, $7) }
$1 == "msr" {
	msrs[$4] += $5
	if ($4 == "0xc0000080")
		efer[$2]
}
$1 == "icr" {
	icr += $6
	if (is_ring(number($4), number($5)))
		rings += $6
	else if (!goes_to_own(number($4), number($5)))
		print "astray", $0
}
$1 == "lost" { print "open", $0 }
$1 == "end" {
	ended[$2 " " $3]
	stores += $4
	busy[$2] += $4
}

END {
	for (life in lives)
		if (!(life in ended))
			print "open life", life
	for (cpu in watched)
		if (busy[cpu] < 100000 || !(cpu in efer))
			print "idle", cpu
	for (place in outside) {
		print "outside", place, outside[place], "from", from[place]
		if (!(place in most) || outside[place] > most[place])
			print "unlisted store", place, outside[place], "from", from[place]
	}
	for (msr in msrs) {
		line = line " " msr ":" msrs[msr]
		if (!is_listed(number(msr)))
			print "unlisted msr", msr, msrs[msr]
	}
	if (rings > most_rings + 0)
		print "astray rings", rings
	print "total stores", stores + 0
	print "total rings", rings + 0
	print "total icr", icr + 0
	print "total msrs" line
}
