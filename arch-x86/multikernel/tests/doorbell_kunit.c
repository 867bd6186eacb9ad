// SPDX-License-Identifier: GPL-2.0-only
/*
 * bell.c and host/doorbell.c: rings that become one, rings that are too many, and
 * bells that are at somebody else's.
 */
#include <kunit/test.h>

#include <linux/delay.h>
#include <linux/mm.h>

#include <asm/multikernel_abi.h>

#include "../internal.h"

#define PLATFORM_SIZE	0x64000
#define HOST_BELL	0x4e400
#define GUEST_BELL	0x4e440

/* As many as a period takes, and what is suffered after. */
#define TAKEN		16
#define SUFFERED	256

/**
 * struct side - an instance without CPUs that run
 * @machine: its machine
 * @apic_ids: of its two CPUs
 * @doorbell: its doorbell
 * @own: the host's bell, in its control block
 * @guest: the other one
 */
struct side {
	struct mk_machine machine;
	u32 apic_ids[2];
	struct mk_doorbell doorbell;
	struct mk_abi_bell *own;
	struct mk_abi_bell *guest;
};

static struct side *new_side(struct kunit *test)
{
	struct side *side = kunit_kzalloc(test, sizeof(*side), GFP_KERNEL);
	u8 *platform = kunit_kzalloc(test, PLATFORM_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, side);
	KUNIT_ASSERT_NOT_NULL(test, platform);
	side->apic_ids[0] = 0x7ffffff0;
	side->apic_ids[1] = 0x7ffffff1;
	side->machine.platform = __pa(platform);
	side->machine.apic_ids = side->apic_ids;
	side->machine.nr_cpus = 2;
	side->own = (void *)platform + HOST_BELL;
	side->guest = (void *)platform + GUEST_BELL;
	mk_control_build(&side->machine, 7, "web");
	mk_doorbell_open(&side->doorbell, "web", &side->machine);
	return side;
}

static void rings_for_the_same_become_one(struct kunit *test)
{
	struct mk_abi_bell bell = {};

	KUNIT_EXPECT_TRUE(test, mk_bell_pull(&bell, MK_ABI_RING_ECHO));
	KUNIT_EXPECT_FALSE(test, mk_bell_pull(&bell, MK_ABI_RING_ECHO));
	KUNIT_EXPECT_TRUE(test, mk_bell_pull(&bell, MK_ABI_RING_POWER_OFF));
	KUNIT_EXPECT_EQ(test, mk_bell_take(&bell), 0x6);
	KUNIT_EXPECT_EQ(test, mk_bell_take(&bell), 0);
	KUNIT_EXPECT_TRUE(test, mk_bell_pull(&bell, MK_ABI_RING_ECHO));
}

static void a_target_has_32_bits_of_id(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mk_bell_target(0xf7, 0xfffffffe),
			0xf7fffffffeull);
}

static void the_bell_is_at_the_boot_processor(struct kunit *test)
{
	struct side *side = new_side(test);

	KUNIT_EXPECT_EQ(test, side->own->target,
			mk_bell_target(0xf7, mk_cpu_apic_id(0)));
	KUNIT_EXPECT_EQ(test, side->guest->target, 0);
}

static void what_is_rung_for_is_taken_once(struct kunit *test)
{
	struct side *side = new_side(test);

	KUNIT_EXPECT_FALSE(test, mk_doorbell_take(&side->doorbell));
	mk_bell_pull(side->own, MK_ABI_RING_ENDED);
	KUNIT_EXPECT_TRUE(test, mk_doorbell_take(&side->doorbell));
	KUNIT_EXPECT_FALSE(test, mk_doorbell_take(&side->doorbell));
	KUNIT_EXPECT_EQ(test, side->doorbell.rings, 1);
	KUNIT_EXPECT_EQ(test, side->doorbell.unknown_rings, 0);
}

static void what_is_not_known_is_counted(struct kunit *test)
{
	struct side *side = new_side(test);

	side->own->reasons = BIT_ULL(63);
	KUNIT_EXPECT_TRUE(test, mk_doorbell_take(&side->doorbell));
	KUNIT_EXPECT_EQ(test, side->doorbell.rings, 1);
	KUNIT_EXPECT_EQ(test, side->doorbell.unknown_rings, 1);
	KUNIT_EXPECT_EQ(test, side->doorbell.echo, 0);
}

static void an_echo_is_read_when_it_is_rung_for(struct kunit *test)
{
	struct side *side = new_side(test);

	side->own->echo = 5;
	mk_bell_pull(side->own, MK_ABI_RING_ENDED);
	mk_doorbell_take(&side->doorbell);
	KUNIT_EXPECT_EQ(test, side->doorbell.echo, 0);
	mk_bell_pull(side->own, MK_ABI_RING_ECHOED);
	mk_doorbell_take(&side->doorbell);
	KUNIT_EXPECT_EQ(test, side->doorbell.echo, 5);
}

/* Blame it that often; returns how often before it was too much. */
static unsigned int blame(struct side *side, unsigned int times)
{
	unsigned int i;

	for (i = 0; i < times; i++)
		if (mk_doorbell_blame(&side->doorbell))
			return i;
	return times;
}

static void who_rings_too_often_is_muffled_for_a_while(struct kunit *test)
{
	struct side *side = new_side(test);

	blame(side, TAKEN - 1);
	KUNIT_EXPECT_NE(test, side->own->target, 0);
	KUNIT_EXPECT_EQ(test, blame(side, 3), 3);
	KUNIT_EXPECT_EQ(test, side->own->target, 0);
	msleep(20);
	mk_doorbell_rest(&side->doorbell);
	KUNIT_EXPECT_NE(test, side->own->target, 0);
	KUNIT_EXPECT_EQ(test, side->doorbell.muffled, 1);
}

static void who_rings_on_all_the_same_is_at_fault(struct kunit *test)
{
	struct side *side = new_side(test);

	KUNIT_EXPECT_EQ(test, blame(side, 10000), TAKEN - 1 + SUFFERED);
}

static void a_slow_one_is_at_fault_in_the_end(struct kunit *test)
{
	struct side *side = new_side(test);
	unsigned int period = 0;

	while (period++ < 100 && blame(side, TAKEN + 32) == TAKEN + 32) {
		msleep(20);
		mk_doorbell_rest(&side->doorbell);
	}
	KUNIT_EXPECT_LT(test, period, 40);
}

static void one_that_stops_when_it_is_told_is_not_at_fault(struct kunit *test)
{
	struct side *side = new_side(test);
	unsigned int period;

	for (period = 0; period < 200; period++) {
		KUNIT_EXPECT_EQ(test, blame(side, TAKEN + 2), TAKEN + 2);
		side->doorbell.period_ns = 0;
		mk_doorbell_rest(&side->doorbell);
	}
}

struct wrong {
	const char *name;
	u64 target;
	int error;
};

/* Were one of them sent an interrupt, this machine would notice. */
static const struct wrong wrongs[] = {
	{ "none", 0, -EOPNOTSUPP },
	{ "another's CPU", 0xf700000000ull, -EBADSLT },
	{ "all CPUs in xAPIC mode", 0xf7000000ffull, -EBADSLT },
	{ "all CPUs", 0xf7ffffffffull, -EBADSLT },
	{ "vector of a fault", 0x1f7ffffff0ull, -EBADSLT },
	{ "vector zero", 0x7ffffff0ull, -EBADSLT },
	{ "vector beyond", 0x1007ffffff0ull, -EBADSLT },
	{ "command of its own", 0x4f77ffffff0ull, -EBADSLT },
	{ "all bits", ~0ull, -EBADSLT },
};

static void describe(const struct wrong *wrong, char *text)
{
	strscpy(text, wrong->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wrong, wrongs, describe);

static void a_bell_that_is_not_its_own_is_not_rung(struct kunit *test)
{
	const struct wrong *wrong = test->param_value;
	struct side *side = new_side(test);

	side->guest->target = wrong->target;
	KUNIT_EXPECT_EQ(test, mk_doorbell_ring(&side->doorbell, &side->machine,
					       MK_ABI_RING_ECHO), wrong->error);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(rings_for_the_same_become_one),
	KUNIT_CASE(a_target_has_32_bits_of_id),
	KUNIT_CASE(the_bell_is_at_the_boot_processor),
	KUNIT_CASE(what_is_rung_for_is_taken_once),
	KUNIT_CASE(what_is_not_known_is_counted),
	KUNIT_CASE(an_echo_is_read_when_it_is_rung_for),
	KUNIT_CASE(who_rings_too_often_is_muffled_for_a_while),
	KUNIT_CASE(who_rings_on_all_the_same_is_at_fault),
	KUNIT_CASE(a_slow_one_is_at_fault_in_the_end),
	KUNIT_CASE(one_that_stops_when_it_is_told_is_not_at_fault),
	KUNIT_CASE_PARAM(a_bell_that_is_not_its_own_is_not_rung,
			 wrong_gen_params),
	{}
};

static struct kunit_suite suite = {
	.name = "multikernel_doorbell",
	.test_cases = cases,
};

kunit_test_suite(suite);
