// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where things are in a spawned kernel's memory, for its host, which can read
 * that when this kernel cannot tell any more. VMCOREINFO is what Linux tells a
 * crash kernel: Documentation/admin-guide/kdump/vmcoreinfo.rst.
 */
#include <linux/vmcore_info.h>

#include <asm/barrier.h>
#include <asm/multikernel.h>
#include <asm/page.h>
#include <asm/sections.h>

#include "guest.h"

/* VMCOREINFO is complete after the subsys_initcalls. */
static int __init say_where(void)
{
	struct mk_abi_dump *dump;

	if (!multikernel_is_spawned() || !mk_guest_has(MK_ABI_DUMP) ||
	    !vmcoreinfo_note)
		return 0;
	dump = &mk_guest_part()->dump;
	dump->page_offset = PAGE_OFFSET;
	dump->text = (unsigned long)_text;
	dump->text_phys = __pa_symbol(_text);
	dump->text_size = _end - _text;
	/* Pairs with the acquire in mk_control_dump(), host/control.c. */
	smp_store_release(&dump->note, paddr_vmcoreinfo_note());
	return 0;
}
subsys_initcall_sync(say_where);
