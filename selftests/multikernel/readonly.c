// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/multikernel is to be read only: nobody can change an instance
 * there, whatever the modes of the files are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "mk_lib.h"

#define NAME		MK_NAME "readonly"
#define DIRECTORY	MK_SYSFS "/" NAME
#define MAX_FILES	64

/* An instance has this many files at least, those of its timings included. */
#define SOME_FILES	10

/**
 * struct file - a file and what it had in it
 * @path: its path
 * @mode: its mode
 * @error: why it cannot be read, or zero
 * @text: what was read, if it can be
 */
struct file {
	char path[256];
	mode_t mode;
	int error;
	char text[4096];
};

FIXTURE(readonly)
{
	struct mk_snapshot before;
	struct mk_instance instance;
	struct file *file;
	int nr_files;
};

/* What nftw() has found. */
static struct file found[MAX_FILES];
static int nr_found;

static int note(const char *path, const struct stat *st, int type,
		struct FTW *ftw)
{
	if (type != FTW_F || nr_found == MAX_FILES)
		return 0;
	snprintf(found[nr_found].path, sizeof(found->path), "%s", path);
	found[nr_found++].mode = st->st_mode & 07777;
	return 0;
}

/* Zero, or why it cannot be read. */
static int read_file(const char *path, char *text, size_t size)
{
	errno = 0;
	return mk_read(path, text, size) ? 0 : errno;
}

/* Only a kernel that has run leaves memory and a log to look at. */
static int expected_error(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return strcmp(name, "vmcore") && strcmp(name, "log") ? 0 : ENODATA;
}

FIXTURE_SETUP(readonly)
{
	struct file *file;

	mk_begin(&self->before);
	ASSERT_EQ(0, mk_make(&self->instance, NAME, 1ULL << mk_spare_cpu(0),
			     MK_SMALL));
	nr_found = 0;
	ASSERT_EQ(0, nftw(MK_SYSFS, note, 8, FTW_PHYS));
	self->file = found;
	self->nr_files = nr_found;
	ASSERT_LE(SOME_FILES, nr_found);
	for (file = found; file < found + nr_found; file++) {
		file->error = read_file(file->path, file->text,
					sizeof(file->text));
		ASSERT_EQ(expected_error(file->path), file->error)
			TH_LOG("%s", file->path);
	}
}

FIXTURE_TEARDOWN(readonly)
{
	EXPECT_EQ(0, mk_destroy(self->instance.id));
	EXPECT_EQ(0, mk_destroy_leftovers());
	EXPECT_TRUE(mk_snapshot_same(&self->before));
}

static int open_error(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static bool unchanged(const struct file *file)
{
	char text[4096] = "";

	if (read_file(file->path, text, sizeof(text)) == file->error &&
	    !strcmp(text, file->text))
		return true;
	fprintf(stderr, "# %s: \"%s\" before\n", file->path, file->text);
	return false;
}

TEST_F(readonly, files_refuse_to_be_opened_for_writing)
{
	const struct file *file;

	for (file = self->file; file < self->file + self->nr_files; file++) {
		EXPECT_EQ(EACCES, open_error(file->path, O_WRONLY))
			TH_LOG("%s", file->path);
		EXPECT_EQ(EACCES, open_error(file->path, O_RDWR))
			TH_LOG("%s", file->path);
		EXPECT_EQ(EACCES, open_error(file->path, O_WRONLY | O_TRUNC))
			TH_LOG("%s", file->path);
		EXPECT_TRUE(unchanged(file));
	}
}

/* As in /proc/iomem, only root is to know where memory is. */
TEST_F(readonly, addresses_are_not_for_all)
{
	struct stat st;

	ASSERT_EQ(0, stat(DIRECTORY "/memory_ranges", &st));
	EXPECT_EQ(0400, st.st_mode & 07777);
	ASSERT_EQ(0, stat(DIRECTORY "/low", &st));
	EXPECT_EQ(0400, st.st_mode & 07777);
}

TEST_F(readonly, files_have_modes_that_say_so)
{
	const struct file *file;

	for (file = self->file; file < self->file + self->nr_files; file++)
		EXPECT_EQ(0, file->mode & 0222) TH_LOG("%s", file->path);
}

/* Root may change the modes of all files in sysfs, so nothing must depend on them. */
TEST_F(readonly, files_are_so_whatever_their_modes_are)
{
	const struct file *file;

	for (file = self->file; file < self->file + self->nr_files; file++) {
		EXPECT_EQ(0, chmod(file->path, 0666));
		EXPECT_FALSE(mk_write(file->path, "1\n"))
			TH_LOG("%s", file->path);
		EXPECT_TRUE(errno == EACCES || errno == EIO)
			TH_LOG("%s: errno %d", file->path, errno);
		EXPECT_EQ(0, chmod(file->path, file->mode));
		EXPECT_TRUE(unchanged(file));
	}
}

/* This is no way to make an instance or to get rid of one. */
TEST_F(readonly, directories_are_so_too)
{
	EXPECT_EQ(-1, mkdir(MK_SYSFS "/" NAME "-2", 0755));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, rmdir(DIRECTORY));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, rename(DIRECTORY, MK_SYSFS "/" NAME "-2"));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, unlink(DIRECTORY "/state"));
	EXPECT_EQ(EPERM, errno);
	EXPECT_NE(0, open_error(DIRECTORY "/new", O_WRONLY | O_CREAT));
	EXPECT_TRUE(mk_in_state(NAME, "created"));
	EXPECT_EQ(self->before.instances + 1, mk_count_instances());
}

/* Not even that there is none. */
TEST_F(readonly, memory_is_not_shown_without_CAP_SYS_RAWIO)
{
	char text[4096];

	ASSERT_EQ(0, mk_drop_capability(CAP_SYS_RAWIO));
	EXPECT_EQ(EPERM, read_file(DIRECTORY "/vmcore", text, sizeof(text)));
	EXPECT_EQ(EPERM, read_file(DIRECTORY "/log", text, sizeof(text)));
}

/* What it is typed at may end this machine. */
TEST_F(readonly, terminal_is_not_opened_without_CAP_SYS_RAWIO)
{
	char name[32], path[64];

	ASSERT_TRUE(mk_read(DIRECTORY "/console", name, sizeof(name)));
	snprintf(path, sizeof(path), "/dev/%s", name);
	path[strcspn(path, "\n")] = '\0';
	EXPECT_EQ(0, open_error(path, O_RDWR | O_NOCTTY)) TH_LOG("%s", path);
	ASSERT_EQ(0, mk_drop_capability(CAP_SYS_RAWIO));
	EXPECT_EQ(EPERM, open_error(path, O_RDWR | O_NOCTTY));
	EXPECT_EQ(EPERM, open_error(path, O_RDONLY | O_NOCTTY));
}

MK_TEST_MAIN(1, MK_SMALL)
