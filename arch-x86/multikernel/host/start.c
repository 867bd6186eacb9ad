// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting an instance.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/cacheflush.h>
#include <linux/ktime.h>
#include <linux/mem_encrypt.h>
#include <linux/mm.h>
#include <linux/timekeeping.h>

#include <asm/pgtable_types.h>

#include "../internal.h"

/* How long the CPUs have to prove that they do nothing after a bad start. */
#define PARK_MS		10000

/* This kernel is about to end. */
static bool forbidden;

static int map_segments(struct mk_pagetable *table,
			const struct mk_image *image)
{
	const struct multikernel_range *segment = image->segment;
	u64 no_execute = __supported_pte_mask & _PAGE_NX;
	unsigned int i;
	int ret;

	for (i = 0; i < image->nr_segments; i++, segment++) {
		ret = mk_pagetable_map(table, segment->start, segment->size,
				       i == image->executable ? _PAGE_RW :
				       _PAGE_RW | no_execute);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Map what the spawned kernel needs until it has page tables of its own, and
 * no more. Its decompressor looks into page 0 for the end of low memory
 * (0x40e and 0x413), and runs a few instructions in low memory when it
 * switches to five levels.
 */
static int build_tables(struct mk_instance *instance)
{
	struct mk_machine *machine = &instance->machine;
	u64 no_execute = __supported_pte_mask & _PAGE_NX;
	struct mk_pagetable table;
	int ret;

	mk_pagetable_init(&table, page_address(instance->root_table),
			  __va(machine->platform + MK_PLATFORM_TABLES),
			  MK_PLATFORM_TABLE_PAGES, sme_me_mask);
	ret = mk_pagetable_map(&table, 0, PAGE_SIZE, no_execute);
	if (!ret)
		ret = mk_pagetable_map(&table, mk_trampoline_phys, PAGE_SIZE, 0);
	if (!ret)
		ret = mk_pagetable_map(&table, mk_trampoline_phys + PAGE_SIZE,
				       PAGE_SIZE, _PAGE_RW | no_execute);
	if (!ret)
		ret = mk_pagetable_map(&table, machine->low.start,
				       machine->low.size, _PAGE_RW);
	if (!ret)
		ret = mk_pagetable_map(&table, machine->platform,
				       MK_PLATFORM_TABLES,
				       _PAGE_RW | no_execute);
	if (!ret)
		ret = mk_pagetable_map(&table,
				       machine->platform + MK_PLATFORM_BLOCK,
				       MK_PLATFORM_BLOCK_SIZE,
				       _PAGE_RW | no_execute);
	return ret ?: map_segments(&table, &instance->image);
}

/* What the image is told of its machine, and what it runs on at first. */
static int complete_image(struct mk_instance *instance)
{
	struct mk_machine *machine = &instance->machine;
	struct mk_image *image = &instance->image;
	int ret;

	if (mk_image_is_flat(image)) {
		mk_flat_complete(image, mk_acpi_rsdp(machine->platform));
		return 0;
	}
	ret = mk_zeropage_complete(__va(image->boot.boot_params), machine);
	return ret ?: build_tables(instance);
}

static void set_entry(struct mk_entry *entry, const struct mk_instance *instance)
{
	const struct mk_image *image = &instance->image;

	entry->mode = mk_image_is_flat(image) ? MK_MODE_FLAT32 :
						MK_MODE_LINUX64;
	entry->root_table = page_to_phys(instance->root_table);
	entry->address = image->entry;
	entry->boot_params = image->boot.boot_params;
	entry->eax = image->boot.eax;
	entry->ebx = image->boot.ebx;
}

static int prepare(struct mk_instance *instance)
{
	struct mk_machine *machine = &instance->machine;
	struct mk_image *image = &instance->image;
	int ret;

	machine->decoy_bsp = image->boot.flags & MULTIKERNEL_BOOT_DECOY_BSP;
	machine->decoy_ioapic = 0;
	if (image->boot.flags & MULTIKERNEL_BOOT_DECOY_IOAPIC)
		machine->decoy_ioapic = page_to_phys(instance->ioapic);
	machine->no_setup_data =
		image->boot.flags & MULTIKERNEL_BOOT_NO_SETUP_DATA;

	/* What an address reads as that nothing is at. */
	memset(page_address(instance->ioapic), 0xff, PAGE_SIZE);
	/* The spawned kernel reads it uncached. */
	clflush_cache_range(page_address(instance->ioapic), PAGE_SIZE);
	memset(__va(machine->platform + MK_PLATFORM_REGISTERS), 0, PAGE_SIZE);
	mk_console_close(&instance->console);
	mk_control_build(machine, instance->id, instance->name);
	mk_doorbell_open(&instance->doorbell, instance->name, machine);
	mk_console_open(instance);
	ret = mk_acpi_build(machine, __va(mk_acpi_rsdp(machine->platform)),
			    MK_PLATFORM_ACPI_SIZE);
	if (!ret)
		ret = complete_image(instance);
	if (ret)
		pr_warn("%s: its machine cannot be described: %d\n",
			instance->name, ret);
	return ret;
}

static int check_startable(struct mk_instance *instance)
{
	if (READ_ONCE(forbidden)) {
		pr_warn("%s: not started, this kernel is shutting down\n",
			instance->name);
		return -ESHUTDOWN;
	}
	/* It is time for that, or the user does not want to wait. */
	if (mk_restart_cancel(instance))
		mk_restart_reload(instance);
	switch (instance->state) {
	case MK_LOADED:
		return 0;
	case MK_CREATED:
	case MK_STOPPED:
	case MK_CRASHED:
		pr_warn("%s: nothing is loaded that could be started\n",
			instance->name);
		return -ENOEXEC;
	default:
		pr_warn("%s: it is %s and cannot be started\n",
			instance->name, mk_state_names[instance->state]);
		return -EBUSY;
	}
}

/* A CPU that had left the trampoline may have started the others. */
static ktime_t park_deadline(void)
{
	return ktime_add_ms(ktime_get(), PARK_MS);
}

/*
 * A start has failed. The CPU was told to stop; when it proves that it did,
 * and had not left the trampoline before, the image is as it was loaded.
 */
static int start_failed(struct mk_instance *instance, int ret, int parked)
{
	if (ret == -ECANCELED)
		mk_image_forget(&instance->image);
	if (parked)
		mk_instance_set_state(instance, MK_FAILED,
				      "a CPU does not answer");
	else
		mk_instance_set_state(instance, instance->image.nr_segments ?
				      MK_LOADED : MK_CREATED,
				      "the start timed out");
	return -ETIMEDOUT;
}

/* Start what is loaded. The lock is dropped while a CPU is waited for. */
static int start(struct mk_instance *instance)
{
	struct mk_entry entry;
	int parked = 0;
	u32 apic_id;
	int ret;

	ret = check_startable(instance);
	if (!ret)
		ret = prepare(instance);
	if (ret)
		return ret;

	apic_id = instance->apic_ids[0];
	set_entry(&entry, instance);
	instance->restart.start = start;
	mk_instance_set_state(instance, MK_STARTING, NULL);

	/* The state keeps the instance as it is while this waits. */
	mutex_unlock(&instance->lock);
	ret = mk_trampoline_enter(instance->name, apic_id, &entry,
				  &instance->timings);
	if (ret)
		parked = mk_instance_park(instance, park_deadline());
	mutex_lock(&instance->lock);

	if (ret)
		return start_failed(instance, ret, parked);
	instance->started = ktime_get_boottime_ns();
	mk_watch_begin(instance, mk_instance_ended);
	mk_console_connect(&instance->console);
	mk_instance_set_state(instance, MK_RUNNING, NULL);
	pr_info("%s: started on the CPU with APIC id %u\n", instance->name,
		apic_id);
	return 0;
}

/**
 * mk_instance_start - start what is loaded
 * @id: the instance
 *
 * One that has crashed and is to be restarted is so now.
 *
 * Context: process; sleeps up to MK_TRAMPOLINE_DEADLINE_MS for each start before
 * this one.
 * Return: 0 when the CPU has left the trampoline for the kernel's entry;
 * -ENOENT, -ENOEXEC when nothing is loaded, -EBUSY when it starts, runs or
 * stops, -ESHUTDOWN when this kernel shuts down, -ETIMEDOUT when the CPU did
 * not come, -EINTR when a signal kills the caller before anything is done.
 */
int mk_instance_start(u32 id)
{
	struct mk_instance *instance = mk_instance_lock(id);
	int ret;

	if (IS_ERR(instance))
		return PTR_ERR(instance);
	ret = start(instance);
	mk_instance_unlock(instance);
	return ret;
}

/**
 * mk_start_forbid - start nothing any more
 *
 * For the end of this kernel. A start that is on its way goes on.
 *
 * Context: any.
 */
void mk_start_forbid(void)
{
	WRITE_ONCE(forbidden, true);
}
