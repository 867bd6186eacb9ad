// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control blocks of kernels that there are not yet, and broken ones.
 */
#include <linux/bits.h>
#include <linux/container_of.h>

#include <asm/multikernel_abi.h>

#include "abi_debug.h"

/* The sum of all words stays zero when the checksum takes what another gets. */
static void add(struct mk_abi_header *header, u32 *word, u32 value)
{
	*word += value;
	header->checksum -= value;
}

static void spoil_ring(struct mk_abi_header *header)
{
	struct mk_abi_host *host =
		container_of(header, struct mk_abi_host, header);

	if (header->magic == MK_ABI_HOST_MAGIC)
		add(header, &host->console_printed, 1);
}

/**
 * mk_abi_spoil - make one part of a control block what it should not be
 * @header: its header, sealed
 * @how: which way; nothing happens with one that there is not
 *
 * Context: any.
 */
void mk_abi_spoil(struct mk_abi_header *header, u32 how)
{
	switch (how) {
	case MK_ABI_SPOIL_MAGIC:
		header->magic++;
		break;
	case MK_ABI_SPOIL_INCOMPATIBLE:
		add(header, &header->compatible,
		    MK_ABI_VERSION + 1 - header->compatible);
		fallthrough;
	case MK_ABI_SPOIL_NEWER:
		add(header, &header->version, 1);
		/* Of the feature bits that there are not yet, the last. */
		add(header, (u32 *)&header->features + 1, BIT(31));
		break;
	case MK_ABI_SPOIL_SIZE:
		add(header, &header->size, -header->size);
		break;
	case MK_ABI_SPOIL_CHECKSUM:
		header->checksum++;
		break;
	case MK_ABI_SPOIL_OLDER:
		add(header, &header->version, -1);
		add(header, (u32 *)&header->features, -MK_ABI_CONSOLE);
		break;
	case MK_ABI_SPOIL_RING:
		spoil_ring(header);
		break;
	}
}
