#!/usr/bin/env python3
"""seam.py ARCHIVE...: the rooms reach the machine only through sys, as their symbols prove."""

import re
import subprocess

import tree

# Undefined symbols, as `nm -uC` prints them, that would go round the seam. pthread_mutex_* is
# allowed: sync::Mutex is a std::mutex.
ROUND_THE_SEAM = re.compile(
    r"(?:"
    r"clock_\w+|time|gettimeofday|timerfd_\w+|timer_\w+|alarm|setitimer"
    r"|s?rand|s?random|rand_r|[dejlmn]+rand48|getrandom|getentropy|arc4random\w*"
    r"|socket|socketpair|connect|accept4?|bind|listen|shutdown|[gs]etsockopt|getsockname|getpeername"
    r"|recv|recvfrom|recvm?msg|send|sendto|sendm?msg|sendfile|splice"
    r"|epoll_\w+|p?poll|p?select|eventfd\w*|pipe2?|fcntl|ioctl"
    r"|open(?:at)?(?:64)?|creat(?:64)?|fopen(?:64)?|fdopen|f(?:data)?sync|p?readv?(?:64)?"
    r"|p?writev?(?:64)?|l?f?stat(?:64)?|rename|unlink|close"
    r"|pthread_(?:create|join|detach|cond_\w+|set\w+|rwlock_\w+)|sem_\w+|sched_\w+|syscall|futex"
    r"|(?:get|free)addrinfo|getnameinfo|gethostbyname\w*|if_nametoindex|if_indextoname"
    r"|nanosleep|usleep|sleep|m(?:un|re)?map(?:64)?|madvise|fork|execv\w*|getenv|signal|sigaction"
    r"|std::chrono::_V2::\w+::now\(\)"
    r"|std::(?:random_device|condition_variable\w*|thread|this_thread)\b.*"
    r"|std::(?:__cxx11::)?basic_[io]?f(?:ile|stream)\w*<.*|std::filesystem::.*"
    r")(?:@.*)?")


def complaints(archive, listing):
    """The complaints about one archive, from what `nm -uC` prints of it."""
    member = archive
    for line in listing.splitlines():
        if line.endswith(":"):
            member = line[:-1]
            continue
        symbol = line.strip().split(" ", 1)[-1].strip()
        if ROUND_THE_SEAM.fullmatch(symbol):
            yield (f"{archive}:{member}: calls `{symbol}` itself; go through sluice/sys, which "
                   "the simulated world replaces")


def check(*archives):
    for archive in archives:
        nm = subprocess.run(["nm", "-uC", archive], capture_output=True, text=True, check=False)
        if nm.returncode != 0:
            yield f"{archive}: nm failed: {nm.stderr.strip()}; build it first"
            continue
        yield from complaints(archive, nm.stdout)


if __name__ == "__main__":
    tree.main(check)
