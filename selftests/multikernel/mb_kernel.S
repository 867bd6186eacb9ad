/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel of a few instructions for Multiboot: where it is entered, and where
 * its second CPU is. mb_kernel.c does the rest.
 *
 * It is one piece of 32-bit code and data that runs wherever it is loaded to,
 * linked to address 0. Behind it is memory that is zero: see mb_kernel.h.
 */
#include "mb_kernel.h"

	.section .text.entry, "ax"
	.code32
	.globl	mb_entry
mb_entry:
	/*
	 * No stack is there, and without one nothing says where this is. So a
	 * word of the boot information is one for a moment.
	 */
	movl	4(%ebx), %edx
	leal	8(%ebx), %esp
	call	1f
1:	popl	%ebp
	movl	%edx, 4(%ebx)
	subl	$(1b - mb_entry), %ebp

	/* Before anything of it changes. */
	leal	MB_STACK_END(%ebp), %esp
	pushfl
	popl	%edx
	movl	%edx, (MB_STATE + MB_EFLAGS)(%ebp)
	movl	%eax, (MB_STATE + MB_EAX)(%ebp)
	movl	%ebx, (MB_STATE + MB_EBX)(%ebp)
	movl	%cr0, %edx
	movl	%edx, (MB_STATE + MB_CR0)(%ebp)
	movl	%cr4, %edx
	movl	%edx, (MB_STATE + MB_CR4)(%ebp)
	movw	%cs, (MB_STATE + MB_CS)(%ebp)
	movw	%ds, (MB_STATE + MB_DS)(%ebp)
	movw	%es, (MB_STATE + MB_ES)(%ebp)
	movw	%fs, (MB_STATE + MB_FS)(%ebp)
	movw	%gs, (MB_STATE + MB_GS)(%ebp)
	movw	%ss, (MB_STATE + MB_SS)(%ebp)
	sgdt	(MB_STATE + MB_GDTR)(%ebp)

	cld
	pushl	%ebp
	call	mb_main
2:	hlt
	jmp	2b

	/*
	 * What the second CPU does, in real mode at the start of a page below
	 * 1 MiB: says its APIC id, as CPUID has it, and that it is there.
	 */
	.globl	mb_second, mb_second_end
	.code16
mb_second:
	cli
	movw	%cs, %ax
	movw	%ax, %ds
	xorl	%eax, %eax
	cpuid
	cmpl	$0xb, %eax
	jb	3f
	movl	$0xb, %eax
	xorl	%ecx, %ecx
	cpuid
	jmp	4f
3:	movl	$1, %eax
	cpuid
	shrl	$24, %ebx
	movl	%ebx, %edx
4:	movl	%edx, MB_SECOND_ID
	movl	$MB_SECOND_MAGIC, MB_SECOND_THERE
5:	hlt
	jmp	5b
mb_second_end:
	.section .note.GNU-stack, "", @progbits
