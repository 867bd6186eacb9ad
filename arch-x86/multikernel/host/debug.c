// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand, for the selftests: debugfs multikernel/.
 */
#include <linux/debugfs.h>
#include <linux/init.h>

#include "../internal.h"

static bool corrupt_magic;

/**
 * mk_debug_corrupt_magic - ask whether starts shall go wrong
 *
 * Return: true when the trampoline's magic is to be a wrong one.
 */
bool mk_debug_corrupt_magic(void)
{
	return READ_ONCE(corrupt_magic);
}

static int __init mk_debug_setup(void)
{
	struct dentry *dir = debugfs_create_dir("multikernel", NULL);

	debugfs_create_bool("corrupt_magic", 0600, dir, &corrupt_magic);
	return 0;
}
late_initcall(mk_debug_setup);
