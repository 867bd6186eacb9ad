/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_MULTIKERNEL_H
#define _ASM_X86_MULTIKERNEL_H

#include <linux/types.h>

#ifdef CONFIG_MULTIKERNEL
void multikernel_reserve_low(void);
void multikernel_reserve_cma(void);
bool multikernel_forbids(const char *what);
#else
static inline void multikernel_reserve_low(void) { }
static inline void multikernel_reserve_cma(void) { }
static inline bool multikernel_forbids(const char *what) { return false; }
#endif

#endif /* _ASM_X86_MULTIKERNEL_H */
