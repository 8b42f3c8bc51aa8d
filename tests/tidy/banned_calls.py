#!/usr/bin/env python3
"""banned_calls.py ROOT: calls that no source may make, each with what to do instead."""

import re

import tree

ROOMS = ("include", "src")
SEAM = "src/sys/linux/"  # defines the seam, so it calls what others may not

# Who may ask what time it is. Everybody else is told, so that simulated time is complete.
MAY_ASK_TIME = {
    "src/net/event_loop.cpp": "one reading per turn of the loop, which its users share",
    "src/net/stream.cpp": "stamps a packet right after the receive call",
    "include/sluice/sync/bounded_queue.hpp": "deadline of a blocking wait of the user's own thread",
    "src/net/transmit_queue.cpp": "deadline of a blocking wait of the user's own thread",
    "src/net/transmit_queue_send.cpp": "how long ago a producer wrote to the socket itself",
    "src/messaging/inbox.cpp": "looks for messages so long before the user's own thread sleeps",
    "src/buffers/buffer_pool.cpp": "deadline of a blocking wait of the user's own thread",
    "src/pipeline/real_time_executor.cpp": "the clock of the stages that it runs",
    "src/cli/send.cpp": "deadline of a blocking wait of the user's own thread",
    "src/cli/simulate.cpp": "the wall time that a simulated device begins with",
}


class Ban:
    def __init__(self, pattern, advice, folders=tree.FOLDERS, allowed=()):
        self.pattern = re.compile(pattern)
        self.advice = advice
        self.folders = folders
        self.allowed = tuple(allowed)

    def concerns(self, path):
        return path.startswith(tuple(f + "/" for f in self.folders)) and not path.startswith(
            self.allowed or ("no path",))


BANS = (
    Ban(r"std::j?thread\b", "use sys::Thread", ROOMS, [SEAM]),
    Ban(r"std::(?:recursive_|timed_|shared_)?mutex\b|std::(?:lock_guard|unique_lock|scoped_lock)\b",
        "use sync::Mutex and sync::MutexLock", ROOMS, ["include/sluice/sync/mutex.hpp", SEAM]),
    Ban(r"std::condition_variable", "use sync::Parker", ROOMS, [SEAM]),
    Ban(r"\b(?:steady|system|high_resolution)_clock::now\b",
        "take the time from the loop or the context", ROOMS + ("sim",), [SEAM]),
    Ban(r"\bsys::(?:system_)?now\s*\(",
        "take the time from the loop or the context; who may ask is listed in MAY_ASK_TIME",
        ROOMS, [SEAM, *MAY_ASK_TIME]),
    Ban(r"std::random_device\b", "use sys::random, or a seed that is printed",
        ROOMS + ("sim", "tests")),
    Ban(r"std::\w+_distribution\b", "it differs between libraries, so seeds do not replay: "
        "compute from the generator's raw number"),
    Ban(r"\bsleep_(?:for|until)\b|(?<![\w.>:])(?:::)?(?:u|nano)?sleep\s*\((?!\s*\))",
        "wait for the event itself", ROOMS + ("sim", "tests")),
    Ban(r"\[=[\],]", "name what the lambda keeps"),
    Ban(r"(?<![\w.>])(?:std::)?(?:strcpy|strcat|v?sprintf|gets|strtok|alloca)\s*\(",
        "use std::string, std::span or snprintf"),
    Ban(r"\busing\s+namespace\s+(?!std::(?:\w+::)?\w*literals\b)",
        "name what is used; only the literals of std are excepted"),
)

UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")


def check(root):
    for path, text in tree.files(root):
        code = tree.code_only(text)
        for ban in BANS:
            if not ban.concerns(path):
                continue
            for match in ban.pattern.finditer(code):
                yield (f"{path}:{tree.line_of(code, match.start())}: "
                       f"`{match.group().strip()}` is banned here: {ban.advice}")
    for path, text in tree.files(root, endings=(".cpp", ".hpp", ".py", ".sh", ".txt", ".cmake")):
        for match in UNFINISHED.finditer(text):
            yield (f"{path}:{tree.line_of(text, match.start())}: `{match.group()}`: do it, drop "
                   "it, or open an issue")


if __name__ == "__main__":
    tree.main(check)
