// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading: kexec_load() and kexec_file_load() with KEXEC_MULTIKERNEL copy the
 * segments straight to their place in the instance's memory. The image that this
 * kernel would boot itself, and the one for its own crash, are not touched.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/kexec.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/setup.h>

#include "../internal.h"

/* In xAPIC mode, where 255 means all (SDM vol. 3, "Local APIC ID"). */
#define APIC_ID_MAX_STOCK	254

/* The first boot protocol with kernel_info. */
#define SETUP_VERSION_INFO	0x020f

static bool overlaps(u64 start, u64 size, u64 other, u64 other_size)
{
	return start < other + other_size && other < start + size;
}

static int check_segment(const struct mk_instance *instance,
			 const struct kexec_segment *segment)
{
	const struct mk_machine *machine = &instance->machine;

	if (mk_memory_contains(&machine->memory, segment->mem, segment->memsz) &&
	    !overlaps(segment->mem, segment->memsz, machine->platform,
		      MK_PLATFORM_SIZE))
		return 0;
	pr_warn("%s: segment %#lx-%#lx is outside the instance's memory\n",
		instance->name, segment->mem,
		segment->mem + segment->memsz - 1);
	return -EADDRNOTAVAIL;
}

/* Take over the list of segments, each of them checked. */
static int take_segments(struct mk_instance *instance, struct kimage *kimage)
{
	struct mk_image *image = &instance->image;
	unsigned long i;
	int ret;

	for (i = 0; i < kimage->nr_segments; i++) {
		ret = check_segment(instance, &kimage->segment[i]);
		if (ret)
			return ret;
		image->segment[i].start = kimage->segment[i].mem;
		image->segment[i].size = kimage->segment[i].memsz;
	}
	image->nr_segments = kimage->nr_segments;
	image->entry = kimage->start;
	return 0;
}

/* Whoever chooses addresses chooses that of the zero page. */
static int take_zero_page(struct mk_instance *instance,
			  const struct kimage *kimage)
{
	struct multikernel_boot *boot = &instance->image.boot;

	if (!kimage->file_mode)
		return 0;
	if (boot->entry != MULTIKERNEL_ENTRY_LINUX64) {
		pr_warn("%s: kexec_file_load() is for the 64-bit entry of Linux alone (MULTIKERNEL_BOOT)\n",
			instance->name);
		return -EINVAL;
	}
	if (boot->boot_params) {
		pr_warn("%s: a zero page was named (MULTIKERNEL_BOOT), but kexec_file_load() makes its own\n",
			instance->name);
		return -EINVAL;
	}
	boot->boot_params = kimage->multikernel_params;
	return 0;
}

static int check_addresses(struct mk_instance *instance)
{
	struct mk_image *image = &instance->image;
	int executable = mk_image_find(image, image->entry, 1);

	if (executable < 0) {
		pr_warn("%s: the entry %#llx is outside the segments\n",
			instance->name, image->entry);
		return -EADDRNOTAVAIL;
	}
	image->executable = executable;

	if (mk_image_is_flat(image))
		return mk_flat_check(instance->name, image,
				     mk_acpi_rsdp(instance->machine.platform));
	if (mk_image_find(image, image->boot.boot_params,
			  sizeof(struct boot_params)) < 0) {
		pr_warn("%s: the zero page %#llx is outside the segments\n",
			instance->name, image->boot.boot_params);
		return -EADDRNOTAVAIL;
	}
	return 0;
}

static int copy_segments(struct kimage *kimage)
{
	unsigned long i;
	int ret;

	for (i = 0; i < kimage->nr_segments; i++) {
		ret = kimage_load_direct(kimage, &kimage->segment[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_zeropage(struct mk_instance *instance)
{
	int ret;

	if (mk_image_is_flat(&instance->image))
		return 0;
	ret = mk_zeropage_check(__va(instance->image.boot.boot_params));
	if (ret)
		pr_warn("%s: no setup header of a 64-bit Linux in the zero page\n",
			instance->name);
	return ret;
}

/* Whether the kernel says that it looks for a control block. */
static bool knows_its_host(const struct mk_image *image)
{
	const struct multikernel_range *kernel = image->segment + image->executable;
	const struct boot_params *boot_params = __va(image->boot.boot_params);

	return !mk_image_is_flat(image) &&
	       boot_params->hdr.version >= SETUP_VERSION_INFO &&
	       mk_info_has_abi(__va(kernel->start), kernel->size,
			       boot_params->hdr.kernel_info_offset);
}

/*
 * A kernel that does not know where it is cannot keep x2APIC mode, which only
 * the host's interrupt remapping allows, and then has no such id.
 */
static int check_apic_ids(const struct mk_instance *instance)
{
	unsigned int i;

	if (knows_its_host(&instance->image))
		return 0;
	for (i = 0; i < instance->machine.nr_cpus; i++) {
		if (instance->apic_ids[i] <= APIC_ID_MAX_STOCK)
			continue;
		pr_warn("%s: APIC id %u is above %u: only a kernel that knows of control blocks of this version can use that CPU\n",
			instance->name, instance->apic_ids[i],
			APIC_ID_MAX_STOCK);
		return -ENOEXEC;
	}
	return 0;
}

static u64 cmdline_address(const struct mk_image *image)
{
	const struct boot_params *boot_params = __va(image->boot.boot_params);

	if (mk_image_is_flat(image))
		return image->boot.cmdline;
	return boot_params->hdr.cmd_line_ptr |
	       (u64)boot_params->ext_cmd_line_ptr << 32;
}

/* Keep a copy of the command line for people. The original is the loader's. */
static int keep_cmdline(struct mk_image *image)
{
	u64 address = cmdline_address(image);
	const struct multikernel_range *segment;
	size_t length;
	int i;

	i = mk_image_find(image, address, 1);
	if (i < 0)
		return 0;
	segment = &image->segment[i];
	length = min_t(u64, segment->start + segment->size - address,
		       COMMAND_LINE_SIZE);
	image->cmdline = kstrndup(__va(address), length, GFP_KERNEL);
	return image->cmdline ? 0 : -ENOMEM;
}

/* What a restart after a crash needs. */
static int keep_copy(struct mk_instance *instance, struct kimage *kimage)
{
	unsigned int limit = instance->image.boot.max_restarts;
	int ret = 0;

	if (limit)
		ret = mk_copy_make(instance->name, &instance->image,
				   kimage->segment);
	if (!ret)
		mk_restart_reset(instance, limit);
	return ret;
}

/**
 * mk_image_forget - forget what is loaded
 * @image: the image; how to enter the next one stays
 *
 * Context: process. The caller holds the instance's lock.
 */
void mk_image_forget(struct mk_image *image)
{
	image->nr_segments = 0;
	kfree(image->cmdline);
	image->cmdline = NULL;
	mk_copy_free(&image->copy);
}

/**
 * mk_image_describe - say how the next image is entered
 * @instance: the instance
 * @boot: from the caller of MULTIKERNEL_BOOT
 *
 * Context: process. The caller holds the lock.
 * Return: 0; what mk_flat_describe() or mk_restart_check() say.
 */
int mk_image_describe(struct mk_instance *instance,
		      const struct multikernel_boot *boot)
{
	int ret;

	lockdep_assert_held(&instance->lock);
	ret = mk_flat_describe(instance->name, boot);
	if (!ret)
		ret = mk_restart_check(instance->name, boot);
	if (ret)
		return ret;
	instance->image.next = *boot;
	instance->image.next_valid = true;
	return 0;
}

static int check_described(const struct mk_instance *instance)
{
	if (instance->image.next_valid)
		return 0;
	pr_warn("%s: how to enter the image was not said (MULTIKERNEL_BOOT)\n",
		instance->name);
	return -EINVAL;
}

static int load(struct mk_instance *instance, struct kimage *kimage)
{
	struct mk_image *image = &instance->image;
	int ret = check_described(instance);

	if (ret)
		return ret;

	image->next_valid = false;
	image->boot = image->next;
	ret = take_segments(instance, kimage);
	if (!ret)
		ret = take_zero_page(instance, kimage);
	if (!ret)
		ret = check_addresses(instance);
	if (!ret)
		ret = copy_segments(kimage);
	if (!ret)
		ret = check_zeropage(instance);
	if (!ret)
		ret = check_apic_ids(instance);
	if (!ret)
		ret = keep_cmdline(image);
	if (!ret)
		ret = keep_copy(instance, kimage);
	return ret;
}

static int check_state(const struct mk_instance *instance)
{
	if (!mk_state_may_follow(instance->state, MK_LOADED) ||
	    instance->state == MK_STARTING) {
		pr_warn("%s: it is %s, so nothing can be loaded\n",
			instance->name, mk_state_names[instance->state]);
		return -EBUSY;
	}

	if (instance->condemned) {
		pr_warn("%s: it was to be destroyed and has lost CPUs, destroy it\n",
			instance->name);
		return -EBUSY;
	}
	return 0;
}

/**
 * multikernel_may_load - tell whether an instance waits for an image
 * @id: the instance
 *
 * Before files are read, which takes long. multikernel_load() looks again.
 *
 * Context: process.
 * Return: 0; -ENOENT, -EBUSY or -EINVAL as multikernel_load().
 */
int multikernel_may_load(u32 id)
{
	struct mk_instance *instance = mk_instance_lock(id);
	int ret;

	if (IS_ERR(instance))
		return PTR_ERR(instance);
	ret = check_state(instance);
	if (!ret)
		ret = check_described(instance);
	mk_instance_unlock(instance);
	return ret;
}

/**
 * multikernel_load - load an image into an instance, or unload it
 * @kimage: segments and entry, as kexec_load() was given them or the loader of
 *	kexec_file_load() made them; checked by sanity_check_segment_list(). None,
 *	or no segments, to unload
 * @id: the instance
 *
 * Context: process; reads the caller's memory in kexec_load().
 * Return: 0; -ENOENT when there is no such instance; -EBUSY when it starts,
 * runs or stops, or has lost CPUs in a destruction that failed; -EADDRNOTAVAIL
 * when a segment, the entry or the zero page is not where it may be; -ENOEXEC
 * when the zero page is not one, or a CPU is not for such a kernel; -EINVAL
 * when MULTIKERNEL_BOOT was not said before, or said what the loader is to
 * choose; -EFAULT, -ENOMEM or -EINTR. After an error nothing is loaded, unless it
 * is -ENOENT, -EBUSY or -EINTR.
 */
int multikernel_load(struct kimage *kimage, u32 id)
{
	struct mk_instance *instance = mk_instance_lock(id);
	int ret;

	if (IS_ERR(instance))
		return PTR_ERR(instance);
	ret = check_state(instance);
	if (ret)
		goto unlock;

	mk_restart_reset(instance, 0);
	mk_image_forget(&instance->image);
	if (kimage && kimage->nr_segments)
		ret = load(instance, kimage);
	if (ret)
		mk_image_forget(&instance->image);
	mk_instance_set_state(instance,
			      instance->image.nr_segments ? MK_LOADED :
							    MK_CREATED, NULL);
unlock:
	mk_instance_unlock(instance);
	return ret;
}
