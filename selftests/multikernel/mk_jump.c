// SPDX-License-Identifier: GPL-2.0
/*
 * Jump to another kernel and come back, which saves this one's devices and CPUs
 * before and brings them back after: kexec with KEXEC_PRESERVE_CONTEXT. The
 * other kernel is a few instructions that return at once. Prints "back" or why
 * there was no jump. For sleep.sh.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where it is loaded; the kernel takes any RAM. */
#define LOAD_ADDRESS	0x1000000
#define PAGE		4096

/*
 * The caller expects where to jump next time on the stack, below its own return
 * address, and this is called again there.
 *
 *	pop  %rbp		; who called
 *	lea  0(%rip), %rax	; entry of the next time
 *	push %rax
 *	jmp  *%rbp
 */
static const uint8_t code[] = {
	0x5d,
	0x48, 0x8d, 0x05, 0xf8, 0xff, 0xff, 0xff,
	0x50,
	0xff, 0xe5,
};

static uint8_t page[PAGE];

static void load(void)
{
	struct kexec_segment segment = {
		.buf = page,
		.bufsz = sizeof(page),
		.mem = (void *)LOAD_ADDRESS,
		.memsz = sizeof(page),
	};

	memcpy(page, code, sizeof(code));
	if (syscall(SYS_kexec_load, LOAD_ADDRESS, 1UL, &segment,
		    KEXEC_ARCH_X86_64 | KEXEC_PRESERVE_CONTEXT))
		err(2, "kexec_load");
}

static void unload(void)
{
	syscall(SYS_kexec_load, 0UL, 0UL, NULL, KEXEC_ARCH_X86_64);
}

int main(void)
{
	long ret;
	int error;

	load();
	sync();
	ret = syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		      LINUX_REBOOT_CMD_KEXEC, NULL);
	error = errno;
	unload();
	puts(ret ? strerror(error) : "back");
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
