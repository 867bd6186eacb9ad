// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand, for the selftests: debugfs multikernel/.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/limits.h>

#include "../internal.h"

static bool corrupt_magic;
static u32 mute = U32_MAX;
static u32 obstacle;
static u32 abi;
static u32 msr;

/**
 * mk_debug_corrupt_magic - ask whether starts shall go wrong
 *
 * Return: true when the trampoline's magic is to be a wrong one.
 */
bool mk_debug_corrupt_magic(void)
{
	return READ_ONCE(corrupt_magic);
}

/**
 * mk_debug_is_mute - ask whether a CPU shall not answer
 * @apic_id: the CPU
 *
 * Return: true when it is to give no sign of life as it is parked.
 */
bool mk_debug_is_mute(u32 apic_id)
{
	return apic_id == READ_ONCE(mute);
}

/**
 * mk_debug_obstacle - ask whether this is to be another kind of machine
 * @nr: number of the kind, from one
 *
 * Return: true when this machine is to be taken for one.
 */
bool mk_debug_obstacle(unsigned int nr)
{
	return nr == READ_ONCE(obstacle);
}

/**
 * mk_debug_abi - ask what control blocks shall be like
 *
 * Return: enum mk_abi_spoiling.
 */
u32 mk_debug_abi(void)
{
	return READ_ONCE(abi);
}

/**
 * mk_debug_msr - ask what else a CPU shall set to zero as it is parked
 *
 * Return: number of a register that all CPUs have, or 0.
 */
u32 mk_debug_msr(void)
{
	return READ_ONCE(msr);
}

static int __init mk_debug_setup(void)
{
	struct dentry *dir = debugfs_create_dir("multikernel", NULL);

	debugfs_create_bool("corrupt_magic", 0600, dir, &corrupt_magic);
	debugfs_create_u32("mute", 0600, dir, &mute);
	debugfs_create_u32("obstacle", 0600, dir, &obstacle);
	debugfs_create_u32("abi", 0600, dir, &abi);
	debugfs_create_x32("msr", 0600, dir, &msr);
	return 0;
}
late_initcall(mk_debug_setup);
