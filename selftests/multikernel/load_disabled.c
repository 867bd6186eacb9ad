// SPDX-License-Identifier: GPL-2.0
/*
 * kexec_load_disabled=1 holds for instances too. Nothing but a reboot sets it
 * back, so this is for a machine that is thrown away afterwards, and no part
 * of run_tests.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define SYSCTL	"/proc/sys/kernel/kexec_load_disabled"
#define NAME	MK_NAME "disabled"

TEST(kexec_load_disabled_refuses_a_load_and_keeps_what_is_loaded)
{
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct multikernel_info info;
	struct mk_snapshot before;
	struct mk_image image;
	char state[32];
	__u32 id;

	mk_snapshot(&before);
	ASSERT_EQ(0, mk_create(NAME, mk_spare_cpu(0), MK_SMALL, &id));
	ASSERT_EQ(0, mk_info(id, &info, ranges));
	mk_image_loop(&image, &ranges[0]);
	ASSERT_EQ(0, mk_load(id, &image));

	ASSERT_TRUE(mk_write(SYSCTL, "1"));
	EXPECT_EQ(EPERM, mk_load(id, &image));
	EXPECT_EQ(EPERM, mk_kexec_load(0, 0, NULL, mk_load_flags(id)));
	EXPECT_EQ(-1, syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL,
			      KEXEC_MULTIKERNEL | KEXEC_FILE_UNLOAD |
			      (unsigned long)id << KEXEC_MULTIKERNEL_ID_SHIFT));
	EXPECT_EQ(EPERM, errno);
	ASSERT_TRUE(mk_instance_read(NAME, "state", state, sizeof(state)));
	EXPECT_STREQ("loaded", state);

	EXPECT_EQ(0, mk_destroy(id));
	EXPECT_TRUE(mk_snapshot_same(&before));
}

MK_TEST_MAIN(1, MK_SMALL)
