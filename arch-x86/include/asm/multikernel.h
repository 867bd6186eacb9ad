/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_MULTIKERNEL_H
#define _ASM_X86_MULTIKERNEL_H

#ifdef CONFIG_MULTIKERNEL
void multikernel_reserve_low(void);
#else
static inline void multikernel_reserve_low(void) { }
#endif

#endif /* _ASM_X86_MULTIKERNEL_H */
