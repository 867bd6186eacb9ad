// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both sides of a control block do with it: a host kernel that writes its
 * part and reads the other, and a spawned kernel that does the opposite.
 */
#include <linux/bug.h>

#include <asm/multikernel_abi.h>

static u32 sum(const struct mk_abi_header *header, u32 size)
{
	const u32 *word = (const u32 *)header;
	u32 total = 0;

	for (; size; size -= sizeof(*word))
		total += *word++;
	return total;
}

/**
 * mk_abi_seal - complete one part of a control block
 * @header: its header; all else that is sealed has its value
 * @magic: MK_ABI_HOST_MAGIC or MK_ABI_GUEST_MAGIC
 * @size: bytes that are sealed, a multiple of four
 *
 * The features that the header names already are kept.
 *
 * Context: any.
 */
void mk_abi_seal(struct mk_abi_header *header, u64 magic, u32 size)
{
	WARN_ON_ONCE(size % sizeof(u32));
	header->magic = magic;
	header->version = MK_ABI_VERSION;
	header->compatible = MK_ABI_COMPATIBLE;
	header->size = size;
	header->checksum = 0;
	header->checksum = -sum(header, size);
}

/**
 * mk_abi_flaw - judge one part of a control block
 * @header: its header, a copy that nobody else changes
 * @magic: what it must begin with
 * @at_least: bytes that must be sealed
 * @at_most: bytes that there are to be read
 *
 * Context: any.
 * Return: NULL when it can be used, else what is wrong with it, for people.
 */
const char *mk_abi_flaw(const struct mk_abi_header *header, u64 magic,
			u32 at_least, u32 at_most)
{
	if (header->magic != magic)
		return "no magic";
	if (header->compatible > MK_ABI_VERSION)
		return "a version that is too new";
	if (header->version < MK_ABI_COMPATIBLE)
		return "a version that is too old";
	if (header->size < at_least || header->size > at_most ||
	    header->size % sizeof(u32))
		return "a wrong size";
	if (sum(header, header->size))
		return "a wrong checksum";
	return NULL;
}
