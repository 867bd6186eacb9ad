// SPDX-License-Identifier: GPL-2.0
/*
 * Make a Multiboot kernel of mb_kernel.bin: "mk_multiboot CODE OUT WORD...".
 * With the words multiboot2 elf32 if none are given, otherwise:
 *
 *	multiboot1, multiboot2	which specification
 *	elf32, elf64, addresses	how it is loaded
 *	at=ADDRESS		where it is linked to
 *	low, high		relocatable, and where it would rather be
 *	header=OFFSET		where its header is in the file
 *	tag=TYPE		a tag that it must have
 *	optional=TYPE		a tag that it may have
 *	wants=TYPE		a wish to be told of something
 *	checksum		a header with a bad checksum
 *	overlap			segments that overlap
 *	large			more memory behind it than any instance has
 */
#include <elf.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mb_kernel.h"

#define MAGIC_1		0x1badb002
#define MAGIC_2		0xe85250d6
#define PAGE		4096u
#define FILE_MAX	0x40000

/* Where code knows itself to be, which is not where it is. */
#define VIRTUAL_32	0xc0000000
#define VIRTUAL_64	0xffffffff80000000

static const char names[] = "\0mb_kernel\0names";

static struct {
	int version, bits;
	uint32_t at, header, tag, optional, wants;
	int relocatable, high, bad, overlap, large;
} want = { .version = 2, .bits = 32, .at = 0x1000000, .header = 512 };

static unsigned char file[FILE_MAX];
static uint32_t code_at, code_size, names_at, sections_at, end;

static void put(uint32_t at, const void *data, uint32_t size)
{
	if (at + size > FILE_MAX)
		errx(1, "too large");
	memcpy(file + at, data, size);
}

static uint32_t number(const char *word)
{
	return strtoul(strchr(word, '=') + 1, NULL, 0);
}

static void take_word(const char *word)
{
	if (!strncmp(word, "multiboot", 9))
		want.version = word[9] - '0';
	else if (!strncmp(word, "elf", 3))
		want.bits = atoi(word + 3);
	else if (!strcmp(word, "addresses"))
		want.bits = 0;
	else if (!strncmp(word, "at=", 3))
		want.at = number(word);
	else if (!strncmp(word, "header=", 7))
		want.header = number(word);
	else if (!strncmp(word, "tag=", 4))
		want.tag = number(word);
	else if (!strncmp(word, "optional=", 9))
		want.optional = number(word);
	else if (!strncmp(word, "wants=", 6))
		want.wants = number(word);
	else if (!strcmp(word, "low") || !strcmp(word, "high"))
		want.relocatable = 1;
	else if (!strcmp(word, "checksum"))
		want.bad = 1;
	else if (!strcmp(word, "overlap"))
		want.overlap = 1;
	else if (!strcmp(word, "large"))
		want.large = 1;
	else
		errx(2, "%s is not a word of mk_multiboot", word);
	want.high |= !strcmp(word, "high");
}

static void read_code(const char *path)
{
	FILE *in = fopen(path, "r");

	if (!in)
		err(1, "%s", path);
	code_at = (want.header + 512 + PAGE - 1) / PAGE * PAGE;
	if (code_at + MB_CODE_SIZE + PAGE > FILE_MAX)
		errx(1, "the header is too far away");
	code_size = fread(file + code_at, 1, MB_CODE_SIZE, in);
	if (!code_size || code_size == MB_CODE_SIZE)
		errx(1, "%s has no size for that", path);
	fclose(in);
	names_at = code_at + code_size;
	put(names_at, names, sizeof(names));
	sections_at = (names_at + sizeof(names) + 7) / 8 * 8;
	end = sections_at + 3 * sizeof(Elf64_Shdr);
}

/* What it has beside its code. */
static uint32_t rest_size(void)
{
	return want.large ? 0x70000000 : MB_SIZE - MB_SAYS;
}

/* Two segments, and three sections of which one is in no segment. */
#define PUT_ELF(bits, class, machine, virtual) do {			\
	Elf##bits##_Ehdr header = {					\
		.e_ident = { 0x7f, 'E', 'L', 'F', class, ELFDATA2LSB,	\
			     EV_CURRENT },				\
		.e_type = ET_EXEC, .e_machine = machine,		\
		.e_version = EV_CURRENT, .e_entry = virtual,		\
		.e_phoff = sizeof(header), .e_ehsize = sizeof(header),	\
		.e_phentsize = sizeof(Elf##bits##_Phdr), .e_phnum = 2,	\
		.e_shoff = sections_at,					\
		.e_shentsize = sizeof(Elf##bits##_Shdr), .e_shnum = 3,	\
		.e_shstrndx = 2,					\
	};								\
	Elf##bits##_Phdr load[2] = { {					\
		.p_type = PT_LOAD, .p_offset = code_at,			\
		.p_vaddr = virtual, .p_paddr = want.at,			\
		.p_filesz = code_size, .p_memsz = MB_CODE_SIZE,		\
	}, {								\
		.p_type = PT_LOAD, .p_offset = code_at,			\
		.p_vaddr = virtual + MB_SAYS,				\
		.p_paddr = want.at + (want.overlap ? 0 : MB_SAYS),	\
		.p_memsz = rest_size(),					\
	} };								\
	Elf##bits##_Shdr section[3] = { { .sh_type = SHT_NULL }, {	\
		.sh_name = 1, .sh_type = SHT_PROGBITS,			\
		.sh_flags = SHF_ALLOC, .sh_addr = virtual,		\
		.sh_offset = code_at, .sh_size = code_size,		\
	}, {								\
		.sh_name = 11, .sh_type = SHT_STRTAB,			\
		.sh_offset = names_at, .sh_size = sizeof(names),	\
	} };								\
	put(0, &header, sizeof(header));				\
	put(sizeof(header), load, sizeof(load));			\
	put(sections_at, section, sizeof(section));			\
} while (0)

static void put_elf(void)
{
	if (want.bits == 32)
		PUT_ELF(32, ELFCLASS32, EM_386, VIRTUAL_32);
	else if (want.bits == 64)
		PUT_ELF(64, ELFCLASS64, EM_X86_64, VIRTUAL_64);
}

/* Of the file from its header on. */
static void fill_addresses(uint32_t fields[4])
{
	uint32_t header = want.at - (code_at - want.header);

	fields[0] = header;
	fields[1] = header;
	fields[2] = want.at + code_size;
	fields[3] = want.at + MB_SAYS + rest_size();
}

static void put_header_1(void)
{
	uint32_t flags = 3 | (want.bits ? 0 : 0x10000);
	uint32_t header[8] = { MAGIC_1, flags, -(MAGIC_1 + flags) + want.bad };

	fill_addresses(header + 3);
	header[7] = want.at;
	put(want.header, header, sizeof(header));
}

static uint32_t put_tag(uint32_t at, uint16_t type, uint16_t flags,
			const uint32_t *data, uint32_t size)
{
	const struct {
		uint16_t type;
		uint16_t flags;
		uint32_t size;
	} tag = { type, flags, sizeof(tag) + size };

	put(at, &tag, sizeof(tag));
	put(at + sizeof(tag), data, size);
	return at + (sizeof(tag) + size + 7) / 8 * 8;
}

static void put_header_2(void)
{
	const uint32_t relocatable[] = { 0, 0xffffffff, 0x200000,
					 want.high ? 2 : 1 };
	uint32_t at = want.header + 16, header[4] = { MAGIC_2 };
	const uint32_t something[] = { 0, 0 };
	uint32_t addresses[4];

	if (want.wants)
		at = put_tag(at, 1, 0, &want.wants, sizeof(want.wants));
	if (!want.bits) {
		fill_addresses(addresses);
		at = put_tag(at, 2, 0, addresses, sizeof(addresses));
		at = put_tag(at, 3, 0, &want.at, sizeof(want.at));
	}
	if (want.relocatable)
		at = put_tag(at, 10, 0, relocatable, sizeof(relocatable));
	if (want.optional)
		at = put_tag(at, want.optional, 1, something, sizeof(something));
	if (want.tag)
		at = put_tag(at, want.tag, 0, something, sizeof(something));
	at = put_tag(at, 0, 0, something, 0);
	header[2] = at - want.header;
	header[3] = -(MAGIC_2 + header[2]) + want.bad;
	put(want.header, header, sizeof(header));
}

int main(int argc, char **argv)
{
	FILE *out;
	int i;

	if (argc < 3)
		errx(2, "usage: mk_multiboot CODE OUT WORD...");
	for (i = 3; i < argc; i++)
		take_word(argv[i]);
	read_code(argv[1]);
	put_elf();
	if (want.version == 1)
		put_header_1();
	else
		put_header_2();
	out = fopen(argv[2], "w");
	if (!out || fwrite(file, 1, end, out) != end || fclose(out))
		err(1, "%s", argv[2]);
	return 0;
}
