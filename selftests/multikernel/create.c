// SPDX-License-Identifier: GPL-2.0
/*
 * MULTIKERNEL_CREATE and what all ioctls have in common: each bad request is
 * refused with its errno, and takes nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME	MK_NAME "create"

FIXTURE(create)
{
	struct mk_snapshot before;
	struct multikernel_create request;
	__u64 cpus[2];
	int cpu;
	int log;
};

FIXTURE_SETUP(create)
{
	mk_begin(&self->before);
	self->log = mk_log_open();
	self->cpu = mk_spare_cpu(0);
	self->cpus[0] = 1ULL << self->cpu;
	self->request = (struct multikernel_create) {
		.size = sizeof(self->request),
		.name = NAME,
		.cpus = (uintptr_t)self->cpus,
		.cpus_size = sizeof(self->cpus),
		.node = MULTIKERNEL_NODE_ANY,
		.memory = MK_SMALL,
	};
}

FIXTURE_TEARDOWN(create)
{
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

/* Refused with that errno, and with a line in the log that says why. */
#define EXPECT_REFUSED(err, why)					\
do {									\
	EXPECT_EQ(err, mk_create_with(&self->request));			\
	EXPECT_TRUE(mk_log_contains(self->log, "multikernel: " NAME ": ", why)); \
} while (0)

TEST_F(create, makes_an_instance_that_is_all_in_sysfs)
{
	char text[128], expected[32];

	ASSERT_EQ(0, mk_create_with(&self->request));
	EXPECT_NE(0, self->request.id);
	EXPECT_FALSE(mk_cpu_online(self->cpu));
	EXPECT_EQ(self->before.memory_total + (long long)MK_SMALL,
		  mk_read_number(MK_SYSFS "/memory_total"));
	EXPECT_EQ(self->before.low_slots_free - 1,
		  mk_read_number(MK_SYSFS "/low_slots_free"));
	ASSERT_TRUE(mk_instance_read(NAME, "state", text, sizeof(text)));
	EXPECT_STREQ("created", text);
	ASSERT_TRUE(mk_instance_read(NAME, "cpus", text, sizeof(text)));
	snprintf(expected, sizeof(expected), "%d", self->cpu);
	EXPECT_STREQ(expected, text);
	ASSERT_TRUE(mk_instance_read(NAME, "id", text, sizeof(text)));
	snprintf(expected, sizeof(expected), "%u", self->request.id);
	EXPECT_STREQ(expected, text);
	ASSERT_TRUE(mk_instance_read(NAME, "memory", text, sizeof(text)));
	EXPECT_EQ(MK_SMALL, strtoul(text, NULL, 10));
	EXPECT_EQ(0, mk_destroy(self->request.id));
}

TEST_F(create, gives_an_instance_memory_that_the_host_has_not)
{
	struct multikernel_range ranges[MULTIKERNEL_MAX_RANGES];
	struct multikernel_info info;
	unsigned long sum = 0;
	__u32 i;

	ASSERT_EQ(0, mk_create_with(&self->request));
	ASSERT_EQ(0, mk_info(self->request.id, &info, ranges));
	ASSERT_LE(1, info.nr_ranges);
	ASSERT_GE(MULTIKERNEL_MAX_RANGES, info.nr_ranges);
	for (i = 0; i < info.nr_ranges; i++) {
		EXPECT_EQ(0, ranges[i].start % (2 * MK_MIB));
		if (i)
			EXPECT_LT(ranges[i - 1].start + ranges[i - 1].size,
				  ranges[i].start);
		sum += ranges[i].size;
	}
	EXPECT_EQ(MK_SMALL, sum);
	EXPECT_GE(MK_MIB, info.low.start + info.low.size);
	EXPECT_LT(0, info.low.size);
	EXPECT_LE(ranges[0].start, info.platform.start);
	EXPECT_LE(info.platform.start, info.rsdp);
	EXPECT_GT(info.platform.start + info.platform.size, info.rsdp);
	EXPECT_EQ(0, mk_destroy(self->request.id));
}

/* Names */

FIXTURE(name)
{
	struct mk_snapshot before;
};

FIXTURE_VARIANT(name)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(name, empty) {
	.name = "",
};

FIXTURE_VARIANT_ADD(name, too_long) {
	.name = "abcdefghijklmnopqrstuvwxyz012345",
};

FIXTURE_VARIANT_ADD(name, with_slash) {
	.name = MK_NAME "a/b",
};

FIXTURE_VARIANT_ADD(name, only_slash) {
	.name = "/",
};

FIXTURE_VARIANT_ADD(name, parent_directory) {
	.name = "..",
};

FIXTURE_VARIANT_ADD(name, digit_first) {
	.name = "1" MK_NAME,
};

FIXTURE_VARIANT_ADD(name, dash_first) {
	.name = "-" MK_NAME,
};

FIXTURE_VARIANT_ADD(name, with_space) {
	.name = MK_NAME "a b",
};

FIXTURE_VARIANT_ADD(name, with_newline) {
	.name = MK_NAME "a\n",
};

FIXTURE_VARIANT_ADD(name, with_high_bit) {
	.name = MK_NAME "\xe4",
};

FIXTURE_SETUP(name)
{
	mk_begin(&self->before);
}

FIXTURE_TEARDOWN(name)
{
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

TEST_F(name, is_refused)
{
	__u64 cpus = 1ULL << mk_spare_cpu(0);
	struct multikernel_create request = {
		.size = sizeof(request),
		.cpus = (uintptr_t)&cpus,
		.cpus_size = sizeof(cpus),
		.node = MULTIKERNEL_NODE_ANY,
		.memory = MK_SMALL,
	};

	memcpy(request.name, variant->name,
	       strnlen(variant->name, sizeof(request.name)));
	EXPECT_EQ(EINVAL, mk_create_with(&request));
	if (request.id)
		mk_destroy(request.id);
}

TEST_F(create, refuses_a_name_that_is_taken)
{
	struct multikernel_create again = self->request;
	__u64 other = 1ULL << mk_spare_cpu(1);

	if (mk_spare_cpu(1) < 0)
		SKIP(return, "needs two CPUs beside CPU 0");
	ASSERT_EQ(0, mk_create_with(&self->request));
	again.cpus = (uintptr_t)&other;
	again.cpus_size = sizeof(other);
	EXPECT_EQ(EEXIST, mk_create_with(&again));
	EXPECT_TRUE(mk_log_contains(self->log, NAME, "the name is taken"));
	EXPECT_TRUE(mk_cpu_online(mk_spare_cpu(0)));
	EXPECT_EQ(0, mk_destroy(self->request.id));
}

TEST_F(create, refuses_the_name_of_a_file_beside_the_instances)
{
	int log = mk_log_open();
	int err;

	snprintf(self->request.name, MULTIKERNEL_NAME_SIZE, "memory_total");
	err = mk_create_with(&self->request);
	EXPECT_TRUE(err == EEXIST || err == EINVAL) TH_LOG("errno %d", err);
	EXPECT_FALSE(mk_log_contains(log, "sysfs: cannot create", "duplicate"));
	if (!err)
		mk_destroy(self->request.id);
}

/* CPUs */

TEST_F(create, refuses_the_boot_processor)
{
	self->cpus[0] = 1;
	EXPECT_REFUSED(EOPNOTSUPP, "boot processor");
}

TEST_F(create, refuses_the_boot_processor_among_others)
{
	self->cpus[0] |= 1;
	EXPECT_REFUSED(EOPNOTSUPP, "CPU 0 is the boot processor");
}

TEST_F(create, refuses_no_cpu_at_all)
{
	self->cpus[0] = 0;
	EXPECT_REFUSED(EINVAL, "CPU");
}

TEST_F(create, refuses_an_absent_cpu)
{
	self->cpus[0] |= 1ULL << 63;
	EXPECT_EQ(ENODEV, mk_create_with(&self->request));
	EXPECT_TRUE(mk_log_contains(self->log, "multikernel: ",
				    "there is no CPU 63"));
}

TEST_F(create, refuses_a_cpu_beyond_the_possible_ones)
{
	__u64 many[1024] = { [1023] = 1ULL << 63 };

	self->request.cpus = (uintptr_t)many;
	self->request.cpus_size = sizeof(many);
	EXPECT_EQ(ENODEV, mk_create_with(&self->request));
}

TEST_F(create, refuses_an_offline_cpu)
{
	ASSERT_EQ(0, mk_cpu_set_online(self->cpu, false));
	EXPECT_REFUSED(ENXIO, "is offline");
	EXPECT_EQ(0, mk_cpu_set_online(self->cpu, true));
}

TEST_F(create, refuses_an_offline_cpu_and_keeps_the_one_beside_it_online)
{
	int other = mk_spare_cpu(1);

	if (other < 0)
		SKIP(return, "needs two CPUs beside CPU 0");
	self->cpus[0] |= 1ULL << other;
	ASSERT_EQ(0, mk_cpu_set_online(self->cpu, false));
	EXPECT_EQ(ENXIO, mk_create_with(&self->request));
	EXPECT_TRUE(mk_cpu_online(other));
	EXPECT_EQ(0, mk_cpu_set_online(self->cpu, true));
}

TEST_F(create, refuses_an_owned_cpu)
{
	struct multikernel_create again = self->request;

	ASSERT_EQ(0, mk_create_with(&self->request));
	snprintf(again.name, sizeof(again.name), MK_NAME "again");
	EXPECT_EQ(EBUSY, mk_create_with(&again));
	EXPECT_TRUE(mk_log_contains(self->log, MK_NAME "again",
				    "belongs to an instance"));
	EXPECT_EQ(0, mk_destroy(self->request.id));
}

TEST_F(create, refuses_a_cpu_mask_that_is_not_whole_words)
{
	self->request.cpus_size = 4;
	EXPECT_EQ(EINVAL, mk_create_with(&self->request));
	self->request.cpus_size = 12;
	EXPECT_EQ(EINVAL, mk_create_with(&self->request));
	self->request.cpus_size = 0;
	EXPECT_EQ(EINVAL, mk_create_with(&self->request));
	self->request.cpus_size = 0xfffffff8;
	EXPECT_EQ(EINVAL, mk_create_with(&self->request));
}

/* Memory */

TEST_F(create, refuses_no_memory)
{
	self->request.memory = 0;
	EXPECT_REFUSED(EINVAL, "2 MiB");
}

TEST_F(create, refuses_memory_that_is_not_in_pieces_of_2_mib)
{
	self->request.memory = 3 * MK_MIB;
	EXPECT_REFUSED(EINVAL, "2 MiB");
	self->request.memory = MK_SMALL + 4096;
	EXPECT_REFUSED(EINVAL, "2 MiB");
}

TEST_F(create, refuses_more_memory_than_is_free)
{
	self->request.memory = 1UL << 40;
	EXPECT_REFUSED(ENOMEM, "too little memory is available");
}

TEST_F(create, refuses_memory_that_overflows_a_sum)
{
	self->request.memory = -2 * MK_MIB;
	EXPECT_EQ(ENOMEM, mk_create_with(&self->request));
}

TEST_F(create, refuses_a_node_that_there_is_not)
{
	static const int nodes[] = { 63, 1023, 1 << 20, -2, INT32_MIN };
	size_t i;
	int err;

	for (i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		self->request.node = nodes[i];
		err = mk_create_with(&self->request);
		EXPECT_TRUE(err == EINVAL || err == ENODEV || err == ENOMEM)
			TH_LOG("node %d: errno %d", nodes[i], err);
		if (!err)
			mk_destroy(self->request.id);
	}
}

/* Each instance needs a CPU of its own and a slot of low memory. */
TEST_F_TIMEOUT(create, gives_the_memory_back_when_no_low_slot_is_free, 120)
{
	long long slots = mk_read_number(MK_SYSFS "/low_slots_free");
	long long before;
	__u32 id;
	char name[32];
	int i;

	if (mk_spare_cpu(slots) < 0)
		SKIP(return, "needs more CPUs than there are low slots");
	for (i = 0; i < slots; i++) {
		snprintf(name, sizeof(name), MK_NAME "slot%d", i);
		ASSERT_EQ(0, mk_create(name, mk_spare_cpu(0), 2 * MK_MIB, &id));
	}
	before = mk_read_number(MK_SYSFS "/memory_total");
	EXPECT_EQ(ENOSPC, mk_create(NAME, mk_spare_cpu(0), 2 * MK_MIB, &id));
	EXPECT_EQ(before, mk_read_number(MK_SYSFS "/memory_total"));
	EXPECT_EQ(slots, mk_destroy_leftovers());
}

/* UARTs */

TEST_F(create, refuses_an_unknown_uart)
{
	self->request.uart = MULTIKERNEL_UART_COM4 + 1;
	EXPECT_REFUSED(EINVAL, "UART");
	self->request.uart = UINT32_MAX;
	EXPECT_REFUSED(EINVAL, "UART");
}

TEST_F(create, refuses_a_uart_that_the_host_uses_and_gives_the_memory_back)
{
	FILE *ports = fopen("/proc/ioports", "r");
	bool used = false;
	char line[256];

	while (ports && fgets(line, sizeof(line), ports))
		used |= strstr(line, "03f8-03ff") && strstr(line, "serial");
	if (!used)
		SKIP(return, "COM1 is not the host's");
	self->request.uart = MULTIKERNEL_UART_COM1;
	EXPECT_REFUSED(EBUSY, "COM1");
}

MK_TEST_MAIN(1, 2 * MK_SMALL)
