"""Programs outside of this project find Sluice in each of the ways that docs/using.md tells."""

import os
import re
import shutil
import subprocess
import unittest

import harness

SOURCE = os.environ["SLUICE_SOURCE"]
BUILD = os.environ["SLUICE_BUILD"]
HERE = os.path.join(SOURCE, "tests", "packaging")
GREETING = b"reading 000001\n"


class PackagingTest(harness.TestCase):
    def setUp(self):
        # Always the same, so that ccache knows the paths.
        self.folder = os.path.join(BUILD, "packaging", self.id().split(".")[-2])
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def run_program(self, *arguments, **environment):
        run = subprocess.run(arguments, env={**os.environ, **environment}, cwd=self.folder,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(run.returncode, 0, f"{' '.join(arguments)}\n{run.stdout}")
        return run.stdout

    def build(self, project, *options, targets=("all",)):
        """Builds the CMake project of that name in this folder."""
        self.run_program("cmake", "-G", os.environ["SLUICE_GENERATOR"],
                         "-S", os.path.join(HERE, project), "-B", self.path("build"),
                         "-D", "CMAKE_CXX_FLAGS=-O0",
                         "-D", f"CMAKE_CXX_COMPILER={os.environ['CXX']}",
                         "-D", f"CMAKE_CXX_COMPILER_LAUNCHER={os.environ['SLUICE_LAUNCHER']}",
                         *options)
        self.run_program("cmake", "--build", self.path("build"), "--target", *targets)

    def assert_moves_bytes(self, program):
        device = self.listener()
        process = self.start(program, harness.address_of(device))
        peer = self.accept(device)
        self.assertEqual(harness.receive_exactly(peer, 6), b"hello\n")
        peer.sendall(GREETING)
        peer.close()
        self.assertEqual(process.output.rest(), GREETING)
        self.assertEqual(process.wait(), 0)

    def assert_runs_a_pipeline(self, program):
        device = self.listener()
        process = self.start(program, harness.address_of(device))
        peer = self.accept(device)
        peer.sendall(b"".join(b"reading %d\n" % number for number in range(1, 6)))
        self.assertIn(b"connection 1: 5, mean 3.0\n", process.output.rest())
        self.assertEqual(process.wait(), 0)

    def assert_runs_a_file(self, program):
        device = self.listener()
        with open(self.path("pipeline.yaml"), "w") as file:
            file.write(f"""
stages:
  device: {{type: tcp_client, address: "{harness.address_of(device)}"}}
  lines: {{type: line_count, subscribe: [{{channel: /device/packet_group}}], stop_after: 2}}
""")
        process = self.start(program, file.name)
        peer = self.accept(device)
        peer.sendall(b"one\ntwo\n")
        self.assertEqual(process.output.rest(), b"lines: 2\n")
        self.assertEqual(process.wait(), 0)


class FindPackage(PackagingTest):
    def test_programs_use_what_is_installed(self):
        installed = self.path("installed")
        self.run_program("cmake", "--install", BUILD, "--prefix", installed)
        self.build("find_package", "-D", f"CMAKE_PREFIX_PATH={installed}")
        self.assert_moves_bytes(self.path("build", "link"))
        self.assert_runs_a_pipeline(self.path("build", "own_stage"))
        self.assert_runs_a_file(self.path("build", "own_command"))

        command = os.path.join(installed, "bin", "sluice")
        with open(os.path.join(installed, "include/sluice/core/version.hpp")) as header:
            version = dict(re.findall(r'#define (SLUICE_\w+) "?([\d.]+)', header.read()))
        numbers = ".".join(version[f"SLUICE_VERSION_{part}"] for part in ("MAJOR", "MINOR", "PATCH"))
        self.assertEqual(version["SLUICE_VERSION"], numbers)
        self.assertEqual(self.run_program(command, "--version"), f"sluice {numbers}\n")


class AddSubdirectory(PackagingTest):
    def test_programs_use_the_source(self):
        self.build("add_subdirectory", targets=("link", "own_stage"))
        self.assert_moves_bytes(self.path("build", "link"))
        self.assert_runs_a_pipeline(self.path("build", "own_stage"))
        self.assertIn("Total Tests: 0", self.run_program("ctest", "-N", "--test-dir", "build"))
        self.run_program("cmake", "--install", "build", "--prefix", self.path("installed"))
        self.assertFalse(os.path.exists(self.path("installed")), "Sluice installs itself, too")


class PkgConfig(PackagingTest):
    def test_programs_use_a_staged_package(self):
        stage = self.path("stage")
        self.run_program("cmake", "--install", BUILD, DESTDIR=stage)
        modules = next(folder for folder, _, files in os.walk(stage) if "sluice.pc" in files)
        for example, module in (("link", "sluice-net"), ("own_stage", "sluice")):
            self.run_program(os.path.join(HERE, "pkg_config", "build.sh"),
                             os.path.join(SOURCE, "examples", f"{example}.cpp"),
                             self.path(example), module, PKG_CONFIG_PATH=modules)
        self.assert_moves_bytes(self.path("link"))
        self.assert_runs_a_pipeline(self.path("own_stage"))


if __name__ == "__main__":
    unittest.main()
