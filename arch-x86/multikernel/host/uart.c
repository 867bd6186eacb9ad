// SPDX-License-Identifier: GPL-2.0-only
/*
 * A serial port of the PC that belongs to an instance. This kernel's driver
 * must have let go of the I/O ports (setserial's "uart none"); while they are
 * owned it cannot have them.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/errno.h>
#include <linux/ioport.h>
#include <linux/kernel.h>

#include "../internal.h"

#define UART_PORTS	8

static const unsigned int uart_ports[] = {
	[MULTIKERNEL_UART_COM1] = 0x3f8,
	[MULTIKERNEL_UART_COM2] = 0x2f8,
	[MULTIKERNEL_UART_COM3] = 0x3e8,
	[MULTIKERNEL_UART_COM4] = 0x2e8,
};

/**
 * mk_uart_port - find a port's address
 * @uart: MULTIKERNEL_UART_*
 *
 * Return: the first I/O port, or zero for MULTIKERNEL_UART_NONE and for one
 * that there is not.
 */
unsigned int mk_uart_port(u32 uart)
{
	return uart < ARRAY_SIZE(uart_ports) ? uart_ports[uart] : 0;
}

/**
 * mk_uart_take - own a serial port
 * @name: the instance, for messages
 * @uart: MULTIKERNEL_UART_*
 *
 * Context: process.
 * Return: 0, also for MULTIKERNEL_UART_NONE; -EBUSY when it is in use.
 */
int mk_uart_take(const char *name, u32 uart)
{
	unsigned int port = mk_uart_port(uart);

	if (!port)
		return 0;
	if (request_region(port, UART_PORTS, "multikernel"))
		return 0;
	pr_warn("%s: COM%u (I/O port %#x) is in use\n", name, uart, port);
	return -EBUSY;
}

/**
 * mk_uart_give_back - let go of a serial port
 * @uart: MULTIKERNEL_UART_*, from mk_uart_take()
 *
 * Context: process.
 */
void mk_uart_give_back(u32 uart)
{
	unsigned int port = mk_uart_port(uart);

	if (port)
		release_region(port, UART_PORTS);
}
