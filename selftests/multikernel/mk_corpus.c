// SPDX-License-Identifier: GPL-2.0
/*
 * Have a loader read damaged images: "mk_corpus [-k] [-s FILE] SEED COUNT NAME
 * IMAGE OUT COMMAND...". COMMAND is run with OUT behind it, which is first IMAGE,
 * that must load, and then COUNT times IMAGE with a fault in it. Each time it must
 *
 *  - exit with 0, and say nothing but notes, or with 1, and say in one line that
 *    names the instance, NAME, why it refuses the image;
 *  - exit with 1 if the image is cut so short that a part of it is missing, but
 *    with -k, for a loader that has no way to see that;
 *  - with -s leave FILE, the instance's state, "loaded" if it exits with 0, and
 *    otherwise "loaded" or "created".
 *
 * Each that does something else is told with the number that makes it again. For
 * loaders that take long to start, as with sanitizers, mk_corpus_loader() may be
 * linked in: it is called with COMMAND, in a process of its own each time.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mk_damage.h"

/* For an image, on a machine that has much else to do. */
#define SECONDS_MAX	120

/* No reason is so short. */
#define REASON_MIN	10

/* So many images must do for some of them to load. */
#define COUNT_BOTH	100

#define MAX_REASONS	100
#define MAX_TOLD	5

static struct {
	unsigned long seed, count;
	const char *name, *image, *out, *state;
	char **command;
	int nr_words;
	bool blind;
} want;

/* What a run of the command has said and how it has ended. */
static struct {
	char said[4096];
	size_t length;
	int status;
	bool late;
} run;

static struct {
	char text[200];
	unsigned int times;
} reasons[MAX_REASONS];

static unsigned int nr_reasons, nr_refused, nr_loaded, nr_wrong;

/* A new file each time: one that is emptied first is written to the disk. */
static void write_image(const struct mk_file *image)
{
	FILE *out;

	unlink(want.out);
	out = fopen(want.out, "wb");
	if (!out || fwrite(image->data, 1, image->size, out) != image->size ||
	    fclose(out))
		err(2, "%s", want.out);
}

static pid_t start(int *from)
{
	int ends[2];
	pid_t pid;

	fflush(NULL);
	if (pipe(ends))
		err(2, "pipe");
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		dup2(ends[1], STDERR_FILENO);
		dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
		dup2(STDIN_FILENO, STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (mk_corpus_loader)
			exit(mk_corpus_loader(want.nr_words, want.command));
		execvp(want.command[0], want.command);
		_exit(127);
	}
	close(ends[1]);
	*from = ends[0];
	return pid;
}

static time_t now(void)
{
	struct timespec clock;

	clock_gettime(CLOCK_MONOTONIC, &clock);
	return clock.tv_sec;
}

/* Until it closes it, or for too long; more than there is room for is lost. */
static void read_all(int from)
{
	struct pollfd input = { .fd = from, .events = POLLIN };
	time_t end = now() + SECONDS_MAX;
	char more[256];
	ssize_t got;

	run.length = 0;
	run.late = false;
	for (;;) {
		if (poll(&input, 1, 1000) < 1) {
			run.late = now() > end;
			if (run.late)
				break;
			continue;
		}
		got = read(from, more, sizeof(more));
		if (got <= 0)
			break;
		if ((size_t)got > sizeof(run.said) - 1 - run.length)
			got = sizeof(run.said) - 1 - run.length;
		memcpy(run.said + run.length, more, got);
		run.length += got;
	}
	run.said[run.length] = '\0';
}

static void run_command(void)
{
	int from;
	pid_t pid = start(&from);

	read_all(from);
	close(from);
	if (run.late)
		kill(pid, SIGKILL);
	if (waitpid(pid, &run.status, 0) != pid)
		err(2, "waitpid");
}

/* What a line says of the instance, or NULL. */
static char *said_of_it(char *line)
{
	size_t length = strlen(want.name);

	if (strncmp(line, "kexec: ", 7) || strncmp(line + 7, want.name, length) ||
	    strncmp(line + 7 + length, ": ", 2))
		return NULL;
	return line + 7 + length + 2;
}

/* Numbers and the file's name make no other reason. */
static void count_reason(const char *said)
{
	size_t path = strlen(want.out), length = 0;
	unsigned int i = 0;
	char text[200];

	if (!strncmp(said, want.out, path))
		said += path + 2;
	for (; *said && length < sizeof(text) - 1; said++)
		if (!strchr("0123456789abcdefx", *said) || !length ||
		    !strchr("#0123456789", text[length - 1]))
			text[length++] = strchr("0123456789", *said) ? '#' : *said;
	text[length] = '\0';
	while (i < nr_reasons && strcmp(reasons[i].text, text))
		i++;
	if (i == MAX_REASONS)
		return;
	if (i == nr_reasons)
		memcpy(reasons[nr_reasons++].text, text, length + 1);
	reasons[i].times++;
}

/* Every line is about the instance; one that is no note is why it is refused. */
static const char *judge_lines(bool refused)
{
	static char text[sizeof(run.said)];
	unsigned int nr = 0;
	char *line, *said;

	memcpy(text, run.said, run.length + 1);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		said = said_of_it(line);
		if (!said)
			return "a line does not name the instance";
		if (!strncmp(said, "note: ", 6))
			continue;
		if (strlen(said) < REASON_MIN)
			return "it gives no reason";
		if (!nr++ && refused)
			count_reason(said);
	}
	if (!refused)
		return nr ? "it says what is wrong, and loads" : NULL;
	return nr == 1 ? NULL : nr ? "it gives more than one reason" :
				     "it gives no reason";
}

static const char *judge_state(bool refused)
{
	char state[32] = "";
	FILE *file;

	if (!want.state)
		return NULL;
	file = fopen(want.state, "r");
	if (!file || !fgets(state, sizeof(state), file))
		state[0] = '\0';
	if (file)
		fclose(file);
	state[strcspn(state, "\n")] = '\0';
	if (!strcmp(state, "loaded") || (refused && !strcmp(state, "created")))
		return NULL;
	return "the instance is in another state";
}

/* What is wrong with this run, or NULL. */
static const char *judge(const struct mk_file *image)
{
	bool refused;
	const char *wrong;

	if (run.late)
		return "it does not end";
	if (!WIFEXITED(run.status))
		return "it was killed by a signal";
	if (WEXITSTATUS(run.status) > 1)
		return "its exit status is neither 0 nor 1";
	refused = WEXITSTATUS(run.status);
	if (!refused && image->size < image->needed && !want.blind)
		return "it loads an image of which a part is missing";
	wrong = judge_lines(refused);
	if (!wrong)
		wrong = judge_state(refused);
	if (refused)
		nr_refused++;
	else
		nr_loaded++;
	return wrong;
}

static void tell(unsigned long number, const char *fault, const char *wrong)
{
	nr_wrong++;
	if (nr_wrong > MAX_TOLD)
		return;
	printf("image %lu (%s): %s: wait status %#x: %.2000s\n", number, fault,
	       wrong, run.status, run.said);
}

static bool is_sound(const struct mk_file *image)
{
	const char *wrong;

	write_image(image);
	run_command();
	wrong = judge(image);
	if (!wrong && !nr_refused) {
		nr_loaded = 0;
		return true;
	}
	printf("%s without a fault is not loaded: %s: wait status %#x: %.400s\n",
	       want.image, wrong ? wrong : "refused", run.status, run.said);
	return false;
}

static void run_all(const struct mk_file *image)
{
	struct mk_file damaged = { .data = NULL };
	const char *fault, *wrong;
	unsigned long number;

	for (number = 1; number <= want.count; number++) {
		fault = mk_damage(image, want.seed, number, &damaged);
		write_image(&damaged);
		run_command();
		wrong = judge(&damaged);
		if (wrong)
			tell(number, fault, wrong);
	}
	free(damaged.data);
}

static void take_options(int argc, char **argv)
{
	static char *command[64];
	int opt, i, nr;

	while ((opt = getopt(argc, argv, "+ks:")) != -1) {
		if (opt == 'k')
			want.blind = true;
		else if (opt == 's')
			want.state = optarg;
		else
			exit(2);
	}
	nr = argc - optind - 5;
	if (nr < 1 || nr > 62)
		errx(2, "usage: mk_corpus [-k] [-s FILE] SEED COUNT NAME IMAGE OUT COMMAND...");
	argv += optind;
	optind = 1;	/* for a loader */
	want.seed = strtoul(argv[0], NULL, 0);
	want.count = strtoul(argv[1], NULL, 0);
	want.name = argv[2];
	want.image = argv[3];
	want.out = argv[4];
	for (i = 0; i < nr; i++)
		command[i] = argv[5 + i];
	command[nr] = argv[4];
	want.command = command;
	want.nr_words = nr + 1;
}

int main(int argc, char **argv)
{
	struct mk_file image;
	unsigned int i;

	take_options(argc, argv);
	mk_file_read(want.image, &image);
	if (!is_sound(&image)) {
		free(image.data);
		return 1;
	}
	run_all(&image);
	free(image.data);
	printf("seed %lu: %u refused for %u reasons, %u loaded, %u wrong\n",
	       want.seed, nr_refused, nr_reasons, nr_loaded, nr_wrong);
	for (i = 0; i < nr_reasons; i++)
		printf("  %u: %s\n", reasons[i].times, reasons[i].text);
	if (want.count >= COUNT_BOTH && (!nr_refused || !nr_loaded)) {
		printf("not both, refused and loaded\n");
		return 1;
	}
	return nr_wrong != 0;
}
