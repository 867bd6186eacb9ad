// SPDX-License-Identifier: GPL-2.0-only
/*
 * A terminal's line to a spawned kernel: two rings in its control block.
 *
 * What it prints is looked for by the timers of watch.c, and carried to the
 * terminal by a work item. While nobody has the terminal open it is thrown away
 * there, though it stays in the ring: host/log.c. While the terminal takes no more
 * it stays unread, and the spawned kernel has to wait.
 *
 * What is typed goes to a kernel that runs and looks for it, also when it has only
 * begun and has not said yet whether it will, as far as there is room. For any
 * other it is thrown away, as on a cable that nothing is plugged into.
 *
 * Of what the spawned kernel can write, this one uses the heads and tails of the
 * rings alone, by ring.c, which takes them for anything.
 */
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/tty.h>
#include <linux/tty_flip.h>

#include "../internal.h"

/* When to try again after the terminal had no memory left. */
#define RETRY_MS	10

/* What is carried at a time with the lock held. */
#define PART		256

static struct mk_instance *instance_of(struct mk_console *console)
{
	return container_of(console, struct mk_instance, console);
}

/* Whether anybody looks for what is typed. The lock is held. */
static bool answers(struct mk_console *console)
{
	const struct mk_answer *answer = mk_instance_answer(instance_of(console));

	return console->connected && answer &&
	       answer->features & MK_ABI_CONSOLE;
}

/* Whether it has only begun to run. The lock is held. */
static bool may_answer(struct mk_console *console)
{
	return console->connected && !mk_instance_answer(instance_of(console));
}

/* The lock is held, so that nobody disconnects and takes the CPUs meanwhile. */
static void ring(struct mk_console *console)
{
	struct mk_instance *instance = instance_of(console);

	if (answers(console))
		mk_doorbell_ring(&instance->doorbell, &instance->machine,
				 MK_ABI_RING_CONSOLE);
}

/* The lock is held, so that nobody closes it meanwhile. */
static void carry_in(struct mk_console *console, unsigned int ms)
{
	if (console->there)
		mod_delayed_work(system_unbound_wq, &console->work,
				 msecs_to_jiffies(ms));
}

/* Whether somebody may want more room than this to type. */
static bool is_tight(const struct mk_console *console, u32 room)
{
	return room <= console->typed.size / 2;
}

/* What there is, up to a part of it. Returns how much that was. */
static size_t carry_part(struct mk_console *console)
{
	struct mk_ring *printed = &console->printed;
	u8 text[PART];
	size_t count;
	int room;

	if (!console->open) {
		mk_ring_skip(printed);
		return 0;
	}
	if (console->full || !mk_ring_unread(printed))
		return 0;
	room = tty_buffer_request_room(&console->port, sizeof(text));
	if (!room) {
		carry_in(console, RETRY_MS);
		return 0;
	}
	count = mk_ring_read(printed, text, room, &console->lost);
	tty_insert_flip_string(&console->port, text, count);
	tty_flip_buffer_push(&console->port);
	mk_ring_release(printed);
	return count;
}

static size_t carry_locked_part(struct mk_console *console)
{
	unsigned long flags;
	size_t count = 0;

	spin_lock_irqsave(&console->lock, flags);
	if (console->there)
		count = carry_part(console);
	spin_unlock_irqrestore(&console->lock, flags);
	return count;
}

/* Those who wait for room. A spawned kernel may only do so if there was little. */
static void wake(struct mk_console *console, size_t carried)
{
	unsigned long flags;
	bool wake_writer;

	spin_lock_irqsave(&console->lock, flags);
	if (carried > MK_CONSOLE_PRINTED / 2)
		ring(console);
	wake_writer = console->waiting;
	WRITE_ONCE(console->waiting, false);
	spin_unlock_irqrestore(&console->lock, flags);
	if (wake_writer)
		tty_port_tty_wakeup(&console->port);
}

/*
 * No more at a time than the ring has: a spawned kernel that prints without end
 * does not keep this work item for itself. The timers will look again.
 */
static void carry(struct work_struct *work)
{
	struct mk_console *console =
		container_of(work, struct mk_console, work.work);
	size_t carried = 0;
	size_t count;

	do {
		count = carry_locked_part(console);
		carried += count;
		cond_resched();
	} while (count && carried < MK_CONSOLE_PRINTED);
	wake(console, carried);
}

/**
 * mk_console_open - look at the rings of another spawned kernel
 * @instance: the instance, whose control block was written
 *
 * Context: process; no CPU of the instance runs, and the line is closed.
 */
void mk_console_open(struct mk_instance *instance)
{
	struct mk_console *console = &instance->console;
	u64 platform = instance->machine.platform;
	struct mk_abi_console *shared =
		mk_control_part(platform, MK_ABI_CONSOLE_OFFSET);
	u8 *bytes = mk_control_part(platform, MK_ABI_BLOCK_SIZE);
	unsigned long flags;

	spin_lock_irqsave(&console->lock, flags);
	mk_ring_init(&console->printed, &shared->printed, bytes,
		     MK_CONSOLE_PRINTED);
	mk_ring_init(&console->typed, &shared->typed,
		     bytes + MK_CONSOLE_PRINTED, MK_CONSOLE_TYPED);
	WRITE_ONCE(shared->size, console->size);
	console->lost = 0;
	console->there = true;
	spin_unlock_irqrestore(&console->lock, flags);
}

/**
 * mk_console_connect - have a line to a spawned kernel
 * @console: the console of an instance that is watched
 *
 * Context: process.
 */
void mk_console_connect(struct mk_console *console)
{
	unsigned long flags;

	spin_lock_irqsave(&console->lock, flags);
	console->connected = true;
	spin_unlock_irqrestore(&console->lock, flags);
}

/**
 * mk_console_look - see whether there is something to be done
 * @console: the console of an instance that is watched
 *
 * Context: a timer's, on PREEMPT_RT as well: takes no lock. What it sees may
 * change, and it is called again soon.
 */
void mk_console_look(struct mk_console *console)
{
	bool printed = mk_ring_unread(&console->printed) &&
		       !READ_ONCE(console->full);
	bool room = READ_ONCE(console->waiting) &&
		    !is_tight(console, mk_ring_room(&console->typed));

	if (printed || room)
		queue_delayed_work(system_unbound_wq, &console->work, 0);
}

/**
 * mk_console_disconnect - have no line to a spawned kernel any more
 * @console: the console of an instance that is being stopped
 *
 * From now on no CPU of the instance is rung from here. What was printed is still
 * carried; who waits to type goes on, and types in vain.
 *
 * Context: process.
 */
void mk_console_disconnect(struct mk_console *console)
{
	unsigned long flags;

	spin_lock_irqsave(&console->lock, flags);
	console->connected = false;
	WRITE_ONCE(console->waiting, true); /* or not: nobody shall miss this */
	carry_in(console, 0);
	spin_unlock_irqrestore(&console->lock, flags);
}

/**
 * mk_console_close - look at the rings no more
 * @console: the console; no harm when it is closed
 *
 * What can still be carried is carried before.
 *
 * Context: process; waits for that.
 */
void mk_console_close(struct mk_console *console)
{
	unsigned long flags;

	flush_delayed_work(&console->work);
	spin_lock_irqsave(&console->lock, flags);
	console->connected = false;
	console->there = false;
	spin_unlock_irqrestore(&console->lock, flags);
	cancel_delayed_work_sync(&console->work);
}

/**
 * mk_console_use - say whether somebody has the terminal open
 * @console: the console
 * @open: somebody has
 *
 * Context: any.
 */
void mk_console_use(struct mk_console *console, bool open)
{
	unsigned long flags;

	spin_lock_irqsave(&console->lock, flags);
	/* What was printed up to now is not for who opens it now. */
	if (open && !console->open && console->there)
		mk_ring_skip(&console->printed);
	console->open = open;
	WRITE_ONCE(console->full, false);
	carry_in(console, 0);
	spin_unlock_irqrestore(&console->lock, flags);
}

/**
 * mk_console_hold - say whether the terminal takes what was printed
 * @console: the console
 * @full: it does not
 *
 * Context: any.
 */
void mk_console_hold(struct mk_console *console, bool full)
{
	unsigned long flags;

	spin_lock_irqsave(&console->lock, flags);
	/* Who has closed it does not say any more that there is room. */
	WRITE_ONCE(console->full, full && console->open);
	if (!full)
		carry_in(console, 0);
	spin_unlock_irqrestore(&console->lock, flags);
}

/**
 * mk_console_type - type something
 * @console: the console
 * @text: bytes
 * @count: number of them
 *
 * Context: any.
 * Return: how many were taken. When that is not all, tty_port_tty_wakeup() is
 * called when half of the ring is free.
 */
size_t mk_console_type(struct mk_console *console, const u8 *text,
		       size_t count)
{
	unsigned long flags;
	size_t taken = count;

	spin_lock_irqsave(&console->lock, flags);
	if (answers(console)) {
		taken = mk_ring_write(&console->typed, text, count, false);
		if (taken < count)
			WRITE_ONCE(console->waiting, true);
		ring(console);
	} else if (may_answer(console)) {
		mk_ring_write(&console->typed, text, count, false);
	}
	spin_unlock_irqrestore(&console->lock, flags);
	return taken;
}

/**
 * mk_console_room - ask how much can be typed
 * @console: the console
 *
 * Context: any.
 * Return: bytes; as many as ever when all of it would be thrown away. When it is
 * less than half of the ring, tty_port_tty_wakeup() is called when it is more.
 */
u32 mk_console_room(struct mk_console *console)
{
	unsigned long flags;
	u32 room = MK_CONSOLE_TYPED;

	spin_lock_irqsave(&console->lock, flags);
	if (answers(console)) {
		room = mk_ring_room(&console->typed);
		if (is_tight(console, room))
			WRITE_ONCE(console->waiting, true);
	}
	spin_unlock_irqrestore(&console->lock, flags);
	return room;
}

/**
 * mk_console_resize - tell a spawned kernel the size of the terminal
 * @console: the console
 * @size: as in struct mk_abi_console
 *
 * Those who are spawned later are told as well.
 *
 * Context: any.
 */
void mk_console_resize(struct mk_console *console, u32 size)
{
	struct mk_abi_console *shared;
	unsigned long flags;

	spin_lock_irqsave(&console->lock, flags);
	console->size = size;
	if (console->there) {
		shared = container_of(console->printed.shared,
				      struct mk_abi_console, printed);
		WRITE_ONCE(shared->size, size);
		ring(console);
	}
	spin_unlock_irqrestore(&console->lock, flags);
}

/**
 * mk_console_init - prepare a new instance's console
 * @console: the console
 *
 * Context: process.
 */
void mk_console_init(struct mk_console *console)
{
	console->index = -1;
	spin_lock_init(&console->lock);
	INIT_DELAYED_WORK(&console->work, carry);
}
