/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Layout of the image that is not a kernel, in the page that it runs in.
 * Between mk_loop.S and mk_loop.c.
 */
#ifndef MK_LOOP_H
#define MK_LOOP_H

/* Where the steps, the word to go on, and the count are. */
#define MK_LOOP_STEPS		0x100
#define MK_LOOP_GO		0x7f8	/* not zero: somebody said go */
#define MK_LOOP_COUNT		0x800
#define MK_LOOP_MAX_STEPS	((MK_LOOP_GO - MK_LOOP_STEPS) / MK_STEP_SIZE)

/* Offsets in struct mk_step. */
#define MK_STEP_SIZE		16
#define MK_STEP_OP		0
#define MK_STEP_ARG		4
#define MK_STEP_VALUE		8

/* What a step does. Zero ends the list. */
#define MK_STEP_WRITE_MSR	1	/* value to MSR arg */
#define MK_STEP_READ_MSR	2	/* MSR arg to value */
#define MK_STEP_STORE_BYTE	3	/* low byte of arg to address value */
#define MK_STEP_STORE_WORD	4	/* low word of arg to address value */
#define MK_STEP_WAIT		5	/* for mk_loop_go() */

#endif /* MK_LOOP_H */
