// SPDX-License-Identifier: GPL-2.0-only
/*
 * Say what a file's SHA-256 is, where IMA looks for it.
 *
 * Usage: mk_label FILE DIGEST
 *
 * Sets security.ima: a digest, of which kind, and its bytes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define DIGEST_NG	0x04	/* enum evm_ima_xattr_type */
#define SHA256		4	/* enum hash_algo */
#define DIGEST_SIZE	32

int main(int argc, char **argv)
{
	unsigned char label[2 + DIGEST_SIZE] = { DIGEST_NG, SHA256 };
	unsigned int byte;
	int i;

	if (argc != 3 || strlen(argv[2]) != 2 * DIGEST_SIZE) {
		fprintf(stderr, "usage: mk_label FILE DIGEST\n");
		return 2;
	}
	for (i = 0; i < DIGEST_SIZE; i++) {
		if (sscanf(argv[2] + 2 * i, "%2x", &byte) != 1)
			return 2;
		label[2 + i] = byte;
	}
	if (setxattr(argv[1], "security.ima", label, sizeof(label), 0)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
