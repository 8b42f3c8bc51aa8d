"""What a file may say and this machine does not allow: told by `run`, and no error of the file."""

import os
import subprocess
import unittest

import support

DEVICE = "device: {type: tcp_client, address: '127.0.0.1:1'"
ABSENT = "thread_processor_affinity: [1023]"
# Where a processor that no machine has is asked for, and the path that is warned of.
FILES = {
    "stages.device": f"stages: {{{DEVICE}, {ABSENT}}}}}\n",
    "executor": f"stages: {{{DEVICE}}}}}\nexecutor: {{{ABSENT}}}\n",
    "event_loops.shared":
        f"stages: {{{DEVICE}, event_loop: shared}}}}\nevent_loops: {{shared: {{{ABSENT}}}}}\n",
}


class MachineTest(support.TestCase):
    def test_an_absent_processor_is_a_warning_of_check_and_ends_a_run_with_71(self):
        for path, text in FILES.items():
            with self.subTest(path=path):
                file = self.config(text)
                checked = self.sluice("check", file)
                self.assertEqual(checked.returncode, 0, checked.stderr)
                run = self.sluice("run", file)
                self.assertEqual((run.returncode, run.stdout), (71, ""))
                *warnings, why = run.stderr.splitlines()
                self.assertEqual(warnings, checked.stderr.splitlines(), "each is told once")
                self.assertEqual(len(warnings), 1)
                self.assertIn(f": warning: {path}.thread_processor_affinity: ", warnings[0])
                self.assertRegex(why, r"^sluice: .*thread_processor_affinity 1023; this process "
                                      r"may use the processors [\d,-]+$")

    def test_too_few_descriptors_are_told_with_the_number(self):
        run = subprocess.run(
            ["prlimit", "--nofile=30:30", support.SLUICE, "run",
             self.config(f"stages: {{{DEVICE}}}}}\n")],
            capture_output=True, text=True, timeout=support.DEADLINE_S)
        self.assertEqual((run.returncode, run.stdout), (71, ""))
        self.assertRegex(run.stderr, r"^sluice: needs \d+ descriptors, the limit is 30; ")

    @unittest.skipIf(os.environ.get("SLUICE_SANITIZE") == "thread",
                     "ThreadSanitizer does not start where such a stack moves the memory's layout")
    def test_a_thread_that_cannot_be_had_is_named(self):
        run = subprocess.run(
            ["prlimit", f"--stack={1 << 46}:", support.SLUICE, "run",
             self.config(f"stages: {{{DEVICE}}}}}\n")],
            capture_output=True, text=True, timeout=support.DEADLINE_S)
        self.assertEqual((run.returncode, run.stdout), (71, ""), run.stderr)
        self.assertRegex(run.stderr, r"no room for the thread \w+(-\d)?; see ulimit -u and -s")

    def test_a_priority_that_is_not_permitted_is_one_warning_and_a_state(self):
        unprivileged = ["prlimit", "--rtprio=0:0"]
        if os.geteuid() == 0:
            unprivileged += ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"]
        process = self.start(
            *unprivileged, support.SLUICE, "run", "--json", "--duration", "1500ms",
            self.config(f"stages: {{{DEVICE}, thread_priority: 10}}}}\n"))
        self.assertIn(b'"realtime":"denied"', process.output.rest())
        self.assertEqual(process.wait(), 0)
        self.assertEqual(process.errors.rest().count(b"realtime_denied"), 1)

    def test_errors_between_stages_are_told_below_an_earlier_warning(self):
        file = self.config(f"""stages:
  {DEVICE}, {ABSENT}}}
  show: {{type: print, subscribe: [{{channel: /nowhere}}]}}
""")
        for command in ("check", "run"):
            done = self.sluice(command, file)
            self.assertEqual(done.returncode, 78)
            first, second = done.stderr.splitlines()
            self.assertRegex(first, r":2:\d+: warning: stages\.device\.")
            self.assertRegex(second, r":3:\d+: error: stages\.show\.subscribe\[0\]\.channel: ")

    def test_errors_between_stages_are_told_above_a_later_warning(self):
        file = self.config(f"""stages:
  show: {{type: print, subscribe: [{{channel: /nowhere}}]}}
  {DEVICE}, {ABSENT}}}
""")
        for command in ("check", "run"):
            done = self.sluice(command, file)
            self.assertEqual(done.returncode, 78)
            first, second = done.stderr.splitlines()
            self.assertRegex(first, r":2:\d+: error: stages\.show\.subscribe\[0\]\.channel: ")
            self.assertRegex(second, r":3:\d+: warning: stages\.device\.")


if __name__ == "__main__":
    unittest.main()
