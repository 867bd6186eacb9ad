// SPDX-License-Identifier: GPL-2.0
/*
 * Run a command and kill it after a while: "mk_kill MICROSECONDS COMMAND...".
 * Prints how many microseconds it ran; exit status 0 when it was killed, 1 when
 * it had ended before, well or not. For kill.sh, which needs moments that are
 * closer together than a shell can have them.
 *
 * "mk_kill -i" interrupts it as a terminal would: all of its process group get
 * SIGINT. Exit status 1 then when it ended well.
 */
#define _GNU_SOURCE
#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* As a blocked signal, the child's end ends the pause. */
static void pause_until(long long when, const sigset_t *child)
{
	long long left = when - now_us();
	struct timespec time = { left / 1000000, left % 1000000 * 1000 };

	if (left > 0)
		sigtimedwait(child, NULL, &time);
}

static bool was_ended(int status, bool interrupted)
{
	if (interrupted)
		return !WIFEXITED(status) || WEXITSTATUS(status);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

int main(int argc, char **argv)
{
	bool interrupt = argc > 1 && !strcmp(argv[1], "-i");
	sigset_t child, before;
	long long start;
	int status;
	pid_t pid;

	argc -= interrupt;
	argv += interrupt;
	if (argc < 3)
		errx(2, "usage: mk_kill [-i] MICROSECONDS COMMAND...");
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);

	start = now_us();
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	/* Whichever of the two comes first. */
	setpgid(pid, pid);
	if (!pid) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	pause_until(start + atoll(argv[1]), &child);
	if (interrupt)
		kill(-pid, SIGINT);
	else
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		err(2, "waitpid");

	printf("%lld\n", now_us() - start);
	return !was_ended(status, interrupt);
}
