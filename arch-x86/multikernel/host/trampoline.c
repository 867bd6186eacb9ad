// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send one CPU through the trampoline and watch it. The partner of this file
 * is rm/trampoline.S, the words between them are in rm/trampoline.h.
 *
 * There is one trampoline, so one CPU is in it at a time: trampoline_lock is
 * held from the INIT to the answer, or to the end of the deadline and another
 * INIT, after which the CPU cannot come any more.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/cpufeature.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/set_memory.h>
#include <linux/string.h>

#include <asm/msr.h>
#include <asm/msr-index.h>
#include <asm/tsc.h>

#include "../internal.h"

/* A SIPI is lost in system management mode, so say it again. */
#define SIPI_AGAIN_MS	50

/* What a CPU has to answer in, however late others made it. */
#define LEAST_MS	(4 * SIPI_AGAIN_MS)

/*
 * Registers that make a CPU write to memory by itself: Processor Trace does it
 * at physical addresses, the debug store where counters overflow or branches are
 * taken. INIT leaves them as they are (SDM vol. 3, "Processor States Following
 * Power-up, Reset, or INIT").
 */
static const struct {
	u32 msr;
	u16 feature;
} writers[] = {
	{ MSR_IA32_RTIT_CTL, X86_FEATURE_INTEL_PT },
	{ MSR_CORE_PERF_GLOBAL_CTRL, X86_FEATURE_ARCH_PERFMON },
	{ MSR_IA32_DEBUGCTLMSR, X86_FEATURE_DS },
};

static DEFINE_MUTEX(trampoline_lock);
static struct mk_trampoline_data *trampoline_data __ro_after_init;

/* Those that this machine has; there is room for one of a test's, and a zero. */
static u32 msrs[MK_TRAMPOLINE_MSRS] __ro_after_init;
static unsigned int nr_msrs __ro_after_init;
static_assert(ARRAY_SIZE(writers) + 2 == MK_TRAMPOLINE_MSRS);

static const char * const stage_names[] = {
	[MK_STAGE_NONE]		= "none",
	[MK_STAGE_REAL]		= "real mode",
	[MK_STAGE_PROTECTED]	= "protected mode",
	[MK_STAGE_LONG]		= "long mode",
	[MK_STAGE_LEAVING]	= "leaving",
	[MK_STAGE_PARKED]	= "parked",
};

static const char *stage_name(u32 stage)
{
	return stage < ARRAY_SIZE(stage_names) ? stage_names[stage] : "garbage";
}

/* Address of a label in the copy below 1 MiB. */
static u32 low_address(const u8 *label)
{
	return mk_trampoline_phys + (label - mk_trampoline_text);
}

static void prepare_data(u32 mode, const struct mk_entry *entry)
{
	struct mk_trampoline_data *data = trampoline_data;

	memset(data, 0, sizeof(*data));
	data->magic = MK_TRAMPOLINE_MAGIC;
	data->mode = mode;
	data->far32.offset = low_address(mk_trampoline_protected);
	data->far32.selector = MK_SELECTOR_CODE32;
	data->far64.offset = low_address(mk_trampoline_long);
	data->far64.selector = MK_SELECTOR_CODE64;
	data->gdtr_limit = mk_trampoline_gdt_end - mk_trampoline_gdt - 1;
	data->gdtr_base = low_address(mk_trampoline_gdt);
	data->efer = EFER_LME;
	if (__supported_pte_mask & _PAGE_NX)
		data->efer |= EFER_NX;
	memcpy(data->msr, msrs, sizeof(msrs));
	data->msr[nr_msrs] = mk_debug_msr();
	if (!entry)
		return;
	data->cr3 = entry->root_table;
	data->entry = entry->address;
	data->rsi = entry->boot_params;
	data->eax = entry->eax;
	data->ebx = entry->ebx;
	if (mk_debug_corrupt_magic())
		data->magic = ~MK_TRAMPOLINE_MAGIC;
}

/*
 * The text is read-only here and in the page tables of a start, but another
 * kernel may have gone astray.
 */
static void restore_text(const char *name)
{
	size_t size = mk_trampoline_text_end - mk_trampoline_text;
	void *text = __va(mk_trampoline_phys);

	if (!memcmp(text, mk_trampoline_text, size))
		return;
	pr_warn("%s: the trampoline was overwritten, restoring it\n", name);
	set_memory_rw((unsigned long)text, 1);
	memcpy(text, mk_trampoline_text, size);
	set_memory_ro((unsigned long)text, 1);
}

static bool stage_is(u32 stage)
{
	/*
	 * Pairs with the stores of REPORT in rm/trampoline.S, which are in
	 * order on x86: the stage's time stamp is there before the stage is.
	 */
	return smp_load_acquire(&trampoline_data->stage) == stage;
}

/* Wait until the CPU says @wanted or @deadline_ms are over. */
static bool wait_for_stage(u32 apic_id, u32 wanted, unsigned int deadline_ms)
{
	ktime_t start = ktime_get();
	s64 next_sipi = SIPI_AGAIN_MS;
	s64 ms;

	do {
		if (stage_is(wanted))
			return true;
		usleep_range(50, 200);
		ms = ktime_ms_delta(ktime_get(), start);
		if (ms >= next_sipi &&
		    READ_ONCE(trampoline_data->stage) == MK_STAGE_NONE) {
			mk_ipi_startup(apic_id, mk_trampoline_phys);
			next_sipi += SIPI_AGAIN_MS;
		}
	} while (ms < deadline_ms);

	return stage_is(wanted);
}

/* Take the data that @mode needs to the CPU and the CPU to stage @wanted. */
static int run(const char *name, u32 apic_id, u32 wanted,
	       unsigned int deadline_ms, struct mk_timings *timings)
{
	ktime_t start = ktime_get();
	u64 sipi, tsc;
	u32 stage;
	int i;

	restore_text(name);
	mk_ipi_init(apic_id);
	sipi = rdtsc_ordered();
	mk_ipi_startup(apic_id, mk_trampoline_phys);

	if (!wait_for_stage(apic_id, wanted, deadline_ms)) {
		mk_ipi_init(apic_id);
		/* It may have been on its last steps as that was sent. */
		usleep_range(1000, 2000);
		stage = READ_ONCE(trampoline_data->stage);
		pr_warn("%s: no answer from the CPU with %s id %u in %lld ms, its last stage: %s\n",
			name, mk_ipi_mode(), apic_id,
			ktime_ms_delta(ktime_get(), start),
			stage_name(stage));
		return stage == wanted ? -ECANCELED : -ETIMEDOUT;
	}

	for (i = 0; timings && i < MK_STAGE_STAMPS; i++) {
		tsc = trampoline_data->tsc[i];
		timings->stage[i] = tsc ? tsc - sipi : 0;
	}
	return 0;
}

/**
 * mk_trampoline_ready - ask whether the trampoline is in place
 *
 * Return: false when early boot found no memory for it.
 */
bool mk_trampoline_ready(void)
{
	return trampoline_data;
}

/**
 * mk_trampoline_enter - start a CPU at an entry
 * @name: the instance, for messages
 * @apic_id: the CPU, which does not run this kernel
 * @entry: where it shall go; if there are page tables, they map the trampoline
 * @timings: filled when the CPU has come
 *
 * Context: process; sleeps up to MK_TRAMPOLINE_DEADLINE_MS for each caller before
 * this one.
 * Return: 0; -ETIMEDOUT when the CPU did not leave the trampoline within that
 * time, and was sent INIT again; -ECANCELED when it left just before that
 * INIT, so that it may have run a while.
 */
int mk_trampoline_enter(const char *name, u32 apic_id,
			const struct mk_entry *entry,
			struct mk_timings *timings)
{
	int ret;

	mutex_lock(&trampoline_lock);
	prepare_data(entry->mode, entry);
	ret = run(name, apic_id, MK_STAGE_LEAVING, MK_TRAMPOLINE_DEADLINE_MS,
		  timings);
	mutex_unlock(&trampoline_lock);
	return ret;
}

/* Milliseconds until @deadline, but neither too few nor more than needed. */
static unsigned int time_left(ktime_t deadline)
{
	s64 left = ktime_ms_delta(deadline, ktime_get());

	return clamp_t(s64, left, LEAST_MS, MK_TRAMPOLINE_DEADLINE_MS);
}

/**
 * mk_trampoline_park - make sure that a CPU does nothing
 * @name: the instance, for messages
 * @apic_id: the CPU, which does not run this kernel
 * @deadline: when it must have answered; it has a fifth of a second in any case,
 *	and MK_TRAMPOLINE_DEADLINE_MS at the most
 *
 * It answers from the trampoline, which proves that it has left whatever it
 * did, traces nothing any more, and waits for a SIPI afterwards.
 *
 * Context: process; sleeps up to the deadline, and waits for each caller before
 * this one.
 * Return: 0, or -ETIMEDOUT when it did not answer: it may do anything then.
 */
int mk_trampoline_park(const char *name, u32 apic_id, ktime_t deadline)
{
	int ret;

	mutex_lock(&trampoline_lock);
	prepare_data(MK_MODE_PARK, NULL);
	if (mk_debug_is_mute(apic_id))
		trampoline_data->magic = ~MK_TRAMPOLINE_MAGIC;
	ret = run(name, apic_id, MK_STAGE_PARKED, time_left(deadline), NULL);
	if (ret == -ECANCELED)
		ret = 0;
	if (!ret)
		mk_ipi_init(apic_id);
	mutex_unlock(&trampoline_lock);
	return ret;
}

/* A register that is not there must not be written: nobody handles the fault. */
static void __init find_msrs(void)
{
	unsigned int i;
	u64 value;

	for (i = 0; i < ARRAY_SIZE(writers); i++)
		if (boot_cpu_has(writers[i].feature) &&
		    !rdmsrl_safe(writers[i].msr, &value))
			msrs[nr_msrs++] = writers[i].msr;
}

static int __init mk_trampoline_setup(void)
{
	void *text;

	if (!mk_trampoline_phys)
		return 0;

	text = __va(mk_trampoline_phys);
	memcpy(text, mk_trampoline_text,
	       mk_trampoline_text_end - mk_trampoline_text);
	set_memory_ro((unsigned long)text, 1);
	trampoline_data = text + PAGE_SIZE;
	find_msrs();
	return 0;
}
arch_initcall(mk_trampoline_setup);
