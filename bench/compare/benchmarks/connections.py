"""One server that echoes messages on many connections; the load in all is the same for any number.

Memory is the server's: what it grew by, an open connection, from a ninth of the connections to all.
"""

import os
import pathlib
import re
import resource

import isolation
from cases import Group, named, parts
from process import Failed, Running
from ratios import Ratio

CONNECTIONS = (1, 100, 1000, 9000)
SIZE = 64
RATE, SECONDS, SECONDS_QUICK = 45_000, 4, 0.02

# Name: the program; Sluice's own stand beside the rivals' folder.
OURS = {"sluice": "sluice_server"}
RIVALS = {"ceiling": "rivals/epoll_server"}
SERVERS = {**OURS, **RIVALS}

GROUPS = tuple(Group(tuple(named(server, count) for server in SERVERS), 5, 9)
               for count in CONNECTIONS)
CASES = tuple(case for group in GROUPS for case in group.cases)
RATIOS = tuple(Ratio(named(case, count), named("ceiling", count), "messages_per_s")
               for case in OURS for count in CONNECTIONS)
COLUMNS = (("k offered/s", "offered_per_s", 1e3), ("k echoed/s", "messages_per_s", 1e3),
           ("p50 µs", "p50_us", 1), ("p99 µs", "p99_us", 1), ("slowest/median", "fairness", 1),
           ("server CPU", "server_cpu", 1), ("B/connection", "bytes_per_connection", 1))

DESCRIPTORS_BESIDES = 64


def ensure_descriptors(wanted):
    """Children inherit the limit, which is raised as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    except (ValueError, OSError):
        raise isolation.Impossible(
            f"{wanted} open files a process are needed, {hard} are allowed: raise the limit "
            f"(`ulimit -Hn {wanted}` as root, or `nofile` in /etc/security/limits.conf)") from None


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"^VmRSS:\s*(\d+) kB$", status, re.MULTILINE).group(1)) * 1024


def cpu_s(pid):
    """User and system time of a running process so far."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Runner:
    def __init__(self, build, quick):
        ensure_descriptors(max(CONNECTIONS) + DESCRIPTORS_BESIDES)
        self._helpers = build / "bench" / "compare"
        self._seconds = SECONDS_QUICK if quick else SECONDS

    def run(self, case):
        server_name, count = parts(case)
        steps = [max(1, count // 9), count]
        with Running([self._helpers / SERVERS[server_name], count], held=True) as server:
            with Running([self._helpers / "rivals" / "connections_load",
                          f"127.0.0.1:{server.line()}", SIZE, RATE, self._seconds, *steps],
                         held=True) as load:
                resident = []
                for step in steps:
                    resident.append(self._opened(server, load, step))
                    opening_s = cpu_s(server.pid)
                    load.tell("go on")
                measured = load.line()
                serving_s = cpu_s(server.pid) - opening_s
                load.release()
                load.wait()
            server.release()
            server.wait()
        return measures(steps, resident, measured, serving_s)

    @staticmethod
    def _opened(server, load, step):
        said = load.line()
        if said != f"open {step}":
            raise Failed(f"connections_load could not open {step} connections")
        return resident_bytes(server.pid)


def measures(steps, resident, measured, serving_s):
    offered, echoed, duration_ns, slowest, median, p50_ns, p99_ns = map(int, measured.split())
    found = {"offered_per_s": offered * 1e9 / duration_ns,
             "messages_per_s": echoed * 1e9 / duration_ns,
             "fairness": slowest / max(1, median), "p50_us": p50_ns / 1000,
             "p99_us": p99_ns / 1000, "server_cpu": serving_s * 1e9 / duration_ns}
    if steps[1] > steps[0]:
        found["bytes_per_connection"] = (resident[1] - resident[0]) / (steps[1] - steps[0])
    return found
