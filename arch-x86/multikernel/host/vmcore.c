// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/multikernel/NAME/vmcore: an instance's memory as an ELF core file,
 * of the kind that /proc/vmcore is, so that the same programs can open it: the
 * headers, a copy of its note, which crash wants before all memory, then its
 * memory below 1 MiB and the other pieces.
 *
 * The spawned kernel is not needed for it, so it can have a panic, hang, be
 * stopped, or run. Of what it says this kernel looks at the note's sizes alone,
 * and makes sure that what the headers refer to is in the file.
 */
#include <linux/align.h>
#include <linux/capability.h>
#include <linux/elf.h>
#include <linux/elfcore.h>
#include <linux/minmax.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include <asm/page.h>

#include "../internal.h"

/* The note, the kernel itself, memory below 1 MiB and the other pieces. */
#define MAX_SEGMENTS	(3 + MULTIKERNEL_MAX_RANGES)

static_assert(sizeof(struct elf64_hdr) +
	      MAX_SEGMENTS * sizeof(struct elf64_phdr) <= PAGE_SIZE);

/* Behind the headers. One that is longer is none that Linux would write. */
#define NOTE_OFFSET	PAGE_SIZE
#define MAX_NOTE	(MK_VMCORE_HEADER - NOTE_OFFSET)

static unsigned int nr_pieces(const struct mk_machine *machine)
{
	return 1 + machine->memory.nr;
}

static const struct multikernel_range *
piece_of(const struct mk_machine *machine, unsigned int i)
{
	return i ? &machine->memory.range[i - 1] : &machine->low;
}

/**
 * mk_vmcore_size - tell how long the file is
 * @machine: the instance's machine
 *
 * Return: bytes.
 */
u64 mk_vmcore_size(const struct mk_machine *machine)
{
	return MK_VMCORE_HEADER + machine->low.size +
	       mk_memory_size(&machine->memory);
}

/* Where in the file some memory is, all of it in one piece, or zero. */
static u64 offset_of(const struct mk_machine *machine, u64 start, u64 size)
{
	const struct multikernel_range *piece;
	u64 offset = MK_VMCORE_HEADER;
	unsigned int i;

	for (i = 0; i < nr_pieces(machine); i++) {
		piece = piece_of(machine, i);
		if (start >= piece->start &&
		    start - piece->start < piece->size &&
		    size <= piece->size - (start - piece->start))
			return offset + start - piece->start;
		offset += piece->size;
	}
	return 0;
}

/* Bytes of the note at an address, or zero when it is none. */
static u64 note_size(const struct mk_machine *machine, u64 address)
{
	struct elf64_note note;
	u64 size = sizeof(note);

	if (!IS_ALIGNED(address, 4) || !offset_of(machine, address, size) ||
	    copy_mc_to_kernel(&note, __va(address), sizeof(note)))
		return 0;
	size += ALIGN((u64)note.n_namesz, 4) + ALIGN((u64)note.n_descsz, 4);
	if (size > MAX_NOTE || !offset_of(machine, address, size))
		return 0;
	return size;
}

static void add_segment(struct elf64_hdr *elf, const struct elf64_phdr *segment)
{
	struct elf64_phdr *segments = (void *)(elf + 1);

	segments[elf->e_phnum++] = *segment;
}

static void add_note(struct elf64_hdr *elf, const struct mk_machine *machine,
		     const struct mk_abi_dump *dump)
{
	u64 size = dump->note ? note_size(machine, dump->note) : 0;

	if (!size || copy_mc_to_kernel((void *)elf + NOTE_OFFSET,
				       __va(dump->note), size))
		return;
	add_segment(elf, &(struct elf64_phdr) {
		.p_type = PT_NOTE,
		.p_offset = NOTE_OFFSET,
		.p_filesz = size,
		.p_memsz = size,
	});
}

/* Memory that is in the file at a virtual address. */
static void add_memory(struct elf64_hdr *elf, const struct mk_machine *machine,
		       u64 virtual, u64 start, u64 size)
{
	u64 offset = offset_of(machine, start, size);

	if (!offset)
		return;
	add_segment(elf, &(struct elf64_phdr) {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = offset,
		.p_vaddr = virtual,
		.p_paddr = start,
		.p_filesz = size,
		.p_memsz = size,
	});
}

/**
 * mk_vmcore_describe - write what comes before the memory in the file
 * @machine: the instance's machine
 * @dump: what the spawned kernel says of its memory; nothing in it is trusted
 * @header: MK_VMCORE_HEADER bytes for it
 *
 * Without the note's address nothing is known of virtual ones: all are zero.
 *
 * Context: any; reads the instance's memory.
 */
void mk_vmcore_describe(const struct mk_machine *machine,
			const struct mk_abi_dump *dump, void *header)
{
	const struct multikernel_range *piece;
	struct elf64_hdr *elf = header;
	unsigned int i;

	memset(header, 0, MK_VMCORE_HEADER);
	memcpy(elf->e_ident, ELFMAG, SELFMAG);
	elf->e_ident[EI_CLASS] = ELFCLASS64;
	elf->e_ident[EI_DATA] = ELFDATA2LSB;
	elf->e_ident[EI_VERSION] = EV_CURRENT;
	elf->e_type = ET_CORE;
	elf->e_machine = EM_X86_64;
	elf->e_version = EV_CURRENT;
	elf->e_phoff = sizeof(*elf);
	elf->e_ehsize = sizeof(*elf);
	elf->e_phentsize = sizeof(struct elf64_phdr);

	add_note(elf, machine, dump);
	if (dump->note && dump->text_size)
		add_memory(elf, machine, dump->text, dump->text_phys,
			   dump->text_size);
	for (i = 0; i < nr_pieces(machine); i++) {
		piece = piece_of(machine, i);
		add_memory(elf, machine, dump->note ?
			   dump->page_offset + piece->start : 0,
			   piece->start, piece->size);
	}
}

static ssize_t read_header(const struct mk_machine *machine, char *buf,
			   u64 offset, size_t count)
{
	void *header = kvmalloc(MK_VMCORE_HEADER, GFP_KERNEL);
	struct mk_abi_dump dump;

	if (!header)
		return -ENOMEM;
	mk_control_dump(machine->platform, &dump);
	mk_vmcore_describe(machine, &dump, header);
	count = min_t(u64, count, MK_VMCORE_HEADER - offset);
	memcpy(buf, header + offset, count);
	kvfree(header);
	return count;
}

/* A page may be broken: that of a kernel that died of it. */
static ssize_t read_memory(const struct mk_machine *machine, char *buf,
			   u64 offset, size_t count)
{
	const struct multikernel_range *piece;
	unsigned int i;

	for (i = 0; i < nr_pieces(machine); i++) {
		piece = piece_of(machine, i);
		if (offset >= piece->size) {
			offset -= piece->size;
			continue;
		}
		count = min_t(u64, count, piece->size - offset);
		if (copy_mc_to_kernel(buf, __va(piece->start + offset), count))
			return -EIO;
		return count;
	}
	return 0;
}

/* Nothing has run in it before. */
static bool has_run(const struct mk_instance *instance)
{
	return !instance->gone && instance->state != MK_CREATED &&
	       instance->state != MK_LOADED;
}

/**
 * mk_may_look - ask whether somebody may read an instance's memory
 * @file: what it is read from; who opened it is asked for
 *
 * Return: 0; -EPERM when it may not, or when this kernel is locked down.
 */
int mk_may_look(struct file *file)
{
	if (!file_ns_capable(file, &init_user_ns, CAP_SYS_RAWIO))
		return -EPERM;
	return security_locked_down(LOCKDOWN_KCORE);
}

/* The lock keeps the instance's memory its own. */
static ssize_t vmcore_read(struct file *file, struct kobject *kobj,
			   struct bin_attribute *attr, char *buf, loff_t offset,
			   size_t count)
{
	struct mk_instance *instance =
		container_of(kobj, struct mk_instance, kobj);
	const struct mk_machine *machine = &instance->machine;
	ssize_t ret = mk_may_look(file);

	if (ret)
		return ret;
	if (mutex_lock_killable(&instance->lock))
		return -EINTR;
	if (!has_run(instance))
		ret = -ENODATA;
	else if (offset < MK_VMCORE_HEADER)
		ret = read_header(machine, buf, offset, count);
	else
		ret = read_memory(machine, buf, offset - MK_VMCORE_HEADER,
				  count);
	mutex_unlock(&instance->lock);
	return ret;
}

/**
 * mk_vmcore_add - make the file
 * @instance: the instance, whose directory is there; the file goes with it
 *
 * Context: process.
 * Return: 0, or what sysfs_create_bin_file() says.
 */
int mk_vmcore_add(struct mk_instance *instance)
{
	struct bin_attribute *file = &instance->vmcore;

	sysfs_bin_attr_init(file);
	file->attr.name = "vmcore";
	file->attr.mode = 0400;
	file->size = mk_vmcore_size(&instance->machine);
	file->read = vmcore_read;
	return sysfs_create_bin_file(&instance->kobj, file);
}
