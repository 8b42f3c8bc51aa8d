"""What else the machine was doing."""

import gzip
import os
import pathlib
import re
import resource
import time

# Of all processors' time. A quiet machine's own services stay below it.
FOREIGN_SHARE_MAX = 0.04

USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL = range(8)


def interrupts_apart():
    """Whether the kernel counts interrupts apart from the processes they interrupt."""
    for read, path in ((gzip.open, "/proc/config.gz"), (open, f"/boot/config-{os.uname().release}")):
        if pathlib.Path(path).exists():
            with read(path, "rt", encoding="utf-8") as config:
                return "CONFIG_IRQ_TIME_ACCOUNTING=y" in config.read()
    return False


def busy_s(stat, with_interrupts):
    """Seconds of all processors since boot, spent on anything at all, or taken by the host."""
    ticks = [int(word) for word in stat.split("\n", 1)[0].split()[1:]]
    kinds = [USER, NICE, SYSTEM, STEAL] + ([IRQ, SOFTIRQ] if with_interrupts else [])
    return sum(ticks[kind] for kind in kinds) / os.sysconf("SC_CLK_TCK")


def own_s():
    """Seconds used by this process and by all children that it has waited for."""
    return sum(usage.ru_utime + usage.ru_stime
               for usage in map(resource.getrusage,
                                (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


class LoadMeter:
    """Between construction and `foreign_share()`. All children must have been waited for.

    `owns_interrupts`: interrupts are the benchmark's doing, also those of idle processors, which no
    process is charged for.
    """

    def __init__(self, owns_interrupts=False):
        self._with_interrupts = not owns_interrupts and not interrupts_apart()
        self._begin = self._look()

    def _look(self):
        stat = pathlib.Path("/proc/stat").read_text(encoding="utf-8")
        return time.monotonic(), busy_s(stat, self._with_interrupts), own_s()

    def foreign_share(self):
        """The part of all processors' time that somebody else used."""
        wall, busy, own = (end - begin for begin, end in zip(self._begin, self._look()))
        return max(0.0, (busy - own) / (wall * os.cpu_count()))


def machine():
    """What a figure must be read with."""
    model = re.search(r"^model name\s*:\s*(.*)$",
                      pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return {"cpu": model.group(1) if model else os.uname().machine, "cores": os.cpu_count(),
            "kernel": os.uname().release}
