/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mb_kernel.S, mb_kernel.c and mk_multiboot.c agree on.
 */
#ifndef MB_KERNEL_H
#define MB_KERNEL_H

/* From the kernel's start: its code, what it says, what it found, its stack. */
#define MB_CODE_SIZE	0x8000
#define MB_SAYS		0x10000
#define MB_SAYS_SIZE	0x8000
#define MB_STATE	0x18000
#define MB_COUNT	0x19000
#define MB_STACK_END	0x20000
#define MB_SIZE		0x20000

/* In what it found. */
#define MB_EAX		0
#define MB_EBX		4
#define MB_EFLAGS	8
#define MB_CR0		12
#define MB_CR4		16
#define MB_CS		20
#define MB_DS		22
#define MB_ES		24
#define MB_FS		26
#define MB_GS		28
#define MB_SS		30
#define MB_GDTR		32

/* In the page of the second CPU. */
#define MB_SECOND_ID	0x800
#define MB_SECOND_THERE	0x804
#define MB_SECOND_MAGIC	0x4d42

#endif /* MB_KERNEL_H */
