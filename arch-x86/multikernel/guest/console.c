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
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/termios.h>
#include <linux/workqueue.h>

#include <asm/barrier.h>
#include <asm/cmdline.h>
#include <asm/multikernel.h>
#include <asm/setup.h>

#include "hvc_console.h"
#include "guest.h"

/* Any number does: there is one. */
#define VTERM		0x4d4b
#define OUTPUT_SIZE	256

/* Who has the lock of what is printed needs microseconds. */
#define PATIENCE_US	100000

/* Where their bytes are in the control block is constant, their addresses are not. */
static struct mk_ring printed;
static struct mk_ring typed;
static u32 printed_offset __ro_after_init;
static u32 typed_offset __ro_after_init;
static DEFINE_RAW_SPINLOCK(printed_lock);

/* Once userspace can open it. */
static struct hvc_struct *terminal;
static u32 terminal_size;

/* The lock is held, or nobody can be waited for. */
static size_t write(const u8 *text, size_t count, bool over)
{
	printed.shared = &mk_guest_console()->printed;
	printed.bytes = mk_guest_bytes(printed_offset, printed.size);
	return mk_ring_write(&printed, text, count, over);
}

/*
 * Those of an oops or a panic. Who has the lock may have been stopped by a panic, or
 * be who this is called by, in an oops: then there is nobody to wait for, now or
 * later.
 */
static size_t print_last_words(const u8 *text, size_t count)
{
	static bool is_lost;
	unsigned int us = 0;
	unsigned long flags;
	size_t done;

	do {
		if (raw_spin_trylock_irqsave(&printed_lock, flags)) {
			done = write(text, count, true);
			raw_spin_unlock_irqrestore(&printed_lock, flags);
			return done;
		}
		udelay(1);
	} while (!READ_ONCE(is_lost) && ++us < PATIENCE_US);
	WRITE_ONCE(is_lost, true);
	return write(text, count, true);
}

static size_t print(const u8 *text, size_t count)
{
	unsigned long flags;
	size_t done;

	if (oops_in_progress)
		return print_last_words(text, count);
	raw_spin_lock_irqsave(&printed_lock, flags);
	done = write(text, count, false);
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

/* In the work item that hvc_console.c has for it, if it is open. */
static void resize(struct hvc_struct *hvc, u32 size)
{
	terminal_size = size;
	hvc_resize(hvc, (struct winsize) {
		.ws_row = size >> 16,
		.ws_col = size & 0xffff,
	});
}

/* It is being opened. Without a doorbell hvc_console.c looks now and then. */
static int add_notifier(struct hvc_struct *hvc, int data)
{
	u32 size = READ_ONCE(mk_guest_console()->size);

	if (size)
		resize(hvc, size);
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

static void look_at_size(struct work_struct *work)
{
	resize(terminal, READ_ONCE(mk_guest_console()->size));
}

static DECLARE_WORK(size_work, look_at_size);

/**
 * mk_guest_console_rung - look at the console, as the host has rung for it
 *
 * Context: interrupt, on PREEMPT_RT as well: the hvc layer's locks are for threads.
 */
void mk_guest_console_rung(void)
{
	/* Pairs with the release in mk_guest_terminal_setup(). */
	if (!smp_load_acquire(&terminal))
		return;
	if (READ_ONCE(mk_guest_console()->size) != terminal_size)
		schedule_work(&size_work);
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

/*
 * The last console that is wanted does not print again what a boot console has
 * printed, and ends that. So there is a boot console only if hvc0 is the last one,
 * or none is wanted: then it is hvc0.
 */
static void __init prefer(void)
{
	char value[sizeof("hvc")];
	int length = cmdline_find_option(boot_command_line, "console", value,
					 sizeof(value));

	if (length >= 0 && strcmp(value, "hvc"))
		return;
	register_console(&boot_console);
	if (length < 0)
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
	if (!mk_guest_has(MK_ABI_CONSOLE))
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
