/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a host (debugfs multikernel/abi) and a spawned kernel (multikernel_abi=
 * on its command line) can be made to write instead of what they should.
 */
#ifndef _X86_MULTIKERNEL_ABI_DEBUG_H
#define _X86_MULTIKERNEL_ABI_DEBUG_H

#include <linux/types.h>

struct mk_abi_header;

/**
 * enum mk_abi_spoiling - ways to spoil a part of a control block
 * @MK_ABI_SPOIL_NOT: none
 * @MK_ABI_SPOIL_NEWER: a version that comes after this one, with a feature that
 *	is not known yet, which older kernels can do with
 * @MK_ABI_SPOIL_INCOMPATIBLE: one that they cannot do with
 * @MK_ABI_SPOIL_MAGIC: a wrong magic
 * @MK_ABI_SPOIL_SIZE: a size that is too short
 * @MK_ABI_SPOIL_CHECKSUM: a wrong checksum
 * @MK_ABI_SPOIL_OLDER: the version before this one, which had no consoles
 * @MK_ABI_SPOIL_RING: in the host's part alone, a ring of a wrong size
 */
enum mk_abi_spoiling {
	MK_ABI_SPOIL_NOT,
	MK_ABI_SPOIL_NEWER,
	MK_ABI_SPOIL_INCOMPATIBLE,
	MK_ABI_SPOIL_MAGIC,
	MK_ABI_SPOIL_SIZE,
	MK_ABI_SPOIL_CHECKSUM,
	MK_ABI_SPOIL_OLDER,
	MK_ABI_SPOIL_RING,
};

#ifdef CONFIG_MULTIKERNEL_DEBUG
void mk_abi_spoil(struct mk_abi_header *header, u32 how);
#else
static inline void mk_abi_spoil(struct mk_abi_header *header, u32 how) { }
#endif

#endif /* _X86_MULTIKERNEL_ABI_DEBUG_H */
