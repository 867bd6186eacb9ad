/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host and the trampoline tell each other.
 *
 * The trampoline is two neighbouring pages below 1 MiB: text, whose number is
 * the SIPI vector, and data, which holds struct mk_trampoline_data. The host
 * fills the data before it sends the SIPI; the CPU writes nothing but @stage
 * and @tsc. rm/trampoline.S runs there, host/trampoline.c is its partner.
 */
#ifndef _X86_MULTIKERNEL_RM_TRAMPOLINE_H
#define _X86_MULTIKERNEL_RM_TRAMPOLINE_H

#define MK_TRAMPOLINE_MAGIC	0x4d4b5452

/* mk_trampoline_data.mode: what the CPU is to do */
#define MK_MODE_PARK		0
#define MK_MODE_LINUX64		1
#define MK_MODE_FLAT32		2

/* mk_trampoline_data.stage: how far the CPU has come */
#define MK_STAGE_NONE		0
#define MK_STAGE_REAL		1
#define MK_STAGE_PROTECTED	2
#define MK_STAGE_LONG		3
#define MK_STAGE_LEAVING	4
#define MK_STAGE_PARKED		5

/* One time stamp for each stage from MK_STAGE_REAL to MK_STAGE_LEAVING. */
#define MK_STAGE_STAMPS		4

/* mk_trampoline_data.msr: the most there may be, and a zero behind the last */
#define MK_TRAMPOLINE_MSRS	5

/* Offsets in struct mk_trampoline_data for the assembler. */
#define MK_DATA_MAGIC		0x00
#define MK_DATA_MODE		0x04
#define MK_DATA_STAGE		0x08
#define MK_DATA_CR3		0x0c
#define MK_DATA_EFER		0x10
#define MK_DATA_FAR32		0x14
#define MK_DATA_FAR64		0x1c
#define MK_DATA_GDTR		0x26
#define MK_DATA_ENTRY		0x30
#define MK_DATA_RSI		0x38
#define MK_DATA_TSC		0x40
#define MK_DATA_EAX		0x60
#define MK_DATA_EBX		0x64
#define MK_DATA_MSR		0x68

/*
 * Selectors of the trampoline's descriptor table. The 64-bit boot protocol
 * asks for __BOOT_CS (0x10) and __BOOT_DS (0x18).
 */
#define MK_SELECTOR_CODE32	0x08
#define MK_SELECTOR_CODE64	0x10
#define MK_SELECTOR_DATA	0x18

#ifndef __ASSEMBLY__

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct mk_far_pointer - operand of an indirect far jump
 * @offset: linear address, as both code segments start at zero
 * @selector: code segment
 * @pad: zero
 */
struct mk_far_pointer {
	u32 offset;
	u16 selector;
	u16 pad;
} __packed;

/**
 * struct mk_trampoline_data - arguments and answers of the trampoline
 * @magic: MK_TRAMPOLINE_MAGIC, or the CPU goes no further than real mode
 * @mode: MK_MODE_*
 * @stage: MK_STAGE_*, written by the CPU
 * @cr3: root page table, below 4 GiB since CR3 is loaded in 32-bit mode; this,
 *	@efer, @far64 and @rsi are for MK_MODE_LINUX64 alone
 * @efer: value for MSR_EFER, its low half
 * @far32: first instruction in protected mode
 * @far64: first instruction in long mode
 * @gdtr_pad: aligns @gdtr_base
 * @gdtr_limit: size of the descriptor table less one
 * @gdtr_base: address of the descriptor table
 * @pad: zero
 * @entry: address to jump to
 * @rsi: value of RSI there
 * @tsc: time stamp counter at each stage, written by the CPU
 * @eax: value of EAX at the entry; this and @ebx are for MK_MODE_FLAT32 alone
 * @ebx: value of EBX there
 * @msr: registers that are set to zero before the CPU is parked, up to a zero
 */
struct mk_trampoline_data {
	u32 magic;
	u32 mode;
	u32 stage;
	u32 cr3;
	u32 efer;
	struct mk_far_pointer far32;
	struct mk_far_pointer far64;
	u16 gdtr_pad;
	u16 gdtr_limit;
	u32 gdtr_base;
	u32 pad;
	u64 entry;
	u64 rsi;
	u64 tsc[MK_STAGE_STAMPS];
	u32 eax;
	u32 ebx;
	u32 msr[MK_TRAMPOLINE_MSRS];
} __packed;

#define MK_ASSERT_OFFSET(field, offset) \
	static_assert(offsetof(struct mk_trampoline_data, field) == (offset))

MK_ASSERT_OFFSET(magic, MK_DATA_MAGIC);
MK_ASSERT_OFFSET(mode, MK_DATA_MODE);
MK_ASSERT_OFFSET(stage, MK_DATA_STAGE);
MK_ASSERT_OFFSET(cr3, MK_DATA_CR3);
MK_ASSERT_OFFSET(efer, MK_DATA_EFER);
MK_ASSERT_OFFSET(far32, MK_DATA_FAR32);
MK_ASSERT_OFFSET(far64, MK_DATA_FAR64);
MK_ASSERT_OFFSET(gdtr_limit, MK_DATA_GDTR);
MK_ASSERT_OFFSET(gdtr_base, MK_DATA_GDTR + 2);
MK_ASSERT_OFFSET(entry, MK_DATA_ENTRY);
MK_ASSERT_OFFSET(rsi, MK_DATA_RSI);
MK_ASSERT_OFFSET(tsc, MK_DATA_TSC);
MK_ASSERT_OFFSET(eax, MK_DATA_EAX);
MK_ASSERT_OFFSET(ebx, MK_DATA_EBX);
MK_ASSERT_OFFSET(msr, MK_DATA_MSR);

/* The trampoline's text within this kernel, and labels in it. */
extern const u8 mk_trampoline_text[], mk_trampoline_text_end[];
extern const u8 mk_trampoline_protected[], mk_trampoline_long[];
extern const u8 mk_trampoline_gdt[], mk_trampoline_gdt_end[];

#endif /* !__ASSEMBLY__ */
#endif /* _X86_MULTIKERNEL_RM_TRAMPOLINE_H */
