// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU (TCG, version 10): which pages each CPU stores to,
 * which MSRs it writes, and which interrupts it sends in x2APIC mode.
 *
 *	qemu-system-x86_64 -plugin stores.so,out=FILE ...
 *
 * A CPU's life begins whenever it is at the first byte of a page below 1 MiB,
 * as after a SIPI, and ends as the next one begins. FILE then says
 *
 *	life CPU NR PAGE		as it begins; NR is 1 for its first life
 *	store CPU NR FIRST LAST COUNT RIP	stores to pages FIRST to LAST, and
 *					where the first one to FIRST came from
 *	msr CPU NR MSR COUNT
 *	icr CPU NR DESTINATION COMMAND COUNT	both halves of MSR 0x830
 *	lost CPU NR COUNT		how much of the above is missing
 *	end CPU NR COUNT		how many stores there were
 *
 * with addresses and values in hexadecimal. A CPU of QEMU has one thread, which
 * alone uses its struct cpu. Not seen is what a CPU stores beside instructions:
 * on a stack as it delivers an interrupt or an exception, and the accessed and
 * dirty bits of page tables and descriptors.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Of QEMU's plugin interface, version 3, and of GLib: what is used here. */
typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
struct qemu_plugin_register;

enum { CB_NO_REGS, CB_R_REGS };
enum { MEM_R = 1, MEM_W };

struct info {
	const char *target_name;
	struct { int min, cur; } version;
	bool system_emulation;
	struct { int smp_vcpus, max_vcpus; } system;
};

struct array {
	void *data;
	unsigned int len;
};

struct reg {
	struct qemu_plugin_register *handle;
	const char *name;
	const char *feature;
};

typedef void (*cpu_cb)(plugin_id id, unsigned int cpu);
typedef void (*tb_cb)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*exec_cb)(unsigned int cpu, void *data);
typedef void (*mem_cb)(unsigned int cpu, uint32_t info, uint64_t vaddr, void *data);
typedef void (*exit_cb)(plugin_id id, void *data);

void qemu_plugin_register_vcpu_init_cb(plugin_id id, cpu_cb cb);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_cb cb);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    exec_cb cb, int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, mem_cb cb,
				      int flags, int rw, void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, exit_cb cb, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t i);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to,
			     size_t len);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
unsigned int qemu_plugin_mem_size_shift(uint32_t info);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t info, uint64_t vaddr);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *hwaddr);
struct array *qemu_plugin_get_registers(void);
int qemu_plugin_read_register(struct qemu_plugin_register *handle,
			      struct array *bytes);
struct array *g_byte_array_new(void);
struct array *g_byte_array_set_size(struct array *array, unsigned int size);
char *g_array_free(struct array *array, int free_data);

#define EXPORT __attribute__((visibility("default")))

#define PAGE_SHIFT	12
#define PAGE_BYTES	(1UL << PAGE_SHIFT)
#define PAGES		(1UL << (34 - PAGE_SHIFT))	/* of 16 GiB */
#define LOW_END		0x100000
#define RUN_BYTES	0x200000	/* no line is about more */
#define CPUS		32
#define VALUES		512		/* different ones of a kind in a life */
#define MSR_ICR		0x830

struct page {
	uint64_t count;
	uint64_t rip;
};

/* What a register was written with, or an MSR's number, and how often. */
struct value {
	uint64_t value;
	uint64_t count;
};

struct cpu {
	unsigned int nr;	/* of its life; none yet: 0 */
	struct page *pages;
	struct value msr[VALUES];
	struct value icr[VALUES];
	uint64_t stores;
	uint64_t lost;
	struct array *bytes;
};

EXPORT int qemu_plugin_version = 3;

static struct cpu cpus[CPUS];
static struct qemu_plugin_register *rax, *rcx, *rdx;
static FILE *out;
static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;

/* Whether page n is of the same line as the one before it. */
static bool goes_on(const struct page *pages, size_t n)
{
	return n << PAGE_SHIFT > LOW_END && (n << PAGE_SHIFT) % RUN_BYTES &&
	       n < PAGES && pages[n].count;
}

static void say_stores(unsigned int index, const struct cpu *cpu)
{
	size_t first, n;
	uint64_t count;

	for (n = 0; n < PAGES; n++) {
		first = n;
		count = cpu->pages[n].count;
		if (!count)
			continue;
		while (goes_on(cpu->pages, n + 1))
			count += cpu->pages[++n].count;
		fprintf(out, "store %u %u 0x%zx 0x%zx %" PRIu64 " 0x%" PRIx64 "\n",
			index, cpu->nr, first << PAGE_SHIFT,
			(n << PAGE_SHIFT) + PAGE_BYTES - 1, count,
			cpu->pages[first].rip);
	}
}

static void say_values(unsigned int index, const struct cpu *cpu)
{
	size_t n;

	for (n = 0; n < VALUES && cpu->msr[n].count; n++)
		fprintf(out, "msr %u %u 0x%" PRIx64 " %" PRIu64 "\n", index,
			cpu->nr, cpu->msr[n].value, cpu->msr[n].count);
	for (n = 0; n < VALUES && cpu->icr[n].count; n++)
		fprintf(out, "icr %u %u 0x%" PRIx64 " 0x%" PRIx64 " %" PRIu64 "\n",
			index, cpu->nr, cpu->icr[n].value >> 32,
			cpu->icr[n].value & UINT32_MAX, cpu->icr[n].count);
	if (cpu->lost)
		fprintf(out, "lost %u %u %" PRIu64 "\n", index, cpu->nr, cpu->lost);
	fprintf(out, "end %u %u %" PRIu64 "\n", index, cpu->nr, cpu->stores);
}

/* The CPU is at the first byte of a low page, data. */
static void begin_life(unsigned int index, void *data)
{
	struct cpu *cpu = &cpus[index % CPUS];

	pthread_mutex_lock(&out_lock);
	if (cpu->nr) {
		say_stores(index, cpu);
		say_values(index, cpu);
	}
	madvise(cpu->pages, PAGES * sizeof(*cpu->pages), MADV_DONTNEED);
	memset(cpu->msr, 0, sizeof(cpu->msr));
	memset(cpu->icr, 0, sizeof(cpu->icr));
	cpu->stores = 0;
	cpu->lost = 0;
	cpu->nr++;
	fprintf(out, "life %u %u 0x%zx\n", index, cpu->nr, (size_t)data);
	fflush(out);
	pthread_mutex_unlock(&out_lock);
}

static void count_page(struct cpu *cpu, uint32_t info, uint64_t vaddr, void *rip)
{
	struct qemu_plugin_hwaddr *hwaddr = qemu_plugin_get_hwaddr(info, vaddr);
	uint64_t n = hwaddr ? qemu_plugin_hwaddr_phys_addr(hwaddr) >> PAGE_SHIFT : PAGES;

	if (n >= PAGES) {
		cpu->lost++;
		return;
	}
	if (!cpu->pages[n].count++)
		cpu->pages[n].rip = (uintptr_t)rip;
}

static void on_store(unsigned int index, uint32_t info, uint64_t vaddr, void *rip)
{
	struct cpu *cpu = &cpus[index % CPUS];
	uint64_t last = vaddr + (1UL << qemu_plugin_mem_size_shift(info)) - 1;

	if (!cpu->nr)
		return;
	cpu->stores++;
	count_page(cpu, info, vaddr, rip);
	if (last >> PAGE_SHIFT != vaddr >> PAGE_SHIFT)
		count_page(cpu, info, last, rip);
}

static void count_value(struct cpu *cpu, struct value *values, uint64_t value)
{
	size_t n;

	for (n = 0; n < VALUES; n++) {
		if (values[n].count && values[n].value != value)
			continue;
		values[n].value = value;
		values[n].count++;
		return;
	}
	cpu->lost++;
}

/* The low half of a register. */
static uint32_t read_half(struct cpu *cpu, struct qemu_plugin_register *handle)
{
	uint32_t half = 0;

	g_byte_array_set_size(cpu->bytes, 0);
	qemu_plugin_read_register(handle, cpu->bytes);
	if (cpu->bytes->len < sizeof(half))
		cpu->lost++;
	else
		memcpy(&half, cpu->bytes->data, sizeof(half));
	return half;
}

static void on_wrmsr(unsigned int index, void *data)
{
	struct cpu *cpu = &cpus[index % CPUS];
	uint32_t msr;

	(void)data;
	if (!cpu->nr)
		return;
	msr = read_half(cpu, rcx);
	count_value(cpu, cpu->msr, msr);
	if (msr == MSR_ICR)
		count_value(cpu, cpu->icr, (uint64_t)read_half(cpu, rdx) << 32 |
					   read_half(cpu, rax));
}

/* WRMSR or WRMSRNS, behind whatever prefixes. */
static bool is_wrmsr(const struct qemu_plugin_insn *insn)
{
	uint8_t code[15] = {};
	size_t len = qemu_plugin_insn_data(insn, code, sizeof(code));

	return (len >= 2 && !memcmp(code + len - 2, "\x0f\x30", 2)) ||
	       (len >= 3 && !memcmp(code + len - 3, "\x0f\x01\xc6", 3));
}

static void on_translation(plugin_id id, struct qemu_plugin_tb *tb)
{
	uint64_t start = qemu_plugin_tb_vaddr(tb);
	struct qemu_plugin_insn *insn;
	size_t n;

	(void)id;
	for (n = 0; n < qemu_plugin_tb_n_insns(tb); n++) {
		insn = qemu_plugin_tb_get_insn(tb, n);
		if (!n && start < LOW_END && start % PAGE_BYTES == 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin_life,
							       CB_NO_REGS, (void *)start);
		if (is_wrmsr(insn))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_wrmsr,
							       CB_R_REGS, NULL);
		qemu_plugin_register_vcpu_mem_cb(insn, on_store, CB_NO_REGS, MEM_W,
						 (void *)qemu_plugin_insn_vaddr(insn));
	}
}

static void find_registers(void)
{
	struct array *array = qemu_plugin_get_registers();
	const struct reg *regs = array->data;
	unsigned int n;

	for (n = 0; n < array->len; n++) {
		if (!strcmp(regs[n].name, "rax"))
			rax = regs[n].handle;
		else if (!strcmp(regs[n].name, "rcx"))
			rcx = regs[n].handle;
		else if (!strcmp(regs[n].name, "rdx"))
			rdx = regs[n].handle;
	}
	g_array_free(array, true);
}

static void on_init(plugin_id id, unsigned int index)
{
	(void)id;
	pthread_mutex_lock(&out_lock);
	cpus[index % CPUS].bytes = g_byte_array_new();
	if (!rcx)
		find_registers();
	pthread_mutex_unlock(&out_lock);
}

static void on_exit(plugin_id id, void *data)
{
	(void)id;
	(void)data;
	fclose(out);
}

EXPORT int qemu_plugin_install(plugin_id id, const struct info *info, int argc,
			       char **argv)
{
	size_t bytes = PAGES * sizeof(struct page);
	int n;

	if (argc != 1 || strncmp(argv[0], "out=", 4) || info->system.max_vcpus > CPUS)
		return 1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return 1;
	for (n = 0; n < info->system.max_vcpus; n++) {
		cpus[n].pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (cpus[n].pages == MAP_FAILED)
			return 1;
	}
	qemu_plugin_register_vcpu_init_cb(id, on_init);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit, NULL);
	return 0;
}
