// SPDX-License-Identifier: GPL-2.0
/*
 * Make a small kernel that can be loaded and not started: "mk_small bzimage OUT",
 * "mk_small vmlinux OUT", or "mk_small pvh OUT", which is not Linux and wants to be
 * at 16 MiB.
 */
#include <elf.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <asm/bootparam.h>

#define MIB		0x100000UL
#define SECTOR		512
#define SETUP_SECTORS	4
#define VERSION_AT	0x600
#define VERSION		"6.12.0-small (nobody@nowhere) #1"

/* Where a bzImage has its setup header, and where that ends: its jump says so. */
#define HEADER_AT	0x1f1
#define HEADER_JUMP	0x202
#define HEADER_END	0x26c

/* Of a vmlinux, in the file; its memory is as large, and some more. */
#define TEXT_AT		0x1000
#define DATA_AT		0x2000
#define KERNEL_MAP	0xffffffff80000000
#define NOTE_AT		0x800

/* The note that says where to enter by PVH: XEN_ELFNOTE_PHYS32_ENTRY of Xen. */
#define NOTE_NAME	"Xen"
#define NOTE_TYPE	18

/* Of code in both. */
#define CODE_SIZE	4096UL
#define HLT		0xf4

static unsigned char file[3 * CODE_SIZE];

static size_t make_bzimage(void)
{
	struct setup_header *header = (void *)(file + HEADER_AT);
	size_t setup = (SETUP_SECTORS + 1) * SECTOR;

	header->setup_sects = SETUP_SECTORS;
	header->syssize = CODE_SIZE / 16;
	header->boot_flag = 0xaa55;
	header->jump = (HEADER_END - HEADER_JUMP) << 8 | 0xeb;
	memcpy(&header->header, "HdrS", 4);
	header->version = 0x020f;
	header->kernel_version = VERSION_AT - SECTOR;
	header->loadflags = LOADED_HIGH;
	header->xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G |
			     XLF_5LEVEL;
	header->initrd_addr_max = INT32_MAX;
	header->kernel_alignment = 2 * MIB;
	header->relocatable_kernel = 1;
	header->min_alignment = 21;
	header->cmdline_size = 2047;
	header->payload_offset = CODE_SIZE / 4;
	header->payload_length = CODE_SIZE / 2;
	header->pref_address = 16 * MIB;
	header->init_size = MIB;
	memcpy(file + VERSION_AT, VERSION, sizeof(VERSION));
	memset(file + setup, HLT, CODE_SIZE);
	return setup + CODE_SIZE;
}

static void put_segment(Elf64_Phdr *segment, uint64_t offset, uint64_t address,
			uint64_t size)
{
	segment->p_type = PT_LOAD;
	segment->p_offset = offset;
	segment->p_vaddr = KERNEL_MAP + address;
	segment->p_paddr = address;
	segment->p_filesz = CODE_SIZE;
	segment->p_memsz = size;
	segment->p_align = 2 * MIB;
}

/* Two segments and room for notes. */
static void make_elf(void)
{
	Elf64_Ehdr *elf = (void *)file;
	Elf64_Phdr *segments = (void *)(elf + 1);

	memcpy(elf->e_ident, ELFMAG, SELFMAG);
	elf->e_ident[EI_CLASS] = ELFCLASS64;
	elf->e_ident[EI_DATA] = ELFDATA2LSB;
	elf->e_ident[EI_VERSION] = EV_CURRENT;
	elf->e_type = ET_EXEC;
	elf->e_machine = EM_X86_64;
	elf->e_version = EV_CURRENT;
	elf->e_entry = 16 * MIB;
	elf->e_phoff = sizeof(*elf);
	elf->e_ehsize = sizeof(*elf);
	elf->e_phentsize = sizeof(*segments);
	elf->e_phnum = 3;
	put_segment(&segments[0], TEXT_AT, 16 * MIB, CODE_SIZE);
	put_segment(&segments[1], DATA_AT, 16 * MIB + CODE_SIZE, MIB);
	segments[2].p_type = PT_NOTE;
	memset(file + TEXT_AT, HLT, CODE_SIZE);
}

static size_t make_vmlinux(void)
{
	static const char banner[] = "Linux version " VERSION;

	make_elf();
	memcpy(file + DATA_AT, banner, sizeof(banner));
	return DATA_AT + CODE_SIZE;
}

static size_t make_pvh(void)
{
	Elf64_Phdr *notes = (Elf64_Phdr *)(file + sizeof(Elf64_Ehdr)) + 2;
	const struct {
		Elf64_Nhdr header;
		char name[sizeof(NOTE_NAME)];
		uint32_t entry;
	} note = {
		.header = { sizeof(NOTE_NAME), sizeof(note.entry), NOTE_TYPE },
		.name = NOTE_NAME,
		.entry = 16 * MIB,
	};

	make_elf();
	notes->p_offset = NOTE_AT;
	notes->p_filesz = sizeof(note);
	notes->p_align = 4;
	memcpy(file + NOTE_AT, &note, sizeof(note));
	return DATA_AT + CODE_SIZE;
}

int main(int argc, char **argv)
{
	size_t size = 0;
	FILE *out;

	if (argc == 3 && !strcmp(argv[1], "bzimage"))
		size = make_bzimage();
	else if (argc == 3 && !strcmp(argv[1], "vmlinux"))
		size = make_vmlinux();
	else if (argc == 3 && !strcmp(argv[1], "pvh"))
		size = make_pvh();
	if (!size)
		errx(2, "usage: mk_small bzimage|vmlinux|pvh OUT");
	out = fopen(argv[2], "wb");
	if (!out || fwrite(file, 1, size, out) != size || fclose(out))
		err(1, "%s", argv[2]);
	return 0;
}
