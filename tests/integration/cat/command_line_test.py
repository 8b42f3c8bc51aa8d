"""Command lines: what is refused, with which words; help; what the machine does not allow."""

import os
import re
import shlex
import subprocess
import unittest

import support

ADDRESS = "127.0.0.1:9"
FORMS = "; allowed are HOST:PORT, 192.0.2.1:PORT, [2001:db8::1]:PORT, [fe80::1%eth0]:PORT or unix:/"
ALL_OPTIONS = ("; allowed are --help, --framing, --frame-timeout, --hex, --json, --receive-timeout, "
               "--connect-timeout, --no-reconnect, -N, --thread-priority, --thread-processor-affinity")
TIMES = "; allowed are a number and ms, s or m, such as 250ms, 2s or 1.5m, from 1ms to 24 hours"
PRIORITIES = "; allowed are 0 (the ordinary scheduler) and 1 to 99 (SCHED_FIFO)"
PROCESSORS = "; allowed are numbers from 0 to 1023 and ascending ranges, such as 0,2-3"

# What is given, and what the complaint says: the words given, why not, and what is allowed.
BAD_ADDRESSES = [
    ("127.0.0.1", ['"127.0.0.1": the port is missing', FORMS]),
    ("[::1]", ['"[::1]": the port is missing', FORMS]),
    ("127.0.0.1:", ['"127.0.0.1:": the port is a number', FORMS]),
    ("127.0.0.1:http", ['"127.0.0.1:http": the port is a number', FORMS]),
    ("127.0.0.1:0", ["127.0.0.1:0: nobody can connect to port 0", "allowed are 1 to 65535"]),
    ("device:65536", ['"device:65536": the port is a number from 0 to 65535', FORMS]),
    ("device:-1", ['"device:-1": the port is a number', FORMS]),
    (":80", ['":80": the host is missing', FORMS]),
    ("", ['"": the port is missing', FORMS]),
    ("1.2.3:80", ['"1.2.3:80": an IPv4 address has four numbers from 0 to 255', FORMS]),
    ("1.2.3.256:80", ['"1.2.3.256:80": an IPv4 address has four numbers', FORMS]),
    ("224.0.0.1:80", ['"224.0.0.1:80": TCP cannot connect to a multicast address', FORMS]),
    ("[ff02::1]:80", ['"[ff02::1]:80": TCP cannot connect to a multicast address', FORMS]),
    ("255.255.255.255:80", ["TCP cannot connect to the broadcast address", FORMS]),
    ("::1:80", ['"::1:80": an IPv6 address stands in brackets', FORMS]),
    ("[::g]:80", ['"[::g]:80": no IPv6 address between the brackets', FORMS]),
    ("[fe80::1]:80", ['"[fe80::1]:80": a link-local address needs its interface', FORMS]),
    ("[fe80::1%]:80", ["the number of an interface is from 1 to 4294967295", FORMS]),
    ("[fe80::1%4294967296]:80", ["the number of an interface is from 1 to 4294967295", FORMS]),
    ("[fe80::1%waytoolongforaname]:80", ["an interface has 1 to 15 printable", FORMS]),
    ("[2001:db8::1%eth0]:80", ["only a link-local address (fe80::/10) has an interface", FORMS]),
    ("h" * 300 + ":80", ["a host name has at most 253 bytes, this one has 300", FORMS]),
    ("h" * 64 + ":80", ["a label of a host name has at most 63 bytes", FORMS]),
    ("a..b:80", ['"a..b:80": a host name has no empty labels', FORMS]),
    ("bücher.example:80", [r'"b\xc3\xbccher.example:80"', "(international names in their xn--"]),
    ("a b:80", ['"a b:80": a host name has letters, digits', FORMS]),
    ("unix:", ['"unix:": the path of a Unix socket has 1 to 107 bytes', FORMS]),
    ("unix:/" + "p" * 107, ["the path of a Unix socket has 1 to 107 bytes and no NUL", FORMS]),
]

BAD_OPTIONS = [
    *[([f"--receive-timeout={text}", ADDRESS], [f'--receive-timeout "{text}"', TIMES])
      for text in ("-1s", "5", "5h", "abc", "nan", "inf", "1e3s", "0.1ms", "25000m", "1 s", "s")],
    (["--receive-timeout", "-1s", ADDRESS], ['--receive-timeout "-1s"', TIMES]),
    (["--connect-timeout", "5", ADDRESS], ['--connect-timeout "5"', TIMES]),
    (["--connect-timeout", "0", ADDRESS], ["--connect-timeout 0", "allowed are 1ms to 24 hours"]),
    (["--hex", "--json", ADDRESS], ["--hex excludes --json"]),
    (["--framing", "length:u33be", ADDRESS], ['--framing "length:u33be"', "allowed are"]),
    (["--framing", "length:u8,max:1MiB", ADDRESS], ["--framing ", "max_frame_length"]),
    (["--framing", "", ADDRESS], ["--framing ", "allowed are"]),
    (["--framing", "lines", "--frame-timeout", "5", ADDRESS], ['--frame-timeout "5"', TIMES]),
    (["--frame-timeout", "5s", ADDRESS], ["--frame-timeout requires --framing"]),
    (["--recieve-timeout", "2s", ADDRESS], ['unknown option "--recieve-timeout"',
                                            'did you mean "--receive-timeout"?']),
    (["--hexx", ADDRESS], ['unknown option "--hexx"; did you mean "--hex"?']),
    (["--colour", ADDRESS], ['unknown option "--colour"', ALL_OPTIONS]),
    (["-x", ADDRESS], ['unknown option "-x"', ALL_OPTIONS]),
    ([], ["ADDRESS is required"]),
    (["--hex"], ["ADDRESS is required"]),
    ([ADDRESS, "--receive-timeout"], ["--receive-timeout: 1 required TIME missing"]),
    ([ADDRESS, "127.0.0.2:9"], ['"127.0.0.2:9" is one argument too many']),
    (["--thread-priority", "100", ADDRESS], ["thread_priority 100", PRIORITIES]),
    (["--thread-priority", "-1", ADDRESS], ["thread_priority -1", PRIORITIES]),
    (["--thread-priority", "high", ADDRESS], ['--thread-priority "high"; allowed are 0 to 99']),
    (["--thread-processor-affinity", "3-1", ADDRESS], ['"3-1"', PROCESSORS]),
    (["--thread-processor-affinity", "", ADDRESS], ['processors ""', PROCESSORS]),
    (["--thread-processor-affinity", "9999", ADDRESS], ['"9999"', PROCESSORS]),
    (["--thread-processor-affinity", "0,", ADDRESS], ['"0,"', PROCESSORS]),
]


def run(*arguments, prefix=()):
    return subprocess.run([*prefix, support.SLUICE, *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=support.DEADLINE_S, check=False)


class RefusedCommandLineTest(support.TestCase):
    def assert_refused(self, arguments, words, help_command="sluice cat"):
        done = run(*arguments)
        self.assertEqual(done.returncode, 64, done.stderr)
        self.assertEqual(done.stdout, "")
        complaint, advice = done.stderr.splitlines()
        self.assertTrue(complaint.startswith("sluice: "), complaint)
        for word in words:
            self.assertIn(word, complaint)
        self.assertEqual(advice, f"Run `{help_command} --help` for more.")

    def test_addresses(self):
        for address, words in BAD_ADDRESSES:
            with self.subTest(address=address):
                self.assert_refused(["cat", address], ["invalid address: ", *words])

    def test_options(self):
        for arguments, words in BAD_OPTIONS:
            with self.subTest(arguments=arguments):
                self.assert_refused(["cat", *arguments], words)

    def test_a_processor_that_is_absent_is_named_with_those_that_are_there(self):
        allowed = os.sched_getaffinity(0)
        absent = max(allowed) + 1
        done = run("cat", "--thread-processor-affinity", str(absent), ADDRESS)
        self.assertEqual(done.returncode, 64)
        found = re.search(rf"thread_processor_affinity {absent}; this process may use the "
                          r"processors ([0-9,-]+)$", done.stderr, re.MULTILINE)
        self.assertIsNotNone(found, done.stderr)
        listed = set()
        for part in found[1].split(","):
            first, _, last = part.partition("-")
            listed.update(range(int(first), int(last or first) + 1))
        self.assertEqual(listed, allowed)

    def test_commands(self):
        for arguments, words in [
            ([], ["A subcommand is required"]),
            (["cta", ADDRESS], ['unknown command "cta"; allowed are run, check, stages, cat']),
            (["--versoin"], ['unknown option "--versoin"; did you mean "--version"?']),
        ]:
            with self.subTest(arguments=arguments):
                self.assert_refused(arguments, words, help_command="sluice")


class HelpTest(support.TestCase):
    def test_help_ends_with_0(self):
        for arguments in (["--help"], ["-h"], ["cat", "--help"], ["cat", "-h"]):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("Usage: sluice", done.stdout)

    def test_every_option_is_explained(self):
        text = run("cat", "--help").stdout
        for option in ALL_OPTIONS.removeprefix("; allowed are ").split(", "):
            self.assertRegex(text, rf"(?m)^  (-h,)?{option}\b")

    def test_every_example_is_a_valid_command_line(self):
        text = run("cat", "--help").stdout
        examples = re.search(r"(?ms)^Examples:\n(.*?)\n\n", text)[1].splitlines()
        self.assertGreaterEqual(len(examples), 5)
        for example in examples:
            with self.subTest(example=example):
                command = example.split("sluice cat ", 1)[1]
                words = shlex.split(re.split(r"[>|]|  ", command, maxsplit=1)[0])
                # With too few descriptors it ends as soon as the command line is accepted.
                done = run("cat", *words, prefix=("prlimit", "--nofile=10:10"))
                self.assertEqual(done.returncode, 71, done.stderr)
                bad = run("cat", "--hexx", *words, prefix=("prlimit", "--nofile=10:10"))
                self.assertEqual(bad.returncode, 64, bad.stderr)

    def test_version(self):
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^sluice \d+\.\d+\.\d+\n$")


class MachineTest(support.TestCase):
    def test_too_few_descriptors_end_it_with_71(self):
        done = run("cat", ADDRESS, prefix=("prlimit", "--nofile=10:10"))
        self.assertEqual(done.returncode, 71)
        self.assertRegex(done.stderr, r"^sluice: needs \d+ descriptors, the limit is 10; raise it "
                                      r"with ulimit -n\n$")

    def test_a_soft_limit_on_descriptors_is_raised(self):
        cat, peer = self.connected(prefix=("prlimit", "--nofile=10:4096"))
        peer.sendall(b"works\n")
        self.assertEqual(cat.output.line(), "works")

    def test_a_real_time_priority_that_is_not_permitted_is_a_warning(self):
        unprivileged = ("prlimit", "--rtprio=0:0")
        if os.geteuid() == 0:
            unprivileged += ("setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all")
        server = self.listener()
        cat = self.cat("--thread-priority", "10", support.address_of(server), prefix=unprivileged)
        self.assertEqual(cat.errors.line(),
                         "sluice: warning: realtime_denied thread=sluice-cat priority=10 "
                         "help=needs CAP_SYS_NICE or a sufficient RLIMIT_RTPRIO")
        peer = self.accept(server)
        cat.wait_connected()
        peer.sendall(b"works\n")
        self.assertEqual(cat.output.line(), "works")

    def test_the_thread_at_the_socket_runs_where_it_was_told(self):
        processor = max(os.sched_getaffinity(0))
        cat, _ = self.connected("--thread-processor-affinity", str(processor))
        names = {}
        for thread in os.listdir(f"/proc/{cat.pid}/task"):
            with open(f"/proc/{cat.pid}/task/{thread}/comm") as comm:
                names[comm.read().strip()] = int(thread)
        self.assertEqual(os.sched_getaffinity(names["sluice-cat"]), {processor})


if __name__ == "__main__":
    unittest.main()
