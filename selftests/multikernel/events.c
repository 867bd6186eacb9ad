// SPDX-License-Identifier: GPL-2.0
/*
 * How others learn what an instance does: uevents, poll() on its file "state",
 * and that these files are to be read only.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "events"
#define STATE_FILE	MK_SYSFS "/" NAME "/state"

/* For what should come at once. */
#define EVENT_MS	10000

FIXTURE(events)
{
	struct mk_snapshot before;
	struct mk_instance instance;
	int socket;
	int cpu;
};

static int open_socket(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK, .nl_groups = 1,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (void *)&address, sizeof(address))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

FIXTURE_SETUP(events)
{
	mk_begin(&self->before);
	self->cpu = mk_spare_cpu(0);
	self->socket = open_socket();
	ASSERT_LE(0, self->socket);
}

FIXTURE_TEARDOWN(events)
{
	mk_destroy_leftovers();
	close(self->socket);
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

/* uevents */

/* A variable of an event, which is strings, one behind the other. */
static const char *variable(const char *event, ssize_t length, const char *name)
{
	size_t size = strlen(name);
	const char *at;

	for (at = event; at < event + length; at += strlen(at) + 1)
		if (!strncmp(at, name, size) && at[size] == '=')
			return at + size + 1;
	return "(none)";
}

/*
 * The next event of our instance as "action state: reason", or "" when there is
 * none in time. Devices of the CPUs have events too.
 */
static void next_event(int fd, __u32 id, char *text, size_t size, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char event[8192], id_text[16];
	ssize_t length;

	snprintf(id_text, sizeof(id_text), "%u", id);
	*text = '\0';
	while (poll(&poll_fd, 1, ms) == 1) {
		length = recv(fd, event, sizeof(event) - 1, 0);
		if (length <= 0)
			continue;
		event[length] = '\0';
		if (strcmp(variable(event, length, "SUBSYSTEM"), "multikernel") ||
		    strcmp(variable(event, length, "INSTANCE"), NAME) ||
		    strcmp(variable(event, length, "ID"), id_text) ||
		    strcmp(variable(event, length, "DEVPATH"),
			   "/kernel/multikernel/" NAME))
			continue;
		snprintf(text, size, "%s %s: %s",
			 variable(event, length, "ACTION"),
			 variable(event, length, "STATE"),
			 variable(event, length, "EXIT_REASON"));
		return;
	}
}

#define EXPECT_EVENT(expected)						\
do {									\
	char text[128];							\
									\
	next_event(self->socket, self->instance.id, text, sizeof(text),	\
		   EVENT_MS);						\
	EXPECT_STREQ(expected, text);					\
} while (0)

#define EXPECT_NO_EVENT()						\
do {									\
	char text[128];							\
									\
	next_event(self->socket, self->instance.id, text, sizeof(text),	\
		   0);							\
	EXPECT_STREQ("", text);						\
} while (0)

TEST_F(events, are_those_of_a_whole_life_in_their_order)
{
	struct mk_instance *instance = &self->instance;
	int round;

	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << self->cpu, MK_SMALL));
	EXPECT_EVENT("add created: ");
	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, mk_load(instance->id, &instance->image));
		EXPECT_EVENT("change loaded: ");
		ASSERT_EQ(0, mk_start(instance->id));
		EXPECT_EVENT("change starting: ");
		EXPECT_EVENT("change running: ");
		EXPECT_NO_EVENT();
		ASSERT_EQ(0, mk_stop(instance->id));
		EXPECT_EVENT("change stopping: ");
		EXPECT_EVENT("change stopped: stopped by INIT");
	}
	EXPECT_NO_EVENT();
	ASSERT_EQ(0, mk_destroy(instance->id));
	EXPECT_EVENT("remove stopped: stopped by INIT");
	EXPECT_NO_EVENT();
}

TEST_F(events, of_a_destroy_begin_with_those_of_a_stop)
{
	struct mk_instance *instance = &self->instance;

	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << self->cpu, MK_SMALL));
	ASSERT_EQ(0, mk_run(instance));
	ASSERT_EQ(0, mk_destroy(instance->id));
	EXPECT_EVENT("add created: ");
	EXPECT_EVENT("change loaded: ");
	EXPECT_EVENT("change starting: ");
	EXPECT_EVENT("change running: ");
	EXPECT_EVENT("change stopping: ");
	EXPECT_EVENT("change stopped: stopped by INIT");
	EXPECT_EVENT("remove stopped: stopped by INIT");
}

TEST_F(events, tell_of_an_ending_and_of_an_unload)
{
	struct mk_instance *instance = &self->instance;
	struct mk_registers registers;

	if (!mk_loop_readable())
		SKIP(return, "/dev/mem does not show memory");
	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << self->cpu, MK_SMALL));
	ASSERT_EQ(0, mk_run(instance));
	ASSERT_TRUE(mk_find_registers(&instance->info, &registers));
	ASSERT_EQ(0, mk_stop(instance->id));
	mk_loop_step(&instance->image, MK_STEP_STORE_BYTE,
		     registers.reset_value, registers.reset);
	close(self->socket);
	self->socket = open_socket();
	ASSERT_EQ(0, mk_load(instance->id, &instance->image));
	ASSERT_EQ(0, mk_kexec_load(0, 0, NULL, mk_load_flags(instance->id)));
	ASSERT_EQ(0, mk_run(instance));
	EXPECT_EVENT("change loaded: ");
	EXPECT_EVENT("change created: ");
	EXPECT_EVENT("change loaded: ");
	EXPECT_EVENT("change starting: ");
	EXPECT_EVENT("change running: ");
	EXPECT_EVENT("change stopping: ");
	EXPECT_EVENT("change stopped: reset itself");
}

TEST_F(events, tell_of_a_stop_that_fails)
{
	struct mk_instance *instance = &self->instance;
	/* It cannot be found out any more when the CPU is given away. */
	__u32 apic_id = mk_apic_id(self->cpu);

	if (!mk_write(MK_MUTE, MK_MUTE_NOBODY))
		SKIP(return, "needs CONFIG_MULTIKERNEL_DEBUG and debugfs");
	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << self->cpu, MK_SMALL));
	ASSERT_EQ(0, mk_run(instance));
	close(self->socket);
	self->socket = open_socket();
	EXPECT_TRUE(mk_mute(apic_id));
	EXPECT_EQ(ETIMEDOUT, mk_stop(instance->id));
	EXPECT_TRUE(mk_write(MK_MUTE, MK_MUTE_NOBODY));
	EXPECT_EVENT("change stopping: ");
	EXPECT_EVENT("change failed: a CPU does not answer");
	EXPECT_EQ(0, mk_stop(instance->id));
	EXPECT_EVENT("change stopping: ");
	EXPECT_EVENT("change stopped: stopped by INIT");
}

TEST_F(events, are_not_sent_for_what_was_refused)
{
	struct mk_instance *instance = &self->instance;
	__u32 id;

	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << self->cpu, MK_SMALL));
	EXPECT_EVENT("add created: ");
	EXPECT_EQ(EEXIST, mk_create(NAME, self->cpu, MK_SMALL, &id));
	EXPECT_EQ(ENOEXEC, mk_start(instance->id));
	EXPECT_EQ(ESRCH, mk_stop(instance->id));
	EXPECT_NO_EVENT();
}

/* poll() */

/* Bits that poll() gives for a file within that time. */
static short polled(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	return poll(&poll_fd, 1, ms) == 1 ? poll_fd.revents : 0;
}

/* Reads the file again, which makes poll() wait for the next change. */
static bool reads(int fd, const char *expected)
{
	char text[64];
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

	if (length <= 0)
		return false;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, expected);
}

TEST_F(events, wake_poll_at_each_change_of_state)
{
	struct mk_instance *instance = &self->instance;
	int fd;

	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << self->cpu, MK_SMALL));
	fd = open(STATE_FILE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_TRUE(reads(fd, "created"));
	EXPECT_EQ(0, polled(fd, 200));

	ASSERT_EQ(0, mk_load(instance->id, &instance->image));
	EXPECT_EQ(POLLPRI, polled(fd, EVENT_MS) & POLLPRI);
	EXPECT_TRUE(reads(fd, "loaded"));
	EXPECT_EQ(0, polled(fd, 200));

	ASSERT_EQ(0, mk_start(instance->id));
	EXPECT_EQ(POLLPRI, polled(fd, EVENT_MS) & POLLPRI);
	EXPECT_TRUE(reads(fd, "running"));
	EXPECT_EQ(0, polled(fd, 200));

	ASSERT_EQ(0, mk_stop(instance->id));
	EXPECT_EQ(POLLPRI, polled(fd, EVENT_MS) & POLLPRI);
	EXPECT_TRUE(reads(fd, "stopped"));
	EXPECT_EQ(0, polled(fd, 200));
	close(fd);
}

/**
 * struct poller - a thread that polls until it is told of the end
 * @fd: of the file "state", read once
 * @tid: the thread's id, once it runs
 * @wakes: how often it woke up
 * @revents: what poll() said at last
 * @err: what a read said then
 */
struct poller {
	int fd;
	pid_t tid;
	int wakes;
	short revents;
	int err;
};

static void *poll_to_the_end(void *arg)
{
	struct poller *poller = arg;
	char text[64];

	__atomic_store_n(&poller->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	do {
		poller->revents = polled(poller->fd, EVENT_MS);
		poller->wakes += !!poller->revents;
		poller->err = 0;
		if (pread(poller->fd, text, sizeof(text), 0) < 0)
			poller->err = errno;
	} while (poller->revents && !poller->err);
	return NULL;
}

/* Until the thread sleeps in poll(). */
static bool sleeps(const struct poller *poller)
{
	char path[64], text[512];
	long end = mk_now() + EVENT_MS;
	const char *state;

	while (mk_now() < end) {
		usleep(20000);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
			 __atomic_load_n(&poller->tid, __ATOMIC_ACQUIRE));
		if (!mk_read(path, text, sizeof(text)))
			continue;
		state = strrchr(text, ')');
		if (state && !strncmp(state, ") S", 3))
			return true;
	}
	return false;
}

static bool begin_to_poll(struct poller *poller, pthread_t *thread)
{
	memset(poller, 0, sizeof(*poller));
	poller->fd = open(STATE_FILE, O_RDONLY | O_CLOEXEC);
	return reads(poller->fd, "created") &&
	       !pthread_create(thread, NULL, poll_to_the_end, poller) &&
	       sleeps(poller);
}

TEST_F(events, wake_who_polls_when_the_instance_is_destroyed)
{
	struct mk_instance *instance = &self->instance;
	struct poller poller;
	pthread_t thread;

	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << self->cpu, MK_SMALL));
	ASSERT_TRUE(begin_to_poll(&poller, &thread));
	ASSERT_EQ(0, mk_destroy(instance->id));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(1, poller.wakes);
	EXPECT_EQ(POLLERR | POLLPRI, poller.revents & (POLLERR | POLLPRI));
	EXPECT_EQ(ENODEV, poller.err);

	/* For ever, and also when there is another one of that name. */
	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << self->cpu, MK_SMALL));
	EXPECT_EQ(POLLERR | POLLPRI, polled(poller.fd, 0) & (POLLERR | POLLPRI));
	EXPECT_FALSE(reads(poller.fd, "created"));
	EXPECT_EQ(ENODEV, errno);
	close(poller.fd);
}

TEST_F(events, wake_who_polls_when_a_running_instance_is_destroyed)
{
	struct mk_instance *instance = &self->instance;
	struct poller poller;
	pthread_t thread;

	ASSERT_EQ(0, mk_make(instance, NAME, 1ULL << self->cpu, MK_SMALL));
	ASSERT_TRUE(begin_to_poll(&poller, &thread));
	ASSERT_EQ(0, mk_run(instance));
	ASSERT_TRUE(sleeps(&poller));
	ASSERT_EQ(0, mk_destroy(instance->id));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_LE(2, poller.wakes);
	EXPECT_EQ(POLLERR | POLLPRI, poller.revents & (POLLERR | POLLPRI));
	EXPECT_EQ(ENODEV, poller.err);
	close(poller.fd);
}

MK_TEST_MAIN(1, MK_SMALL)
