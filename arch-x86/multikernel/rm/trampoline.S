/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of a CPU from SIPI to a spawned kernel.
 *
 * When:	host/trampoline.c copied this text to a page below 1 MiB, filled
 *		the data page behind it and sent INIT and SIPI to one CPU.
 * On entry:	real mode after INIT, CS:IP is text page:0, interrupts off, no
 *		stack and none used. CR4 is zero, so LA57 is off (SDM vol. 3,
 *		"Processor States Following Power-up, Reset, or INIT").
 * Registers:	all arguments are in struct mk_trampoline_data, rm/trampoline.h.
 * Memory:	the two pages alone. The text is only read, also by the spawned
 *		kernel that still uses the descriptor table until it loads its
 *		own. Nothing here is relocated: far pointers are in the data.
 * Leaves:	to @entry in 64-bit mode on @cr3 with RSI = @rsi, flat segments,
 *		interrupts off (Documentation/arch/x86/boot.rst, 64-bit boot
 *		protocol); or to @entry in protected mode without paging, EAX =
 *		@eax, EBX = @ebx, flat segments, interrupts off, CR4 and EFER
 *		zero as INIT left them (Multiboot2 Specification, "I386 machine
 *		state"); or parked in HLT, which the next INIT ends.
 *
 * The interrupt table stays the firmware's in real mode, so that a stray NMI
 * ends in its handler. Later there is none: the window is a few instructions.
 */

#include <linux/linkage.h>
#include <asm/msr-index.h>
#include <asm/page_types.h>
#include <asm/processor-flags.h>
#include "trampoline.h"

/* Say how far this CPU has come and when. \data is the data page's register. */
.macro REPORT stage, data
	rdtsc
	movl	%eax, (MK_DATA_TSC + 8 * (\stage - MK_STAGE_REAL))(\data)
	movl	%edx, (MK_DATA_TSC + 8 * (\stage - MK_STAGE_REAL) + 4)(\data)
	movl	$\stage, MK_DATA_STAGE(\data)
.endm

	.section .rodata, "a", @progbits
	.balign	16
	.code16
SYM_DATA_START(mk_trampoline_text)
	cli
	cld

	/* Find the data: DS for this mode, its linear address in EBX for later. */
	movw	%cs, %ax
	addw	$(PAGE_SIZE >> 4), %ax
	movw	%ax, %ds
	xorl	%ebx, %ebx
	movw	%ax, %bx
	shll	$4, %ebx

	xorw	%di, %di
	REPORT	MK_STAGE_REAL, %di

	/* Park unless the host means it. */
	cmpl	$MK_TRAMPOLINE_MAGIC, MK_DATA_MAGIC
	jne	.Lhalt
	cmpl	$MK_MODE_LINUX64, MK_DATA_MODE
	je	.Lprotect
	cmpl	$MK_MODE_FLAT32, MK_DATA_MODE
	jne	.Lpark

.Lprotect:
	/* Enter protected mode; INIT may have left the caches disabled in CR0. */
	lgdtl	MK_DATA_GDTR
	movl	$(CR0_STATE & ~X86_CR0_PG), %eax
	movl	%eax, %cr0
	ljmpl	*MK_DATA_FAR32

.Lpark:
	/* INIT may have left the caches disabled, for other threads of the core too. */
	movl	%cr0, %eax
	andl	$~(X86_CR0_CD | X86_CR0_NW), %eax
	movl	%eax, %cr0

	/* Nothing that ran here goes on writing to what is the host's again. */
	xorl	%eax, %eax
	xorl	%edx, %edx
	movw	$MK_DATA_MSR, %si
.Lnext_msr:
	movl	(%si), %ecx
	jecxz	.Lparked
	wrmsr
	addw	$4, %si
	jmp	.Lnext_msr

.Lparked:
	movl	$MK_STAGE_PARKED, MK_DATA_STAGE
.Lhalt:
	hlt
	jmp	.Lhalt

	.code32
SYM_INNER_LABEL(mk_trampoline_protected, SYM_L_GLOBAL)
	movl	$MK_SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	REPORT	MK_STAGE_PROTECTED, %ebx
	cmpl	$MK_MODE_FLAT32, MK_DATA_MODE(%ebx)
	je	.Lflat

	/* Load the host's page tables and enter long mode on them. */
	movl	$X86_CR4_PAE, %eax
	movl	%eax, %cr4
	movl	MK_DATA_CR3(%ebx), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	MK_DATA_EFER(%ebx), %eax
	xorl	%edx, %edx
	wrmsr
	movl	$CR0_STATE, %eax
	movl	%eax, %cr0
	ljmpl	*MK_DATA_FAR64(%ebx)

.Lflat:
	/* No alignment checks, no write protection: bit 0 of CR0 alone. */
	movl	$MK_SELECTOR_DATA, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$X86_CR0_PE, %eax
	movl	%eax, %cr0

	/* Take all arguments before the host is told that it may reuse them. */
	movl	MK_DATA_ENTRY(%ebx), %ecx
	movl	MK_DATA_EAX(%ebx), %esi
	movl	MK_DATA_EBX(%ebx), %edi
	REPORT	MK_STAGE_LEAVING, %ebx
	movl	%esi, %eax
	movl	%edi, %ebx
	jmp	*%ecx

	.code64
SYM_INNER_LABEL(mk_trampoline_long, SYM_L_GLOBAL)
	/* The upper half of a register is undefined after the mode switch. */
	movl	%ebx, %ebx
	REPORT	MK_STAGE_LONG, %rbx

	/* Take all arguments before the host is told that it may reuse them. */
	movq	MK_DATA_ENTRY(%rbx), %r8
	movq	MK_DATA_RSI(%rbx), %rsi
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	REPORT	MK_STAGE_LEAVING, %rbx
	jmp	*%r8

	.balign	8
SYM_INNER_LABEL(mk_trampoline_gdt, SYM_L_GLOBAL)
	.quad	0
	.quad	0x00cf9b000000ffff	/* MK_SELECTOR_CODE32 */
	.quad	0x00af9b000000ffff	/* MK_SELECTOR_CODE64 */
	.quad	0x00cf93000000ffff	/* MK_SELECTOR_DATA */
SYM_INNER_LABEL(mk_trampoline_gdt_end, SYM_L_GLOBAL)

SYM_DATA_END_LABEL(mk_trampoline_text, SYM_L_GLOBAL, mk_trampoline_text_end)
