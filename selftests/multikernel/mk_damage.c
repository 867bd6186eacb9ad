// SPDX-License-Identifier: GPL-2.0
/*
 * Damage a kernel's image: mk_damage SEED NUMBER FILE writes FILE to standard
 * output with a fault in it, the same one for the same SEED and NUMBER. Most
 * faults are where a loader looks: in headers, wherever they are in the file.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* Room for what is written or appended behind the end. */
#define SLACK		8192

/* Where the headers of a bzImage are: Documentation/arch/x86/boot.rst. */
#define SETUP_HEADER	0x1f1
#define SETUP_END	0x290
#define SETUP_MAGIC	0x202
#define PE_POINTER	0x3c

/* How far into a file a Multiboot header may be. */
#define MULTIBOOT_SEARCH	32768

struct span {
	size_t start;
	size_t size;
};

static unsigned char *data;
static size_t size;
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

static uint64_t read_at(size_t at, size_t bytes)
{
	uint64_t value = 0;

	if (at < size && bytes <= size - at)
		memcpy(&value, data + at, bytes);
	return value;
}

/* What of this the file has is worth a fault. */
static void add_span(size_t start, size_t length)
{
	if (start >= size || nr_spans == ARRAY_SIZE(spans))
		return;
	spans[nr_spans].start = start;
	spans[nr_spans++].size = length < size - start ? length : size - start;
}

static void add_elf(void)
{
	const Elf64_Ehdr *wide = (const void *)data;
	const Elf32_Ehdr *narrow = (const void *)data;

	if (size < sizeof(*wide) || memcmp(data, ELFMAG, SELFMAG))
		return;
	add_span(0, sizeof(*wide));
	if (data[EI_CLASS] == ELFCLASS64) {
		add_span(wide->e_phoff, sizeof(Elf64_Phdr) * wide->e_phnum);
		add_span(wide->e_shoff, sizeof(Elf64_Shdr) * wide->e_shnum);
	} else {
		add_span(narrow->e_phoff, sizeof(Elf32_Phdr) * narrow->e_phnum);
		add_span(narrow->e_shoff, sizeof(Elf32_Shdr) * narrow->e_shnum);
	}
}

static void add_bzimage(void)
{
	size_t setup = (read_at(SETUP_HEADER, 1) + 1) * 512;

	if (size < SETUP_END || memcmp(data + SETUP_MAGIC, "HdrS", 4))
		return;
	add_span(SETUP_HEADER, SETUP_END - SETUP_HEADER);
	add_span(SETUP_HEADER, SETUP_END - SETUP_HEADER);
	add_span(read_at(PE_POINTER, 4), 256);
	add_span(setup + read_at(0x268, 4), 64);
}

static void add_multiboot(void)
{
	size_t at;

	for (at = 0; at < MULTIBOOT_SEARCH && at < size; at += 4) {
		uint32_t word = read_at(at, 4);

		if (word == 0x1badb002 || word == 0xe85250d6)
			add_span(at, 128);
	}
}

static void find_spans(void)
{
	add_elf();
	add_bzimage();
	add_multiboot();
	if (!nr_spans)
		add_span(0, 4096);
}

static size_t hot_spot(void)
{
	const struct span *span = &spans[below(nr_spans)];

	return span->start + below(span->size);
}

/* Sizes and addresses that loaders trip over. */
static uint64_t hostile(void)
{
	const uint64_t values[] = {
		0, 1, 3, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0xfffff,
		0x100000, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff,
		0x100000000, INT64_MAX, (uint64_t)INT64_MIN, -4096, -1,
		size - 1, size, size + 1, size / 2, next(), next() >> 32,
	};

	return values[below(ARRAY_SIZE(values))];
}

static void overwrite(void)
{
	uint64_t value = hostile();
	size_t bytes = (size_t)1 << below(4);
	size_t at = hot_spot();

	if (next() & 1)
		at &= ~(bytes - 1);
	memcpy(data + at, &value, bytes);
}

static void flip(size_t at)
{
	data[at] ^= 1u << below(8);
}

static void swap(size_t a, size_t b)
{
	uint64_t word;

	memcpy(&word, data + a, sizeof(word));
	memmove(data + a, data + b, sizeof(word));
	memcpy(data + b, &word, sizeof(word));
}

static void damage(void)
{
	size_t i, at;

	switch (below(8)) {
	case 0:
		size = below(next() & 1 && size > 65536 ? 65536 : size);
		break;
	case 1:
		for (i = 1 + below(8); i; i--)
			flip(hot_spot());
		break;
	case 2:
		at = hot_spot();
		memset(data + at, next() & 1 ? 0 : 0xff, 1 + below(64));
		break;
	case 3:
		for (i = 1 + below(8); i; i--)
			flip(below(size));
		break;
	case 4:
		swap(hot_spot(), hot_spot());
		break;
	case 5:
		at = 1 + below(SLACK);
		for (i = 0; i < at; i++)
			data[size++] = next();
		break;
	default:
		for (i = 1 + below(3); i; i--)
			overwrite();
	}
}

static void read_image(const char *path)
{
	FILE *file = fopen(path, "rb");
	long length;

	if (!file || fseek(file, 0, SEEK_END) || (length = ftell(file)) <= 0) {
		perror(path);
		exit(1);
	}
	rewind(file);
	size = length;
	data = calloc(1, size + SLACK);
	if (!data || fread(data, 1, size, file) != size) {
		perror(path);
		exit(1);
	}
	fclose(file);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: mk_damage SEED NUMBER FILE\n");
		return 2;
	}
	read_image(argv[3]);
	find_spans();
	state = strtoull(argv[1], NULL, 0) << 32 ^ strtoull(argv[2], NULL, 0);
	damage();
	return fwrite(data, 1, size, stdout) == size && !fflush(stdout) ? 0 : 1;
}
