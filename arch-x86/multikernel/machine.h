/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine of a spawned kernel, and how it is described: host/control.c,
 * host/doorbell.c, host/acpi.c and host/zeropage.c. Part of internal.h.
 */
#ifndef _X86_MULTIKERNEL_MACHINE_H
#define _X86_MULTIKERNEL_MACHINE_H

/*
 * The platform block: what the host keeps for itself at the end of an
 * instance's memory. The spawned kernel's memory map has it as reserved, but for
 * the control block, which is setup data, and a page behind that.
 */
#define MK_PLATFORM_REGISTERS	0x00000
#define MK_PLATFORM_ACPI	0x01000
#define MK_PLATFORM_ACPI_SIZE	0x0f000
#define MK_PLATFORM_TABLES	0x10000
#define MK_PLATFORM_TABLE_PAGES	62
#define MK_PLATFORM_BLOCK	0x4e000
#define MK_PLATFORM_BLOCK_SIZE	0x15000
#define MK_PLATFORM_SPARE	0x63000
#define MK_PLATFORM_SIZE	0x64000

/* The console's rings at the end of the control block. */
#define MK_CONSOLE_PRINTED	0x10000
#define MK_CONSOLE_TYPED	0x04000

/**
 * struct mk_machine - what firmware would know of an instance's machine
 * @low: memory below 1 MiB
 * @memory: the other memory
 * @platform: address of the platform block
 * @apic_ids: of its CPUs, the one that starts first
 * @nr_cpus: number of them
 * @decoy_bsp: list @host_bsp_apic_id before them
 * @host_bsp_apic_id: the host's boot processor
 * @decoy_ioapic: address of a page that reads as all ones, or zero
 * @no_setup_data: its kernel knows nothing of setup data
 * @uart: MULTIKERNEL_UART_*
 */
struct mk_machine {
	struct multikernel_range low;
	struct mk_memory memory;
	u64 platform;
	const u32 *apic_ids;
	unsigned int nr_cpus;
	bool decoy_bsp;
	u32 host_bsp_apic_id;
	u64 decoy_ioapic;
	bool no_setup_data;
	u32 uart;
};

/**
 * enum mk_ending - how a spawned kernel has ended by itself
 * @MK_ENDING_NONE: it has not
 * @MK_ENDING_RESET: it reset its machine
 * @MK_ENDING_PANIC: it reset its machine after a panic
 * @MK_ENDING_POWER_OFF: it switched its machine off
 * @MK_ENDING_HALT: it said that it has halted
 * @MK_ENDING_CONTAINED_PANIC: it said that it had a panic, and why
 * @MK_ENDING_PARKED: an NMI of this kernel's stopped it, and it said where
 * @MK_ENDING_FLOOD: it rang its doorbell without end
 * @MK_NR_ENDINGS: number of endings
 */
enum mk_ending {
	MK_ENDING_NONE,
	MK_ENDING_RESET,
	MK_ENDING_PANIC,
	MK_ENDING_POWER_OFF,
	MK_ENDING_HALT,
	MK_ENDING_CONTAINED_PANIC,
	MK_ENDING_PARKED,
	MK_ENDING_FLOOD,
	MK_NR_ENDINGS,
};

/**
 * struct mk_answer - what a spawned kernel says of itself in the control block
 * @version: MK_ABI_VERSION of it, or zero when its answer has a flaw
 * @features: those that both sides have
 * @flaw: what is wrong with it, for people, or NULL
 */
struct mk_answer {
	u32 version;
	u64 features;
	const char *flaw;
};

void mk_control_build(const struct mk_machine *machine, u32 id,
		      const char *name);
void *mk_control_part(u64 platform, unsigned int offset);
u64 mk_control_setup_data(u64 platform);
bool mk_control_answer(u64 platform, struct mk_answer *answer);
enum mk_ending mk_control_ending(u64 platform);
bool mk_control_panicked(u64 platform);
void mk_control_text(u64 platform, char *text, size_t size, u64 *ms);
void mk_control_dump(u64 platform, struct mk_abi_dump *dump);

/**
 * struct mk_doorbell - an instance's doorbell
 * @own: what it rings
 * @guest: what it is rung by
 * @nr_cpus: how many CPUs may be about to ring at a time
 * @target: what is in @own when it may ring, or zero
 * @rings: how often it was found to have rung
 * @unknown_rings: how often for something that is not known here
 * @muffled: periods in which it rang too often
 * @asked: the last number that it was asked to send back
 * @echo: the last that it has sent back
 * @in_period: interrupts in this period
 * @defied: interrupts in this period and those before in spite of the muffling
 * @period_ns: when this period began
 */
struct mk_doorbell {
	struct mk_abi_bell *own;
	struct mk_abi_bell *guest;
	unsigned int nr_cpus;
	u64 target;
	u64 rings;
	u64 unknown_rings;
	u64 muffled;
	u32 asked;
	u32 echo;
	unsigned int in_period;
	unsigned int defied;
	u64 period_ns;
};

void mk_doorbell_init(void (*rung)(void));
void mk_doorbell_open(struct mk_doorbell *doorbell, const char *name,
		      const struct mk_machine *machine);
bool mk_doorbell_take(struct mk_doorbell *doorbell);
bool mk_doorbell_blame(struct mk_doorbell *doorbell);
bool mk_doorbell_is_muffled(const struct mk_doorbell *doorbell);
void mk_doorbell_rest(struct mk_doorbell *doorbell);
int mk_doorbell_target(const struct mk_doorbell *doorbell,
		       const struct mk_machine *machine, u64 *target);
int mk_doorbell_ring(struct mk_doorbell *doorbell,
		     const struct mk_machine *machine,
		     enum mk_abi_reason reason);
void mk_doorbell_meant(struct mk_doorbell *doorbell, u32 what);

int mk_acpi_build(const struct mk_machine *machine, void *area, size_t size);
u64 mk_acpi_rsdp(u64 platform);
enum mk_ending mk_acpi_ending(const void *registers);

int mk_zeropage_check(const struct boot_params *boot_params);
int mk_zeropage_complete(struct boot_params *boot_params,
			 const struct mk_machine *machine);

#endif /* _X86_MULTIKERNEL_MACHINE_H */
