// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an instance is to be, and whether there can be such a one.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/align.h>
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../internal.h"

static bool name_is_valid(const char *name)
{
	size_t length = strnlen(name, MULTIKERNEL_NAME_SIZE);

	if (!length || length == MULTIKERNEL_NAME_SIZE || !isalpha(name[0]))
		return false;
	while (*name && isascii(*name) &&
	       (isalnum(*name) || strchr("._-", *name)))
		name++;
	return !*name;
}

static bool node_is_valid(int node)
{
	return node == MULTIKERNEL_NODE_ANY ||
	       (node >= 0 && node < MAX_NUMNODES && node_online(node));
}

/* There is some, and each part of it is as it can be had. */
static bool memory_is_valid(const struct mk_request *request)
{
	unsigned int i;

	for (i = 0; i < request->nr_fixed; i++)
		if (!mk_fixed_is_valid(&request->fixed[i]))
			return false;
	return IS_ALIGNED(request->size, SZ_2M) &&
	       (request->size || request->nr_fixed);
}

static int check_machine(const char *name)
{
	const char *obstacle = mk_ipi_obstacle();

	if (!obstacle && !mk_trampoline_ready())
		obstacle = "early boot found no memory below 1 MiB";
	if (!obstacle && (!mk_sysfs_ready() || !mk_cpus_ready()))
		obstacle = "its hooks could not be set up at boot";
	if (!obstacle)
		return 0;
	pr_warn("%s: not on this machine: %s\n", name, obstacle);
	return -EOPNOTSUPP;
}

/**
 * mk_request_check - look for what is wrong with a request
 * @request: what an instance is to be
 *
 * Whether what is asked for can be had at this moment is not looked at.
 *
 * Context: process.
 * Return: 0; or, after a line: -EINVAL for a bad argument, -EOPNOTSUPP where
 * no instance can be.
 */
int mk_request_check(const struct mk_request *request)
{
	const char *name = request->name;
	int ret;

	if (!name_is_valid(name)) {
		pr_warn("a name is a letter and up to %d letters, digits, '.', '_' or '-'\n",
			MULTIKERNEL_NAME_SIZE - 2);
		return -EINVAL;
	}
	ret = check_machine(name);
	if (ret)
		return ret;
	if (cpumask_empty(request->cpus) || !memory_is_valid(request) ||
	    (request->uart && !mk_uart_port(request->uart))) {
		pr_warn("%s: needs a CPU, a multiple of 2 MiB (1 MiB at an address) and a UART from 1 to 4 or none\n",
			name);
		return -EINVAL;
	}
	if (!node_is_valid(request->node)) {
		pr_warn("%s: there is no NUMA node %d\n", name, request->node);
		return -EINVAL;
	}
	return 0;
}
