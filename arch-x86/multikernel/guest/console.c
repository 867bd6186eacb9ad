// SPDX-License-Identifier: GPL-2.0-only
/*
 * The spawned kernel's end of its console: hvc0, and before that works a boot
 * console that prints from setup_arch() on, and what was logged before.
 *
 * The host looks for what is printed by itself, so nothing is to be done for it
 * but to write. When nobody reads there, and the ring is full, programs wait, and
 * messages of the kernel are left out, but for those of an oops or a panic: they
 * are written over what was not read.
 */
#include <linux/cache.h>
#include <linux/console.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/termios.h>

#include <asm/barrier.h>
#include <asm/cmdline.h>
#include <asm/multikernel.h>
#include <asm/setup.h>

#include "hvc_console.h"
#include "guest.h"

/* Any number does: there is one. */
#define VTERM		0x4d4b
#define OUTPUT_SIZE	256

/* Rings that are smaller, or larger, are none that a host makes. */
#define SMALLEST	SZ_256
#define LARGEST		SZ_128K

/* Where their bytes are in the control block is constant, their addresses are not. */
static struct mk_ring printed;
static struct mk_ring typed;
static u32 printed_offset __ro_after_init;
static u32 typed_offset __ro_after_init;
static DEFINE_RAW_SPINLOCK(printed_lock);

/* Once userspace can open it. */
static struct hvc_struct *terminal;
static u32 terminal_size;

/* A panic does not wait for a CPU that was stopped while it had the lock. */
static bool lock(unsigned long *flags)
{
	if (oops_in_progress)
		return raw_spin_trylock_irqsave(&printed_lock, *flags);
	raw_spin_lock_irqsave(&printed_lock, *flags);
	return true;
}

static size_t print(const u8 *text, size_t count)
{
	unsigned long flags;
	bool locked = lock(&flags);
	size_t done;

	printed.shared = &mk_guest_console()->printed;
	printed.bytes = mk_guest_bytes(printed_offset, printed.size);
	done = mk_ring_write(&printed, text, count, oops_in_progress);
	if (locked)
		raw_spin_unlock_irqrestore(&printed_lock, flags);
	return done;
}

static ssize_t put_chars(u32 vterm, const u8 *text, size_t count)
{
	return print(text, count);
}

static ssize_t get_chars(u32 vterm, u8 *text, size_t count)
{
	u64 lost = 0;
	size_t done;

	typed.shared = &mk_guest_console()->typed;
	typed.bytes = mk_guest_bytes(typed_offset, typed.size);
	if (!mk_ring_unread(&typed))
		return 0;
	done = mk_ring_read(&typed, text, count, &lost);
	mk_ring_release(&typed);
	return done;
}

/* Without a doorbell hvc_console.c looks now and then. */
static int add_notifier(struct hvc_struct *hvc, int data)
{
	hvc->irq_requested =
		mk_guest_has(MK_ABI_DOORBELL) &&
		READ_ONCE(mk_guest_bell(MK_ABI_GUEST_BELL)->target);
	return 0;
}

static void del_notifier(struct hvc_struct *hvc, int data)
{
	hvc->irq_requested = 0;
}

static const struct hv_ops ops = {
	.get_chars	 = get_chars,
	.put_chars	 = put_chars,
	.notifier_add	 = add_notifier,
	.notifier_del	 = del_notifier,
	.notifier_hangup = del_notifier,
};

static void resize(struct hvc_struct *hvc)
{
	u32 size = READ_ONCE(mk_guest_console()->size);

	if (size == terminal_size)
		return;
	terminal_size = size;
	hvc_resize(hvc, (struct winsize) {
		.ws_row = size >> 16,
		.ws_col = size & 0xffff,
	});
}

/**
 * mk_guest_console_rung - look at the console, as the host has rung for it
 *
 * Context: interrupt.
 */
void mk_guest_console_rung(void)
{
	/* Pairs with the release in mk_guest_terminal_setup(). */
	struct hvc_struct *hvc = smp_load_acquire(&terminal);

	if (!hvc)
		return;
	resize(hvc);
	if (hvc_poll(hvc))
		hvc_kick();
}

/* As hvc_console.c does for its console. */
static void print_early(struct console *console, const char *text,
			unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (text[i] == '\n')
			print((const u8 *)"\r", 1);
		print((const u8 *)text + i, 1);
	}
}

static struct console boot_console = {
	.name	= "multikernel",
	.write	= print_early,
	.flags	= CON_PRINTBUFFER | CON_BOOT,
	.index	= -1,
};

static bool __init is_good_size(u32 size)
{
	return is_power_of_2(size) && size >= SMALLEST && size <= LARGEST;
}

static bool __init has_rings(const struct mk_abi_host *host)
{
	return is_good_size(host->console_printed) &&
	       is_good_size(host->console_typed) &&
	       host->console_bytes >= MK_ABI_BLOCK_SIZE &&
	       mk_guest_bytes(host->console_bytes, host->console_printed +
			      host->console_typed);
}

static bool __init is_any_wanted(void)
{
	char value[2];

	return cmdline_find_option(boot_command_line, "console", value,
				   sizeof(value)) >= 0;
}

/*
 * It is hvc0 unless somebody wants others alone. What a boot console has printed is
 * not printed again by the first real one, so there is none for others.
 */
static void __init prefer(void)
{
	bool any = is_any_wanted();

	if (any && !strstr(boot_command_line, "console=hvc"))
		return;
	register_console(&boot_console);
	if (!any)
		add_preferred_console("hvc", 0, NULL);
}

/**
 * mk_guest_console_init - print to the host from now on
 * @host: the host's part of the control block
 *
 * Context: early boot, when early_memremap() works.
 */
void __init mk_guest_console_init(const struct mk_abi_host *host)
{
	if (!mk_guest_has(MK_ABI_CONSOLE) || !has_rings(host))
		return;
	printed_offset = host->console_bytes;
	typed_offset = printed_offset + host->console_printed;
	mk_ring_init(&printed, NULL, NULL, host->console_printed);
	mk_ring_init(&typed, NULL, NULL, host->console_typed);
	prefer();
}

static int __init mk_guest_console_setup(void)
{
	if (printed.size)
		hvc_instantiate(VTERM, 0, &ops);
	return 0;
}
console_initcall(mk_guest_console_setup);

static int __init mk_guest_terminal_setup(void)
{
	struct hvc_struct *hvc;

	if (!printed.size)
		return 0;
	hvc = hvc_alloc(VTERM, 0, &ops, OUTPUT_SIZE);
	if (IS_ERR(hvc))
		return PTR_ERR(hvc);
	/* Pairs with the acquire in mk_guest_console_rung(). */
	smp_store_release(&terminal, hvc);
	return 0;
}
device_initcall(mk_guest_terminal_setup);
