/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_MULTIKERNEL_H
#define _ASM_X86_MULTIKERNEL_H

#include <linux/init.h>
#include <linux/types.h>

#ifdef CONFIG_MULTIKERNEL
void multikernel_reserve_low(void);
void multikernel_reserve_cma(void);
#else
static inline void multikernel_reserve_low(void) { }
static inline void multikernel_reserve_cma(void) { }
#endif

#ifdef CONFIG_MULTIKERNEL_GUEST
void multikernel_guest_init(void) __init;
bool multikernel_is_spawned(void);
#else
static inline void multikernel_guest_init(void) { }
static inline bool multikernel_is_spawned(void) { return false; }
#endif

#endif /* _ASM_X86_MULTIKERNEL_H */
