"""A world of its own for a benchmark: loopback, congestion control, name servers."""

import os
import pathlib
import socket
import subprocess
import sys

CONGESTION_CONTROL = "reno"
INSIDE = "SLUICE_BENCH_INSIDE"


class Impossible(Exception):
    """The machine does not allow it; the text says what to do."""


def enter():
    """Runs this program again in namespaces of its own, and returns in there only."""
    if os.environ.get(INSIDE):
        return
    unshare = ["unshare", "--net", "--mount"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    try:
        allowed = subprocess.run(unshare + ["true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Impossible("unshare is missing; install the package util-linux") from None
    if allowed.returncode != 0:
        raise Impossible("a benchmark needs a network namespace of its own, which needs root "
                         f"here: run it with sudo ({allowed.stderr.strip()})")
    os.execvpe(unshare[0], unshare + [sys.executable, "-B"] + sys.argv,
               {**os.environ, INSIDE: "1"})


def set_up():
    """Inside: loopback up, the congestion control fixed."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").write_text(CONGESTION_CONTROL)


def silent_name_server():
    """Makes every look-up of a name wait for ever. Keep what is returned as long as it shall."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    if pathlib.Path("/etc/resolv.conf").exists():  # without it, 127.0.0.1 is asked anyway
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=True)
        pathlib.Path("/mnt/resolv.conf").write_text("nameserver 127.0.0.1\n")
        subprocess.run(["mount", "--bind", "/mnt/resolv.conf", "/etc/resolv.conf"], check=True)
    return server
