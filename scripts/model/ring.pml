/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of arch-x86/multikernel/ring.c for spin: a producer on one CPU, a
 * consumer on another, in a memory that keeps no order but the one that barriers
 * ask for. scripts/tests/ring.sh checks it, and that it is no longer true when a
 * barrier is left out:
 *
 *   OVER		the producer writes over what has not been read
 *   NO_RELEASE		mk_ring_write() says where the head is by a plain store
 *   NO_WMB		without its smp_wmb()
 *   NO_RMB		mk_ring_read() without its smp_rmb()
 *   EARLY_TAIL		mk_ring_release() without release
 *   NO_MARGIN		the consumer reads what the producer may be writing
 *
 * Byte N of the stream has the value N. Stores wait in slots, one for each word
 * that the producer has on its way, and come out in any order. Bytes are loaded from
 * either end.
 */
#define SIZE	6
#define MARGIN	2
#ifdef NO_MARGIN
#define MOST	SIZE
#else
#define MOST	(SIZE - MARGIN)
#endif
#define TOTAL	11	/* bytes in all */

byte mem[SIZE];
byte head;
byte tail;

/* What the producer has stored and nobody has seen. */
bool byte_waits[MARGIN];
byte byte_at[MARGIN];
byte byte_value[MARGIN];
bool head_waits;
byte head_value;

/* Lets any store that waits be seen, at any time. */
active proctype store_buffer()
{
	do
	:: atomic { byte_waits[0] -> mem[byte_at[0] % SIZE] = byte_value[0]; byte_waits[0] = false }
	:: atomic { byte_waits[1] -> mem[byte_at[1] % SIZE] = byte_value[1]; byte_waits[1] = false }
	:: atomic { head_waits -> head = head_value; head_waits = false }
	:: head == TOTAL -> break
	od
}

#define BYTES_SEEN	(!byte_waits[0] && !byte_waits[1])

active proctype producer()
{
	byte position = 0;
	byte count;
	byte i;

	do
	:: position < TOTAL ->
		/* As many as it likes, up to what it may have on its way. */
		if
		:: count = 1
		:: position + 1 < TOTAL -> count = 2
		fi;
#ifndef OVER
		/* mk_ring_room(): wait until there is room. */
		(position + count - tail) <= MOST;
#endif
#ifndef NO_WMB
		(BYTES_SEEN && !head_waits);
#endif
		i = 0;
		do
		:: i < count ->
			!byte_waits[i];
			atomic {
				byte_at[i] = position + i;
				byte_value[i] = position + i;
				byte_waits[i] = true
			}
			i++
		:: else -> break
		od;
		position = position + count;
#ifndef NO_RELEASE
		BYTES_SEEN;
#endif
		!head_waits;
		atomic { head_value = position; head_waits = true }
	:: else -> break
	od
}

active proctype consumer()
{
	byte position = 0;
	byte lost = 0;
	byte read = 0;
	byte seen;
	byte again;
	byte count;
	byte bad;
	byte i;
	byte left;
	byte got[SIZE];
	bool down;

	do
	:: position < TOTAL ->
		head > position;
		seen = head;
		if
		:: seen - position > MOST ->
			lost = lost + seen - position - MOST;
			position = seen - MOST
		:: else
		fi;
		count = seen - position;
#ifdef NO_RMB
		again = head;
#endif
#ifdef EARLY_TAIL
		tail = position + count;
#endif
		/* From either end. */
		if
		:: i = 0
		:: i = count - 1; down = true
		fi;
		left = count;
		do
		:: left > 0 ->
			got[i] = mem[(position + i) % SIZE];
			left--;
			if
			:: left > 0 && down -> i--
			:: left > 0 && !down -> i++
			:: else
			fi
		:: else -> break
		od;
		down = false;
#ifndef NO_RMB
		again = head;
#endif
		bad = 0;
		if
		:: again - position > MOST -> bad = again - position - MOST
		:: else
		fi;
		if
		:: bad > count -> bad = count
		:: else
		fi;
		d_step {
			i = 0;
			do
			:: i < count ->
				assert(i < bad || got[i] == position + i);
				got[i] = 0;
				i++
			:: else -> break
			od;
			i = 0;
			lost = lost + bad;
			read = read + count - bad;
			position = position + count
		}
		tail = position
	:: else -> break
	od;
	assert(read + lost == TOTAL);
#ifndef OVER
	assert(lost == 0)
#endif
}
