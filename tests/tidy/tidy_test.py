#!/usr/bin/env python3
"""The tidy checks can fail: each is fed small bad trees and must complain."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import arrows
import banned_calls
import ratchets
import seam
import tree


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def assert_complaints(self, check, *expected):
        """Exactly one complaint per expected text, in order, containing it."""
        found = list(check(self.root))
        self.assertEqual(len(found), len(expected), found)
        for complaint, text in zip(found, expected):
            self.assertIn(text, complaint)


class Arrows(TreeTest):
    def test_own_room_and_reachable_rooms_are_fine(self):
        self.write("include/sluice/core/a.hpp", "")
        self.write("src/net/b.hpp", '#include "sluice/core/a.hpp"\n')
        self.write("src/net/b.cpp", '#include "net/b.hpp"\n#include <vector>\n')
        self.assert_complaints(arrows.check)

    def test_room_against_the_arrow(self):
        self.write("include/sluice/net/a.hpp", "")
        self.write("src/core/b.cpp", '\n#include "sluice/net/a.hpp"\n')
        self.assert_complaints(arrows.check, "src/core/b.cpp:2: room core may not include room net")

    def test_framing_net_and_pipeline_ignore_each_other(self):
        rooms = ("framing", "net", "pipeline")
        for room in rooms:
            others = (other for other in rooms if other != room)
            self.write(f"include/sluice/{room}/a.hpp", "")
            self.write(f"src/{room}/b.cpp",
                       "".join(f'#include "sluice/{other}/a.hpp"\n' for other in others))
        self.assertEqual(len(list(arrows.check(self.root))), 6)

    def test_public_header_includes_private_one(self):
        self.write("src/net/a.hpp", "")
        self.write("include/sluice/net/b.hpp", '#include "net/a.hpp"\n')
        self.assert_complaints(arrows.check, "b.hpp:1: a public header may not include the private")

    def test_private_header_of_another_room(self):
        self.write("src/core/a.hpp", "")
        self.write("src/net/b.cpp", '#include "core/a.hpp"\n')
        self.assert_complaints(arrows.check, "src/net/b.cpp:1: src/core/a.hpp is private")

    def test_circle(self):
        self.write("include/sluice/core/a.hpp", '#include "sluice/core/b.hpp"\n')
        self.write("include/sluice/core/b.hpp", '#include "sluice/core/a.hpp"\n')
        self.assert_complaints(arrows.check, "circle: include/sluice/core/a.hpp -> ")

    def test_second_half_of_a_header_is_no_circle(self):
        self.write("include/sluice/core/a.hpp", '#include "sluice/core/a_impl.hpp"\n')
        self.write("include/sluice/core/a_impl.hpp", '#include "sluice/core/a.hpp"\n')
        self.assert_complaints(arrows.check)

    def test_file_outside_every_room(self):
        self.write("src/attic/a.cpp", "")
        self.write("include/sluice/a.hpp", "")
        self.assert_complaints(arrows.check, "no known room", "no known room")

    def test_simulation_is_no_room(self):
        self.write("sim/world.hpp", "")
        self.write("src/net/a.cpp", '#include "sim/world.hpp"\n')
        self.assert_complaints(arrows.check, "may not include sim/world.hpp")

    def test_misspelt_include(self):
        self.write("src/net/a.cpp", '#include "net/typo.hpp"\n')
        self.assert_complaints(arrows.check, "net/typo.hpp is no file")


class BannedCalls(TreeTest):
    def test_each_ban_bites(self):
        for call in ("std::thread t;", "std::mutex m;", "std::unique_lock l(m);",
                     "std::condition_variable c;", "std::chrono::steady_clock::now();",
                     "sys::now();", "sys::system_now();", "std::random_device r;",
                     "std::uniform_int_distribution<> d;", "::usleep(1);", "sleep_for(1s);",
                     "auto f = [=] {};", "auto f = [=, this] {};", "strcpy(a, b);",
                     "std::sprintf(a, b);", "using namespace std;"):
            with self.subTest(call):
                self.write("src/net/a.cpp", f"\n{call}\n")
                self.assert_complaints(banned_calls.check, "src/net/a.cpp:2: ")

    def test_tests_do_not_sleep(self):
        self.write("tests/unit/a_test.cpp", "std::this_thread::sleep_for(1ms);\n")
        self.assert_complaints(banned_calls.check, "wait for the event itself")

    def test_unfinished_work(self):
        self.write("bench/a.cpp", "// TO" "DO: later\n")
        self.assert_complaints(banned_calls.check, "do it, drop it")

    def test_comments_and_literals_are_no_calls(self):
        self.write("src/net/a.cpp", '// std::thread\n/* sys::now() */ auto s = "std::mutex [=]";\n')
        self.assert_complaints(banned_calls.check)

    def test_similar_names_are_fine(self):
        self.write("src/net/a.cpp", "loop.now(); snprintf(a, 1, b); using namespace std::literals;"
                                    " parker.sleep(1); void sleep(); operator[](x); int n = 1'000; char c = 'x';")
        self.assert_complaints(banned_calls.check)

    def test_the_seam_may(self):
        self.write("src/sys/linux/a.cpp", "std::chrono::steady_clock::now();\n")
        self.assert_complaints(banned_calls.check)


class Ratchets(TreeTest):
    def function(self, lines, head="int f(int x)"):
        return f"{head} {{\n" + "    if (x) { ++x; }\n" * (lines - 2) + "}\n"

    def test_limits_are_inclusive(self):
        self.write("src/net/a.cpp", "x" * 99 + ";\n" + self.function(70) + "\n" * 429)
        self.assert_complaints(ratchets.check)

    def test_wide_line(self):
        self.write("src/net/a.cpp", "\n// " + "\u00e4" * 98 + "\n")
        self.assert_complaints(ratchets.check, "src/net/a.cpp:2: 101 columns")

    def test_long_file(self):
        self.write("src/net/a.cpp", "\n" * 501)
        self.assert_complaints(ratchets.check, "src/net/a.cpp:1: src/net/a.cpp has 501 lines")

    def test_long_functions_of_every_kind(self):
        for head in ("int f(int x)", "TEST(Net, Works)", "template <typename T>\nT A<T>::f() const",
                     "A::A(int x) : x_(x)", "bool operator==(const A& a, const A& b)",
                     "[[nodiscard]] int f()"):
            with self.subTest(head):
                self.write("src/net/a.cpp", "namespace a {\n" + self.function(71, head) + "}\n")
                extra = head.count("\n")
                self.assert_complaints(ratchets.check, f"has {71 + extra} lines")

    def test_long_method_in_a_class(self):
        self.write("src/net/a.hpp", "class A(b) C : public D {\n  public:\n"
                   + self.function(80, "void f()") + "};\n")
        self.assert_complaints(ratchets.check, "src/net/a.hpp:3: f has 80 lines")

    def test_long_classes_and_tables_are_no_functions(self):
        table = "constexpr Row rows[] = {\n" + "    {1, 2},\n" * 80 + "};\n"
        struct = "struct A {\n" + "    int f() { return 1; }\n" * 80 + "};\n"
        self.write("src/net/a.cpp", "namespace {\n" + table + struct + "}\n")
        self.assert_complaints(ratchets.check)

    def test_exceptions_only_shrink(self):
        held = ratchets.held
        self.assertIsNone(held("a:1", "a", 90, 70, {"a": 90}, "a"))
        self.assertIn("90 are allowed", held("a:1", "a", 91, 70, {"a": 90}, "a"))
        self.assertIn("lower it to 80", held("a:1", "a", 80, 70, {"a": 90}, "a"))
        self.assertIn("remove it", held("a:1", "a", 70, 70, {"a": 90}, "a"))


class Seam(TreeTest):
    def undefined(self, *symbols):
        listing = "\na.cpp.o:\n" + "".join(f"                 U {s}\n" for s in symbols)
        return list(seam.complaints("libx.a", listing))

    def test_the_machine_is_out_of_bounds(self):
        for symbol in ("clock_gettime", "getrandom", "connect", "accept4", "recvmsg", "sendmsg",
                       "epoll_wait", "eventfd", "open64", "fsync", "pthread_create", "syscall",
                       "pthread_cond_wait", "getaddrinfo", "mmap", "std::random_device::_M_fini()",
                       "std::chrono::_V2::steady_clock::now()", "std::condition_variable::wait(x)"):
            self.assertEqual(len(self.undefined(symbol)), 1, symbol)

    def test_the_seam_and_pure_functions_are_not(self):
        self.assertEqual(self.undefined(
            "sluice::sys::connect(int)", "sluice::sys::now()", "pthread_mutex_lock", "memcpy",
            "sluice::detail::check_failed(char const*)", "operator new(unsigned long)"), [])

    def test_a_real_object_is_read(self):
        self.write("a.cpp", "#include <ctime>\nlong f() { return std::time(nullptr); }\n")
        compiler = os.environ.get("CXX", "c++")
        subprocess.run([compiler, "-c", "a.cpp", "-o", "a.o"], cwd=self.root, check=True)
        found = list(seam.check(str(self.root / "a.o")))
        self.assertEqual(len(found), 1, found)
        self.assertIn("`time`", found[0])

    def test_a_missing_archive_is_a_complaint(self):
        self.assertEqual(len(list(seam.check(str(self.root / "none.a")))), 1)


class Tree(TreeTest):
    def test_removing_comments_keeps_line_numbers(self):
        text = 'a /* x\ny */ b // c\n"d\\"" R"(e\nf)" 1\'000 g\n'
        self.assertEqual(tree.code_only(text).count("\n"), text.count("\n"))
        self.assertNotIn("y", tree.code_only(text))
        self.assertIn("g", tree.code_only(text))


if __name__ == "__main__":
    unittest.main()
