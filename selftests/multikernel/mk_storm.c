// SPDX-License-Identifier: GPL-2.0
/*
 * Make this kernel interrupt all of its other CPUs at once, again and again: a
 * thread runs on each of them, and the memory that they share is unmapped, so
 * that all of them must flush their TLBs. For broadcast.sh.
 */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS		50
#define MAX_CPUS	64

static atomic_bool stop;
static atomic_int there;	/* threads on their CPUs */

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(EXIT_FAILURE, "CPU %d", cpu);
}

static void *spin(void *cpu)
{
	pin((long)cpu);
	there++;
	while (!stop)
		sched_yield();
	return NULL;
}

static void unmap_a_page(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	*page = 1;
	munmap(page, 4096);
}

int main(void)
{
	pthread_t threads[MAX_CPUS];
	long cpu, n = 0;
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	for (cpu = 1; cpu < MAX_CPUS; cpu++)
		if (CPU_ISSET(cpu, &set) &&
		    !pthread_create(&threads[n], NULL, spin, (void *)cpu))
			n++;
	pin(0);

	while (there < n)
		usleep(10000);
	for (cpu = 0; cpu < ROUNDS; cpu++) {
		unmap_a_page();
		usleep(1000);
	}

	stop = true;
	while (n--)
		pthread_join(threads[n], NULL);
	return EXIT_SUCCESS;
}
