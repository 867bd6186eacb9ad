// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the image of a kernel tells about itself, in the variable part of its
 * kernel_info (Documentation/arch/x86/boot.rst, "The kernel_info"): does it look
 * for a control block?
 */
#include <linux/types.h>
#include <linux/unaligned.h>

#include <asm/multikernel_abi.h>

#include "../internal.h"

#define INFO_MAGIC		0x506f544c	/* "LToP" */
#define INFO_SIZE		0x04		/* of the fixed part */
#define INFO_SIZE_TOTAL		0x08
#define INFO_MIN		0x0c
#define INFO_MAX		0x10000		/* more is not looked at */

/* What each entry of the variable part begins with: magic and size. */
#define ENTRY_SIZE		0x04
#define ENTRY_MIN		0x08

static bool fits(const u8 *entry)
{
	u32 version = get_unaligned_le32(entry + MK_ABI_INFO_VERSION);
	u32 compatible = get_unaligned_le32(entry + MK_ABI_INFO_COMPATIBLE);

	return version >= MK_ABI_COMPATIBLE && compatible <= MK_ABI_VERSION;
}

/**
 * mk_info_has_abi - tell whether a kernel looks for a control block
 * @kernel: the loaded image; nothing in it is trusted
 * @size: bytes of it
 * @offset: where its kernel_info is, from the setup header
 *
 * Return: whether it says so, and its version goes together with this one's.
 */
bool mk_info_has_abi(const void *kernel, u64 size, u32 offset)
{
	const u8 *info = kernel + offset;
	u32 at, total, length;

	if (offset > size || size - offset < INFO_MIN ||
	    get_unaligned_le32(info) != INFO_MAGIC)
		return false;
	at = get_unaligned_le32(info + INFO_SIZE);
	total = get_unaligned_le32(info + INFO_SIZE_TOTAL);
	if (at < INFO_MIN || total > size - offset || total > INFO_MAX)
		return false;

	for (; at <= total && total - at >= ENTRY_MIN; at += length) {
		length = get_unaligned_le32(info + at + ENTRY_SIZE);
		if (length < ENTRY_MIN || length > total - at)
			return false;
		if (get_unaligned_le32(info + at) == MK_ABI_INFO_MAGIC)
			return length >= MK_ABI_INFO_SIZE && fits(info + at);
	}
	return false;
}
