// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load a page with kexec_load(), for this kernel to be replaced by or for its
 * crash, and say what comes of it.
 *
 * Usage: mk_kexec
 *
 * Prints "normal ERRNO" and "crash ERRNO", 0 for one that was loaded; which is
 * unloaded again.
 */
#include <errno.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	4096
#define AT	(32UL << 20)

static char page[PAGE];

static void try(const char *what, unsigned long flags)
{
	struct kexec_segment segment = {
		.buf = page, .bufsz = PAGE, .mem = (void *)AT, .memsz = PAGE,
	};
	long ret = syscall(SYS_kexec_load, AT, 1UL, &segment, flags);

	printf("%s %d\n", what, ret ? errno : 0);
	if (!ret)
		syscall(SYS_kexec_load, 0UL, 0UL, NULL, flags);
}

int main(void)
{
	try("normal", KEXEC_ARCH_X86_64);
	try("crash", KEXEC_ARCH_X86_64 | KEXEC_ON_CRASH);
	return 0;
}
