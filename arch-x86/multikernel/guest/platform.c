// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine of a spawned kernel, as far as ACPI tables cannot say it: there
 * is no PC around its CPUs. What of one it would look for without being asked
 * is switched off here, and what it would measure on devices is known.
 */
#define pr_fmt(fmt) "multikernel: " fmt

#include <linux/cpufeature.h>
#include <linux/math64.h>
#include <linux/serial_8250.h>
#include <linux/time64.h>

#include <asm/apic.h>
#include <asm/i8259.h>
#include <asm/mtrr.h>
#include <asm/multikernel.h>
#include <asm/pci_x86.h>
#include <asm/tsc.h>
#include <asm/x86_init.h>

#include "guest.h"

static const struct mk_abi_host *host __ro_after_init;

static unsigned long get_tsc_khz(void)
{
	return host->tsc_khz;
}

static void get_wallclock(struct timespec64 *now)
{
	u64 tsc = rdtsc_ordered();
	u64 passed = 0;

	if (tsc > host->wallclock_tsc)
		passed = mul_u64_u64_div_u64(tsc - host->wallclock_tsc,
					     NSEC_PER_MSEC, host->tsc_khz);
	*now = ns_to_timespec64(host->wallclock_ns + passed);
}

/* The host's real-time clock is two ports that two kernels cannot share. */
static void get_no_wallclock(struct timespec64 *now)
{
	*now = (struct timespec64){};
}

/*
 * Both rates are the machine's, so the host's measurement is good here. There is
 * no other clock to watch the time stamp counter by: the host does that.
 */
static void __init use_clocks(void)
{
	x86_platform.get_wallclock = get_no_wallclock;
	if (!mk_guest_has(MK_ABI_CLOCKS) || !host->tsc_khz)
		return;
	x86_platform.calibrate_cpu = get_tsc_khz;
	x86_platform.calibrate_tsc = get_tsc_khz;
	x86_platform.get_wallclock = get_wallclock;
	setup_force_cpu_cap(X86_FEATURE_TSC_KNOWN_FREQ);
	setup_force_cpu_cap(X86_FEATURE_TSC_RELIABLE);
	lapic_timer_period = mul_u32_u32(host->apic_timer_khz, 1000) / HZ;
}

/* An NMI's reason is in a port of the host's (SERR and IOCHK). */
static unsigned char get_nmi_reason(void)
{
	return 0;
}

/* The real-time clock, port 0xcf8, the keyboard and so on are the host's. */
static void __init avoid_devices(void)
{
	x86_init.resources.dmi_setup = x86_init_noop;
	x86_init.mpparse.find_mptable = x86_init_noop;

	x86_platform.set_wallclock = set_rtc_noop;
	x86_platform.legacy.rtc = 0;
	x86_platform.legacy.warm_reset = 0;
	x86_platform.legacy.no_vga = 1;
	x86_platform.legacy.reserve_bios_regions = 0;
	x86_platform.legacy.i8042 = X86_LEGACY_I8042_PLATFORM_ABSENT;

	legacy_pic = &null_legacy_pic;
	if (IS_ENABLED(CONFIG_PCI))
		pci_probe = 0;
}

/*
 * MTRRs are shared by CPUs of a core, and the host keeps the TSCs in step. All
 * memory that this kernel has is write-back; what is not memory it maps so.
 */
static void __init avoid_shared_registers(void)
{
	guest_force_mtrr_state(NULL, 0, MTRR_TYPE_WRBACK);
	setup_clear_cpu_cap(X86_FEATURE_TSC_ADJUST);
	/* A package has one table, which it goes on writing to for ever. */
	setup_clear_cpu_cap(X86_FEATURE_HFI);
}

/* Of the four that a PC may have. */
static void own_uart_only(int index, struct uart_port *port, u32 *capabilities)
{
	if (port->iobase != host->uart_port)
		port->iobase = 0;
}

static void send_to_all_but_self(int vector)
{
	__apic_send_IPI_mask_allbutself(cpu_online_mask, vector);
}

static void send_to_all(int vector)
{
	__apic_send_IPI_mask(cpu_online_mask, vector);
}

/*
 * A shorthand would reach the CPUs of the host and of all other kernels. And
 * LINT1 is how a machine's NMIs come in, which are the host's.
 */
static void __init init_interrupts(void)
{
	apic_intr_mode_init();
	apic_update_callback(send_IPI_allbutself, send_to_all_but_self);
	apic_update_callback(send_IPI_all, send_to_all);
	apic_write(APIC_LVT1, APIC_DM_NMI | APIC_LVT_MASKED);
}

/* There are no interrupts to be remapped that ids would not fit into. */
static bool __init keep_x2apic(void)
{
	return x2apic_enabled();
}

static bool __init has_any_apic_id(void)
{
	return true;
}

/*
 * Hypervisors have been looked for before ROMs are, and have replaced some of
 * what was set earlier. There is no ROM to look for.
 */
static void __init adapt_after_hypervisor(void)
{
	x86_init.hyper.x2apic_available = keep_x2apic;
	x86_init.hyper.msi_ext_dest_id = has_any_apic_id;
	x86_platform.get_nmi_reason = get_nmi_reason;
}

/**
 * multikernel_guest_init - adapt this kernel to its machine
 *
 * Nothing happens unless a host spawned this kernel.
 *
 * Context: setup_arch(), before anything is read from a device.
 */
void __init multikernel_guest_init(void)
{
	host = mk_guest_attach();
	if (!host)
		return;
	avoid_devices();
	avoid_shared_registers();
	use_clocks();
	x86_init.irqs.intr_mode_init = init_interrupts;
	x86_init.resources.probe_roms = adapt_after_hypervisor;
	if (IS_BUILTIN(CONFIG_SERIAL_8250))
		serial8250_set_isa_configurator(own_uart_only);
	mk_guest_power_init();
	mk_guest_console_init(host);
}
