// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in files that are kernels, the same ones each time. Most faults are where
 * a loader looks: in headers, wherever they are in the file.
 */
#include <elf.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mk_damage.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* Room for what is written or appended behind the end. */
#define SLACK		8192

/* Where the headers of a bzImage are: Documentation/arch/x86/boot.rst. */
#define PE_POINTER	0x3c
#define SETUP_HEADER	0x1f1
#define SETUP_SIZE	0x1f4
#define SETUP_MAGIC	0x202
#define SETUP_END	0x290
#define PARAGRAPH	16

/* How far into a file a Multiboot header may be, and what it is. */
#define MULTIBOOT_SEARCH	32768
#define MULTIBOOT_MAGIC		0x1badb002
#define MULTIBOOT2_MAGIC	0xe85250d6
#define MULTIBOOT_MIN		12

struct span {
	size_t start;
	size_t size;
};

static struct span spans[16];
static unsigned int nr_spans;
static uint64_t state;

/* SplitMix64, by Sebastiano Vigna: public domain. */
static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static size_t below(size_t limit)
{
	return limit ? next() % limit : 0;
}

static uint64_t read_at(const struct mk_file *file, size_t at, size_t bytes)
{
	uint64_t value = 0;

	if (at < file->size && bytes <= file->size - at)
		memcpy(&value, file->data + at, bytes);
	return value;
}

/* What of this the file has is worth a fault. */
static void add_span(const struct mk_file *file, size_t start, size_t length)
{
	size_t size = file->size;

	if (start >= size || nr_spans == ARRAY_SIZE(spans))
		return;
	spans[nr_spans].start = start;
	spans[nr_spans++].size = length < size - start ? length : size - start;
}

static void need(struct mk_file *file, size_t size)
{
	if (size > file->needed)
		file->needed = size;
}

#define ADD_ELF(file, bits) do {					\
	struct mk_file *elf = (file);					\
	Elf##bits##_Ehdr header;					\
	Elf##bits##_Phdr load;						\
	unsigned int i;							\
									\
	memcpy(&header, elf->data, sizeof(header));			\
	add_span(elf, 0, sizeof(header));				\
	add_span(elf, header.e_phoff, sizeof(load) * header.e_phnum);	\
	add_span(elf, header.e_shoff,					\
		 sizeof(Elf##bits##_Shdr) * header.e_shnum);		\
	need(elf, header.e_phoff + sizeof(load) * header.e_phnum);	\
	for (i = 0; i < header.e_phnum; i++) {				\
		memcpy(&load, elf->data + header.e_phoff +		\
		       i * sizeof(load), sizeof(load));			\
		if (load.p_type == PT_LOAD)				\
			need(elf, load.p_offset + load.p_filesz);	\
	}								\
} while (0)

static void add_elf(struct mk_file *file)
{
	if (file->size < sizeof(Elf64_Ehdr) ||
	    memcmp(file->data, ELFMAG, SELFMAG))
		return;
	if (file->data[EI_CLASS] == ELFCLASS64)
		ADD_ELF(file, 64);
	else
		ADD_ELF(file, 32);
}

/* Its size is in paragraphs, of which the last one need not be whole. */
static void add_bzimage(struct mk_file *file)
{
	size_t setup = (read_at(file, SETUP_HEADER, 1) + 1) * 512;

	if (file->size < SETUP_END || memcmp(file->data + SETUP_MAGIC, "HdrS", 4))
		return;
	add_span(file, SETUP_HEADER, SETUP_END - SETUP_HEADER);
	add_span(file, SETUP_HEADER, SETUP_END - SETUP_HEADER);
	add_span(file, read_at(file, PE_POINTER, 4), 256);
	add_span(file, setup + read_at(file, 0x268, 4), 64);
	need(file, setup + read_at(file, SETUP_SIZE, 4) * PARAGRAPH -
	     PARAGRAPH + 1);
}

static void add_multiboot(struct mk_file *file)
{
	size_t at;

	for (at = 0; at < MULTIBOOT_SEARCH && at < file->size; at += 4) {
		uint32_t word = read_at(file, at, 4);

		if (word != MULTIBOOT_MAGIC && word != MULTIBOOT2_MAGIC)
			continue;
		add_span(file, at, 128);
		need(file, at + MULTIBOOT_MIN);
	}
}

void mk_file_read(const char *path, struct mk_file *file)
{
	FILE *in = fopen(path, "rb");
	long length;

	if (!in || fseek(in, 0, SEEK_END))
		err(2, "%s", path);
	length = ftell(in);
	rewind(in);
	file->size = length;
	file->data = length > 0 ? calloc(1, length + SLACK) : NULL;
	if (!file->data || fread(file->data, 1, length, in) != file->size)
		errx(2, "%s: cannot be read", path);
	fclose(in);
	file->needed = 1;
	nr_spans = 0;
	add_elf(file);
	add_bzimage(file);
	add_multiboot(file);
	if (!nr_spans)
		errx(2, "%s: it is no kernel that is known here", path);
}

static size_t hot_spot(void)
{
	const struct span *span = &spans[below(nr_spans)];

	return span->start + below(span->size);
}

/* Sizes and addresses that loaders trip over. */
static uint64_t hostile(size_t size, uint64_t old)
{
	const uint64_t values[] = {
		0, 1, 3, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0xfffff,
		0x100000, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff,
		0x100000000, INT64_MAX, (uint64_t)INT64_MIN, -4096, -1,
		size - 1, size, size + 1, size / 2, next(), next() >> 32,
		old - 1, old + 1, old << 1, old << 12, -old,
	};

	return values[below(ARRAY_SIZE(values))];
}

static void overwrite(struct mk_file *file)
{
	size_t bytes = (size_t)1 << below(4);
	size_t at = hot_spot();
	uint64_t value;

	if (next() & 1)
		at &= ~(bytes - 1);
	value = hostile(file->size, read_at(file, at, bytes));
	memcpy(file->data + at, &value, bytes);
}

static void flip(struct mk_file *file, size_t at)
{
	file->data[at] ^= 1u << below(8);
}

static void swap(struct mk_file *file, size_t a, size_t b)
{
	uint64_t word;

	memcpy(&word, file->data + a, sizeof(word));
	memmove(file->data + a, file->data + b, sizeof(word));
	memcpy(file->data + b, &word, sizeof(word));
}

/* Where, half of the time in a header. */
static void cut(struct mk_file *file)
{
	file->size = next() & 1 ? hot_spot() : below(file->size);
}

static void append(struct mk_file *file)
{
	size_t more = 1 + below(SLACK);

	while (more--)
		file->data[file->size++] = next();
}

static const char *add_fault(struct mk_file *file)
{
	size_t times = 1 + below(8), at;

	switch (below(8)) {
	case 0:
		cut(file);
		return "cut";
	case 1:
		while (times--)
			flip(file, hot_spot());
		return "bits of headers flipped";
	case 2:
		at = hot_spot();
		memset(file->data + at, next() & 1 ? 0 : 0xff, 1 + below(64));
		return "a part of a header erased";
	case 3:
		while (times--)
			flip(file, below(file->size));
		return "bits flipped";
	case 4:
		swap(file, hot_spot(), hot_spot());
		return "words of headers swapped";
	case 5:
		append(file);
		return "longer";
	}
	for (times = 1 + below(3); times; times--)
		overwrite(file);
	return "hostile numbers in headers";
}

const char *mk_damage(const struct mk_file *file, unsigned long seed,
		      unsigned long number, struct mk_file *damaged)
{
	if (!damaged->data)
		damaged->data = malloc(file->size + SLACK);
	if (!damaged->data)
		errx(2, "too little memory");
	memcpy(damaged->data, file->data, file->size + SLACK);
	damaged->size = file->size;
	damaged->needed = file->needed;
	state = (uint64_t)seed << 32 ^ number;
	return add_fault(damaged);
}
