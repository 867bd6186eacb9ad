/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An image that is not a kernel. It does its steps, then counts for ever.
 *
 * On entry:	64-bit mode on the page tables that the host made for the start,
 *		which map this page where it lies. No stack, no interrupt table,
 *		and none is needed.
 */
#include "mk_loop.h"

	.section .rodata, "a", @progbits
	.globl	mk_loop_text
	.globl	mk_loop_text_end
mk_loop_text:
	/* Let stores go to what these page tables have as read-only. */
	movq	%cr0, %rax
	btrq	$16, %rax
	movq	%rax, %cr0

	leaq	mk_loop_text + MK_LOOP_STEPS(%rip), %rsi
.Lstep:
	movl	MK_STEP_OP(%rsi), %ebx
	movl	MK_STEP_ARG(%rsi), %ecx
	movq	MK_STEP_VALUE(%rsi), %rdi
	cmpl	$MK_STEP_WRITE_MSR, %ebx
	je	.Lwrite_msr
	cmpl	$MK_STEP_READ_MSR, %ebx
	je	.Lread_msr
	cmpl	$MK_STEP_STORE_BYTE, %ebx
	je	.Lstore_byte
	cmpl	$MK_STEP_STORE_WORD, %ebx
	je	.Lstore_word
	cmpl	$MK_STEP_WAIT, %ebx
	je	.Lwait

.Lcount:
	incq	mk_loop_text + MK_LOOP_COUNT(%rip)
	pause
	jmp	.Lcount

.Lwrite_msr:
	movl	%edi, %eax
	movq	%rdi, %rdx
	shrq	$32, %rdx
	wrmsr
	jmp	.Lnext
.Lread_msr:
	rdmsr
	movl	%eax, MK_STEP_VALUE(%rsi)
	movl	%edx, MK_STEP_VALUE + 4(%rsi)
	jmp	.Lnext
.Lstore_byte:
	movb	%cl, (%rdi)
	jmp	.Lnext
.Lstore_word:
	movw	%cx, (%rdi)
	jmp	.Lnext
.Lwait:
	pause
	cmpl	$0, mk_loop_text + MK_LOOP_GO(%rip)
	je	.Lwait
.Lnext:
	addq	$MK_STEP_SIZE, %rsi
	jmp	.Lstep
mk_loop_text_end:

	.section .note.GNU-stack, "", @progbits
