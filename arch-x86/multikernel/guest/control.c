// SPDX-License-Identifier: GPL-2.0-only
/*
 * The spawned kernel's side of the control block: asm/multikernel_abi.h.
 *
 * It is found before this kernel has memory to allocate or a direct map, so an
 * early mapping serves until memremap() works.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kstrtox.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <asm/barrier.h>
#include <asm/cmdline.h>
#include <asm/multikernel.h>
#include <asm/setup.h>
#include <asm/setup_data.h>

#include "../abi_debug.h"
#include "guest.h"

/* The host's part as it was when this kernel started, and where all of it is. */
static struct mk_abi_host host __ro_after_init;
static u64 block_phys __ro_after_init;
static u32 block_size __ro_after_init = MK_ABI_BLOCK_SIZE;
static u64 features __ro_after_init;
static bool attached __ro_after_init;

/* Smaller ones are none that a host makes. */
#define RING_SIZE_MIN	SZ_256

/* All of the block; mapped early at first. */
static void *block __ro_after_init;

/* How many bytes follow is in @length. */
static u64 __init find_block(u32 *length)
{
	u64 address = boot_params.hdr.setup_data;
	struct setup_data *data;
	u64 next;
	u32 type;

	while (address) {
		data = early_memremap(address, sizeof(*data));
		if (!data)
			return 0;
		type = data->type;
		*length = data->len;
		next = data->next;
		early_memunmap(data, sizeof(*data));

		if (type == SETUP_MULTIKERNEL &&
		    *length >= MK_ABI_BLOCK_SIZE)
			return address + sizeof(*data);
		address = next;
	}
	return 0;
}

/* Copy the host's part and say what is wrong with it, or NULL. */
static const char * __init read_host(u32 length)
{
	const struct mk_abi_header *header = block;
	const char *flaw = mk_abi_flaw(header, MK_ABI_HOST_MAGIC,
				       MK_ABI_HOST_SIZE_1, MK_ABI_GUEST_OFFSET);

	if (flaw)
		return flaw;
	/* An older host has less, a newer one more. */
	memcpy(&host, block, min_t(size_t, header->size, sizeof(host)));
	if (host.block_size < MK_ABI_BLOCK_SIZE || host.block_size > length ||
	    host.guest_offset != MK_ABI_GUEST_OFFSET ||
	    !memchr(host.name, '\0', sizeof(host.name)))
		return "a layout that is not the contract's";
	return NULL;
}

/* Both have been looked at long before parameters are parsed. */
static int __init know_multikernel(char *value)
{
	return 1;
}
__setup("multikernel=", know_multikernel);

static int __init know_multikernel_abi(char *value)
{
	return 1;
}
__setup("multikernel_abi=", know_multikernel_abi);

/* For tests: multikernel_abi=, enum mk_abi_spoiling. */
static u32 __init spoil_wanted(void)
{
	char value[4];
	u32 how;

	if (cmdline_find_option(boot_command_line, "multikernel_abi", value,
				sizeof(value)) <= 0 ||
	    kstrtou32(value, 10, &how))
		return MK_ABI_SPOIL_NOT;
	return how;
}

/*
 * Tell the host who this is and what of the host's it can do with; it looks at
 * nothing before the magic is there.
 */
static void __init answer(u64 unusable)
{
	struct mk_abi_guest *part = mk_guest_part();
	struct mk_abi_header header = {
		.features = MK_ABI_FEATURES & ~unusable,
	};
	u64 magic;

	mk_abi_seal(&header, MK_ABI_GUEST_MAGIC, sizeof(header));
	mk_abi_spoil(&header, spoil_wanted());
	magic = header.magic;
	header.magic = 0;
	part->header = header;
	/* Pairs with the acquire in read_header(), host/control.c. */
	smp_store_release(&part->header.magic, magic);
}

/* Have all of it mapped, or nothing. */
static void __init map_more(void)
{
	u32 size = min_t(u32, host.block_size, MK_ABI_BLOCK_SIZE_MAX);

	early_memunmap(block, MK_ABI_BLOCK_SIZE);
	block = early_memremap(block_phys, size);
	block_size = size;
}

static bool __init is_ring_size(u32 size)
{
	return is_power_of_2(size) && size >= RING_SIZE_MIN &&
	       size <= MK_ABI_BLOCK_SIZE_MAX;
}

/* All of them, in what is mapped. */
static bool __init has_rings(void)
{
	return is_ring_size(host.console_printed) &&
	       is_ring_size(host.console_typed) &&
	       host.console_bytes >= MK_ABI_BLOCK_SIZE &&
	       mk_guest_bytes(host.console_bytes,
			      host.console_printed + host.console_typed);
}

/* Features that the host has and this kernel cannot use. */
static u64 __init find_unusable(void)
{
	if (!(host.header.features & MK_ABI_CONSOLE) || has_rings())
		return 0;
	pr_warn("the console is not used: rings of %u and %u bytes at %#x are not the contract's\n",
		host.console_printed, host.console_typed, host.console_bytes);
	return MK_ABI_CONSOLE;
}

static bool __init is_switched_off(void)
{
	char value[4];

	return cmdline_find_option(boot_command_line, "multikernel", value,
				   sizeof(value)) == 3 &&
	       !strcmp(value, "off");
}

/**
 * mk_guest_attach - find out whether a host spawned this kernel
 *
 * Context: early boot, when early_memremap() works.
 * Return: the host's part of the control block, or NULL when there is none, it
 * cannot be used, or "multikernel=off" is on the command line.
 */
const struct mk_abi_host * __init mk_guest_attach(void)
{
	const char *flaw;
	u64 unusable;
	u32 length;

	block_phys = find_block(&length);
	if (!block_phys)
		return NULL;
	if (is_switched_off()) {
		pr_info("the control block is not used: multikernel=off\n");
		return NULL;
	}
	block = early_memremap(block_phys, MK_ABI_BLOCK_SIZE);
	if (!block)
		return NULL;
	flaw = read_host(length);
	if (flaw) {
		pr_warn("the control block is not used, it has %s; this kernel's resets may reset the whole machine\n",
			flaw);
		early_memunmap(block, MK_ABI_BLOCK_SIZE);
		return NULL;
	}
	map_more();
	if (!block)
		return NULL;

	attached = true;
	unusable = find_unusable();
	features = host.header.features & MK_ABI_FEATURES & ~unusable;
	answer(unusable);
	pr_info("spawned as %s, id %u; the host's control block has version %u, this kernel knows %u, common features %#llx\n",
		host.name, host.id, host.header.version, MK_ABI_VERSION,
		features);
	return &host;
}

/**
 * mk_guest_has - ask for a feature
 * @feature: MK_ABI_*
 *
 * Return: true when the host and this kernel both have it.
 */
bool mk_guest_has(u64 feature)
{
	return features & feature;
}

/**
 * mk_guest_part - find what this kernel writes for its host
 *
 * Context: any.
 * Return: this kernel's part of the control block. Only after
 * mk_guest_attach() has found one.
 */
struct mk_abi_guest *mk_guest_part(void)
{
	return block + MK_ABI_GUEST_OFFSET;
}

/**
 * mk_guest_bell - find a bell
 * @offset: MK_ABI_HOST_BELL or MK_ABI_GUEST_BELL
 *
 * Context: any.
 * Return: that bell. Only after mk_guest_attach() has found a control block,
 * and with MK_ABI_DOORBELL.
 */
struct mk_abi_bell *mk_guest_bell(unsigned int offset)
{
	return block + offset;
}

/**
 * mk_guest_console - find the words of the console
 *
 * Context: any.
 * Return: them. Only after mk_guest_attach() has found a control block, and with
 * MK_ABI_CONSOLE.
 */
struct mk_abi_console *mk_guest_console(void)
{
	return block + MK_ABI_CONSOLE_OFFSET;
}

/**
 * mk_guest_bytes - find other bytes in the control block
 * @offset: where they begin in it
 * @count: how many they are
 *
 * Where that is changes once while this kernel has one CPU.
 *
 * Context: any.
 * Return: them, or NULL when not all of them are in the block.
 */
void *mk_guest_bytes(u32 offset, u64 count)
{
	if (offset > block_size || count > block_size - offset)
		return NULL;
	return block + offset;
}

/**
 * multikernel_is_spawned - ask whether a host spawned this kernel
 *
 * Return: true when it did, and its control block is used.
 */
bool multikernel_is_spawned(void)
{
	return attached;
}

/* Early mappings do not live long. */
static int __init mk_guest_map(void)
{
	void *early = block;
	void *mapping;

	if (!attached)
		return 0;
	mapping = memremap(block_phys, block_size, MEMREMAP_WB);
	if (!mapping)
		return -ENOMEM;
	block = mapping;
	early_memunmap(early, block_size);
	return 0;
}
early_initcall(mk_guest_map);
