/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the files of arch/x86/multikernel/guest, in the order of its layers:
 * a part uses those above it and none below.
 */
#ifndef _X86_MULTIKERNEL_GUEST_H
#define _X86_MULTIKERNEL_GUEST_H

#include <linux/init.h>
#include <linux/types.h>

#include <asm/multikernel_abi.h>

/* guest/control.c: the control block */

const struct mk_abi_host *mk_guest_attach(void) __init;
bool mk_guest_has(u64 feature);
struct mk_abi_guest *mk_guest_part(void);
struct mk_abi_bell *mk_guest_bell(unsigned int offset);
struct mk_abi_console *mk_guest_console(void);
void *mk_guest_bytes(u32 offset, u64 count);

/* guest/console.c: what this kernel prints, and what is typed */

void mk_guest_console_init(const struct mk_abi_host *host) __init;
void mk_guest_console_rung(void);

/* guest/doorbell.c: this kernel and its host ring each other */

void mk_guest_ring(enum mk_abi_reason reason);

/* guest/power.c: how this kernel ends */

extern bool mk_guest_deaf;

void mk_guest_power_init(void) __init;

#endif /* _X86_MULTIKERNEL_GUEST_H */
