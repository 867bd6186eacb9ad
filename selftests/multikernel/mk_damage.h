/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults in files that are kernels, the same ones each time.
 */
#ifndef MK_DAMAGE_H
#define MK_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct mk_file - a kernel's image
 * @data: what is in it, with room behind for faults
 * @size: bytes of it
 * @needed: as many must be there for it to be loaded
 */
struct mk_file {
	unsigned char *data;
	size_t size;
	size_t needed;
};

/* Ends the program when it cannot. */
void mk_file_read(const char *path, struct mk_file *file);

/*
 * Makes @damaged a copy of @file with a fault, one of many for each @seed. Says
 * which kind of fault it is.
 */
const char *mk_damage(const struct mk_file *file, unsigned long seed,
		      unsigned long number, struct mk_file *damaged);

/* What mk_corpus calls in place of a program to run, if it is linked in. */
int mk_corpus_loader(int argc, char **argv) __attribute__((weak));

#endif /* MK_DAMAGE_H */
