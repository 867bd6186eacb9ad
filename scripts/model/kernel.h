/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What arch-x86/multikernel/ring.c needs of the kernel, for programs: C11 atomics
 * in place of its marked accesses (Documentation/memory-barriers.txt). The
 * kernel's headers of these names are empty files beside it. With PLAIN, bytes are
 * read and written as any others, which ThreadSanitizer must complain of.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define static_assert		_Static_assert

#ifdef PLAIN
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, value)	((x) = (value))
#else
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value)	__atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#endif
#define smp_load_acquire(x)	__atomic_load_n(x, __ATOMIC_ACQUIRE)
#define smp_store_release(x, value)	\
	__atomic_store_n(x, value, __ATOMIC_RELEASE)
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)

#define min_t(type, a, b)	({	\
	type min_a = (a);		\
	type min_b = (b);		\
	min_a < min_b ? min_a : min_b;	\
})
