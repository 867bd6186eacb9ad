// SPDX-License-Identifier: GPL-2.0-only
/*
 * asm/multikernel.h: the structures as every program was compiled with them.
 * These numbers never change; what is added comes after. There is no padding, so
 * that where each field ends says where it starts.
 */
#include <kunit/test.h>

#include <linux/kexec.h>
#include <linux/stddef.h>

#include <uapi/asm/multikernel.h>

static void uapi_range(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_range, start), 8);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_range, size), 16);
	KUNIT_EXPECT_EQ(test, sizeof(struct multikernel_range), 16);
}

static void uapi_create(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, size), 4);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, flags), 8);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, name), 40);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, cpus), 48);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, cpus_size),
			52);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, node), 56);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, memory),
			64);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, uart), 68);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, id), 72);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, fixed),
			80);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, nr_fixed),
			84);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_create, reserved),
			88);
	KUNIT_EXPECT_EQ(test, sizeof(struct multikernel_create), 88);
}

static void uapi_info(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, size), 4);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, flags), 8);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, id), 12);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, uart), 16);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, low), 32);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, platform),
			48);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, ranges), 56);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, nr_ranges),
			60);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, tsc_khz),
			64);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_info, rsdp), 72);
	KUNIT_EXPECT_EQ(test, sizeof(struct multikernel_info), 72);
}

static void uapi_boot(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, size), 4);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, flags), 8);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, id), 12);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, entry), 16);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, boot_params),
			24);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, on_crash),
			28);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, max_restarts),
			32);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, eax), 36);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, ebx), 40);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, cmdline),
			48);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, rsdp_v1),
			56);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_boot, rsdp_v2),
			64);
	KUNIT_EXPECT_EQ(test, sizeof(struct multikernel_boot), 64);
}

static void uapi_start(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_start, size), 4);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_start, flags), 8);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_start, id), 12);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_start, reserved),
			16);
	KUNIT_EXPECT_EQ(test, sizeof(struct multikernel_start), 16);
}

static void uapi_stop(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_stop, size), 4);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_stop, flags), 8);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_stop, id), 12);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_stop, timeout_ms),
			16);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_stop, rung), 20);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_stop, reserved),
			24);
	KUNIT_EXPECT_EQ(test, sizeof(struct multikernel_stop), 24);
}

static void uapi_destroy(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_destroy, size), 4);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_destroy, flags),
			8);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_destroy, id), 12);
	KUNIT_EXPECT_EQ(test, offsetofend(struct multikernel_destroy, reserved),
			16);
	KUNIT_EXPECT_EQ(test, sizeof(struct multikernel_destroy), 16);
}

static void uapi_ioctls(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_CREATE, 0xb900);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_DESTROY, 0xb901);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_INFO, 0xb902);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_BOOT, 0xb903);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_START, 0xb904);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_STOP, 0xb905);
}

static void uapi_constants(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_NAME_SIZE, 32);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_NODE_ANY, -1);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_UART_NONE, 0);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_UART_COM1, 1);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_UART_COM2, 2);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_UART_COM3, 3);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_UART_COM4, 4);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_ENTRY_LINUX64, 0);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_ENTRY_FLAT32, 1);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_BOOT_DECOY_BSP, 1);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_BOOT_DECOY_IOAPIC, 2);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_BOOT_NO_SETUP_DATA, 4);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_ON_CRASH_STOP, 0);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_ON_CRASH_RESTART, 1);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_MAX_RESTARTS, 1000);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_CREATE_WHOLE_CORES, 1);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_STOP_FORCE, 1);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_RUNG_NONE, 0);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_RUNG_ASK, 1);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_RUNG_NMI, 2);
	KUNIT_EXPECT_EQ(test, MULTIKERNEL_RUNG_INIT, 3);
}

static void uapi_kexec_load(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, KEXEC_MULTIKERNEL, 0x100);
	KUNIT_EXPECT_EQ(test, KEXEC_MULTIKERNEL_ID_SHIFT, 32);
}

static struct kunit_case uapi_cases[] = {
	KUNIT_CASE(uapi_range),
	KUNIT_CASE(uapi_create),
	KUNIT_CASE(uapi_info),
	KUNIT_CASE(uapi_boot),
	KUNIT_CASE(uapi_start),
	KUNIT_CASE(uapi_stop),
	KUNIT_CASE(uapi_destroy),
	KUNIT_CASE(uapi_ioctls),
	KUNIT_CASE(uapi_constants),
	KUNIT_CASE(uapi_kexec_load),
	{}
};

static struct kunit_suite uapi_suite = {
	.name = "multikernel_uapi",
	.test_cases = uapi_cases,
};

kunit_test_suite(uapi_suite);
