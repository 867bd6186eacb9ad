// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminals that consoles are: /dev/ttyMK0 and so on, for anything that can
 * use a serial line. They are raw at first: echo and line editing are the spawned
 * kernel's.
 *
 * A terminal is there as long as the instance, whatever its kernel does: like a
 * cable that a machine is at the other end of. When the instance is destroyed it is
 * hung up. Who has it open then keeps its number until it is closed, as tty_open()
 * would give the same terminal to the next one.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/bitmap.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>

#include "../internal.h"

/* More than there can be instances, for those that were not closed. */
#define TERMINALS	(4 * MK_LOW_SLOTS)

static struct tty_driver *driver;

/* Numbers that are in use, and the consoles that can be opened. */
static DECLARE_BITMAP(numbers, TERMINALS);
static struct mk_console *consoles[TERMINALS];
static DEFINE_MUTEX(consoles_lock);

static struct mk_console *console_of(struct tty_struct *tty)
{
	return container_of(tty->port, struct mk_console, port);
}

/*
 * What a spawned kernel's shell is given may be this machine's end. The name is
 * one of those that udev gives to the group dialout.
 */
static struct tty_struct *lookup(struct tty_driver *of, struct file *file,
				 int index)
{
	if (!capable(CAP_SYS_RAWIO))
		return ERR_PTR(-EPERM);
	return of->ttys[index];
}

static int install(struct tty_driver *of, struct tty_struct *tty)
{
	struct mk_console *console;
	int ret = -ENODEV;

	mutex_lock(&consoles_lock);
	console = consoles[tty->index];
	if (console)
		ret = tty_standard_install(of, tty);
	if (!ret)
		tty->port = tty_port_get(&console->port);
	mutex_unlock(&consoles_lock);
	return ret;
}

static int open(struct tty_struct *tty, struct file *file)
{
	return tty_port_open(tty->port, tty, file);
}

static void close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(tty->port, tty, file);
}

static void hangup(struct tty_struct *tty)
{
	tty_port_hangup(tty->port);
}

static void cleanup(struct tty_struct *tty)
{
	tty_port_put(tty->port);
}

static ssize_t write(struct tty_struct *tty, const u8 *text, size_t count)
{
	return mk_console_type(console_of(tty), text, count);
}

static unsigned int write_room(struct tty_struct *tty)
{
	return mk_console_room(console_of(tty));
}

static void throttle(struct tty_struct *tty)
{
	mk_console_hold(console_of(tty), true);
}

static void unthrottle(struct tty_struct *tty)
{
	mk_console_hold(console_of(tty), false);
}

static int resize(struct tty_struct *tty, struct winsize *size)
{
	int ret = tty_do_resize(tty, size);

	if (!ret)
		mk_console_resize(console_of(tty),
				  size->ws_row << 16 | size->ws_col);
	return ret;
}

static const struct tty_operations terminal_ops = {
	.lookup		= lookup,
	.install	= install,
	.open		= open,
	.close		= close,
	.hangup		= hangup,
	.cleanup	= cleanup,
	.write		= write,
	.write_room	= write_room,
	.throttle	= throttle,
	.unthrottle	= unthrottle,
	.resize		= resize,
};

/* Once it is withdrawn, nobody would hang it up any more. */
static int activate(struct tty_port *port, struct tty_struct *tty)
{
	struct mk_console *console =
		container_of(port, struct mk_console, port);
	bool there;

	mutex_lock(&consoles_lock);
	there = consoles[console->index] == console;
	mutex_unlock(&consoles_lock);
	if (!there)
		return -ENODEV;
	mk_console_use(console, true);
	return 0;
}

static void shutdown(struct tty_port *port)
{
	mk_console_use(container_of(port, struct mk_console, port), false);
}

static void give_number_back(struct mk_console *console)
{
	mutex_lock(&consoles_lock);
	if (console->index >= 0)
		__clear_bit(console->index, numbers);
	console->index = -1;
	mutex_unlock(&consoles_lock);
}

/* The last who had it open has closed it, or nobody had. */
static void destruct(struct tty_port *port)
{
	struct mk_console *console =
		container_of(port, struct mk_console, port);
	struct mk_instance *instance =
		container_of(console, struct mk_instance, console);

	give_number_back(console);
	kobject_put(&instance->kobj);
}

static const struct tty_port_operations port_ops = {
	.activate	= activate,
	.shutdown	= shutdown,
	.destruct	= destruct,
};

/* A number for a console that can be opened from then on, or -ENOSPC. */
static int take_number(struct mk_console *console)
{
	unsigned int index;

	mutex_lock(&consoles_lock);
	index = find_first_zero_bit(numbers, TERMINALS);
	if (index < TERMINALS) {
		__set_bit(index, numbers);
		console->index = index;
		consoles[index] = console;
	}
	mutex_unlock(&consoles_lock);
	return index < TERMINALS ? 0 : -ENOSPC;
}

/* Whoever is about to open it has come as far as to be hung up, or is too late. */
static bool withdraw(struct mk_console *console)
{
	bool there;

	mutex_lock(&consoles_lock);
	there = console->index >= 0 && consoles[console->index] == console;
	if (there)
		consoles[console->index] = NULL;
	mutex_unlock(&consoles_lock);
	return there;
}

static int register_terminal(struct mk_console *console)
{
	struct device *device;
	int ret;

	if (!driver)
		return -ENODEV;
	ret = take_number(console);
	if (ret)
		return ret;
	device = tty_register_device(driver, console->index, NULL);
	if (!IS_ERR(device))
		return 0;
	withdraw(console);
	give_number_back(console);
	return PTR_ERR(device);
}

/**
 * mk_terminal_add - let a new instance's terminal be opened
 * @instance: the instance; the terminal has a reference to it
 *
 * An instance can do without, and then it is said so.
 *
 * Context: process.
 */
void mk_terminal_add(struct mk_instance *instance)
{
	struct tty_port *port = &instance->console.port;
	int ret;

	tty_port_init(port);
	port->ops = &port_ops;
	kobject_get(&instance->kobj);
	ret = register_terminal(&instance->console);
	if (ret)
		pr_warn("%s: there is no terminal for its console: %d\n",
			instance->name, ret);
}

/**
 * mk_terminal_remove - hang up, and give up an instance's terminal
 * @instance: the instance, which mk_terminal_add() was called for
 *
 * Context: process; waits for who uses it.
 */
void mk_terminal_remove(struct mk_instance *instance)
{
	struct mk_console *console = &instance->console;
	struct tty_struct *tty;

	if (withdraw(console))
		tty_unregister_device(driver, console->index);
	tty = tty_port_tty_get(&console->port);
	if (tty) {
		tty_vhangup(tty);
		tty_kref_put(tty);
	}
	mk_console_close(console);
	tty_port_put(&console->port);
}

static struct tty_driver * __init new_driver(void)
{
	struct tty_driver *new = tty_alloc_driver(TERMINALS, TTY_DRIVER_REAL_RAW |
						  TTY_DRIVER_DYNAMIC_DEV |
						  TTY_DRIVER_RESET_TERMIOS);

	if (IS_ERR(new))
		return new;
	new->driver_name = "multikernel";
	new->name = MK_TERMINAL_NAME;
	new->type = TTY_DRIVER_TYPE_SERIAL;
	new->subtype = SERIAL_TYPE_NORMAL;
	new->init_termios = tty_std_termios;
	new->init_termios.c_iflag = 0;
	new->init_termios.c_oflag = 0;
	new->init_termios.c_lflag = 0;
	new->init_termios.c_cflag = B115200 | CS8 | CREAD | CLOCAL;
	tty_set_operations(new, &terminal_ops);
	return new;
}

static int __init mk_terminal_setup(void)
{
	struct tty_driver *new = new_driver();
	int ret;

	if (IS_ERR(new))
		return PTR_ERR(new);
	ret = tty_register_driver(new);
	if (ret) {
		tty_driver_kref_put(new);
		return ret;
	}
	driver = new;
	return 0;
}
arch_initcall(mk_terminal_setup);
