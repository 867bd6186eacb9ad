# SPDX-License-Identifier: GPL-2.0
#
# For drgn, of the core file of a spawned kernel: its tasks, each by its number
# and name.

from drgn.helpers.linux.pid import for_each_task

for task in for_each_task(prog):
    print(task.pid.value_(), task.comm.string_().decode())
