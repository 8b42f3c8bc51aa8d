"""`sluice run` with gpsd: it asks for reports, gets them, and asks again after a reconnect."""

import json
import signal
import unittest

import gpsd
import printed
import support

WATCHING = """
stages:
  gpsd: {{type: tcp_client, address: "{address}", reconnect_max_ms: 100}}
  watch:
    type: publish
    channel: /gpsd/egress_packets
    text: "?WATCH={{\\"enable\\":true,\\"{what}\\":true}};\\n"
    when_up: /gpsd/connection_state
  show:
    type: print
    format: json
    subscribe:
      - {{channel: /gpsd/packet_group, policy: lossless}}
      - {{channel: /gpsd/connection_state}}
      - {{channel: /gpsd/socket_stats}}
"""
FRAMED = WATCHING.replace("reconnect_max_ms: 100}}", "framing: lines}}").replace(
    "      - {{channel: /gpsd/connection_state}}\n",
    "      - {{channel: /gpsd/frames, policy: lossless}}\n")
FRAMES = "/gpsd/frames"
GROUPS = "/gpsd/packet_group"
STATES = "/gpsd/connection_state"


def lines_of(shown, connection):
    """Whole lines that a connection has received so far."""
    return shown.stream(GROUPS, connection).decode("ascii").split("\r\n")[:-1]


def reports_of(shown, connection):
    """{class: its reports}."""
    found = {}
    for report in map(json.loads, lines_of(shown, connection)):
        found.setdefault(report["class"], []).append(report)
    return found


def fixes_of(shown, connection):
    return [report for report in reports_of(shown, connection).get("TPV", [])
            if {"time", "lat", "lon"} <= report.keys()]


def has_left(state):
    return state["state"] == "waiting"


class GpsdRunTest(support.TestCase):
    def watch(self, what, pipeline=WATCHING):
        """A pipeline that asks gpsd for `what`, as (process, what it shows)."""
        self.gpsd = gpsd.Gpsd(self)
        process = self.run_pipeline(self.config(pipeline.format(address=self.gpsd.address,
                                                                what=what)))
        return process, printed.Printed(process.output)

    def wait_for_fixes(self, shown, connection, count):
        while len(fixes_of(shown, connection)) < count:
            shown.next(GROUPS)

    def end(self, process, shown):
        """Stops the pipeline; returns its last figures, which its ledger tells as well."""
        process.signal(signal.SIGINT)
        shown.rest()
        self.assertEqual(process.wait(), 128 + signal.SIGINT)
        stats = shown.of("/gpsd/socket_stats")[-1]
        found = support.equations(process.errors.rest().decode())
        self.assertEqual(found["gpsd", "bytes"][0], stats["received"]["bytes"])
        self.assertEqual(found["gpsd", "egress messages"][0], stats["egress"]["accepted"])
        return stats

    def assert_on_track(self, fixes):
        epochs = []
        for fix in fixes:
            hours, minutes, seconds = (float(part) for part in fix["time"][11:-1].split(":"))
            epochs.append(round(hours * 3600 + minutes * 60 + seconds) - gpsd.START_S)
            north, east = gpsd.position(epochs[-1])
            self.assertAlmostEqual(fix["lat"], north, 6)
            self.assertAlmostEqual(fix["lon"], east, 6)
        self.assertEqual(epochs, [(epochs[0] + i) % gpsd.EPOCHS for i in range(len(epochs))])

    def test_every_report_of_gpsd_is_published_unchanged(self):
        process, shown = self.watch("json")
        self.wait_for_fixes(shown, 1, 20)
        stats = self.end(process, shown)
        self.assert_on_track(fixes_of(shown, 1))
        reports = reports_of(shown, 1)
        self.assertEqual(len(reports["VERSION"]), 1)
        self.assertTrue(reports["WATCH"][0]["json"])
        self.assertEqual(len(shown.stream(GROUPS, 1)), stats["received"]["bytes"])

    def test_nmea_comes_as_the_receiver_sent_it(self):
        process, shown = self.watch("nmea")
        log = gpsd.nmea_log().split("\r\n")[:-1]
        sentences = []
        while len(sentences) < 20:
            shown.next(GROUPS)
            sentences = [line for line in lines_of(shown, 1) if line.startswith("$")]
        self.end(process, shown)
        first = log.index(sentences[0])
        self.assertEqual(sentences, (log * 2)[first:first + len(sentences)])

    def assert_frames_are_lines(self, shown):
        """Each line that was received is a frame, where it stood."""
        stream = shown.stream(GROUPS, 1)
        offset, lines = 0, []
        for line in stream.split(b"\n")[:-1]:
            lines.append((offset, len(line) + 1, line.removesuffix(b"\r")))
            offset += len(line) + 1
        self.assertEqual(shown.frames(FRAMES, 1), lines)

    def test_with_a_framing_every_report_is_a_frame(self):
        process, shown = self.watch("json", FRAMED)
        while len(shown.frames(FRAMES, 1)) < 40:
            shown.next(FRAMES)
        stats = self.end(process, shown)
        self.assert_frames_are_lines(shown)
        reports = [json.loads(payload) for _, _, payload in shown.frames(FRAMES, 1)]
        self.assertEqual(reports[0]["class"], "VERSION")
        self.assertEqual(stats["framing"]["frames"], len(reports))

    def test_with_a_framing_every_sentence_is_a_frame(self):
        process, shown = self.watch("nmea", FRAMED)
        log = gpsd.nmea_log().split("\r\n")[:-1]
        sentences = []
        while len(sentences) < 20:
            shown.next(FRAMES)
            payloads = [payload.decode("ascii") for _, _, payload in shown.frames(FRAMES, 1)]
            sentences = [payload for payload in payloads if payload.startswith("$")]
        stats = self.end(process, shown)
        self.assert_frames_are_lines(shown)
        first = log.index(sentences[0])
        self.assertEqual(sentences, (log * 2)[first:first + len(sentences)])
        framing = stats["framing"]
        self.assertEqual(framing["received"], framing["payload"] + framing["overhead"]
                         + framing["skipped"] + framing["buffered"])

    def test_a_killed_gpsd_that_comes_back_is_asked_again(self):
        process, shown = self.watch("json")
        self.wait_for_fixes(shown, 1, 5)
        self.gpsd.kill()
        reason = shown.next(STATES, has_left)["reason"]
        self.assertIn(reason, ("peer_closed", "connection_reset"))
        self.assertEqual(shown.next(STATES, has_left)["reason"], "connection_refused")
        self.gpsd.restart()
        self.wait_for_fixes(shown, 2, 5)
        stats = self.end(process, shown)
        for connection in (1, 2):
            self.assert_on_track(fixes_of(shown, connection))
        self.assertEqual(stats["connects"], 2)
        ends = {end: times for end, times in stats["disconnects"].items() if times}
        self.assertEqual(ends, {reason: 1, "stopped": 1})
        self.assertEqual((stats["egress"]["accepted"], stats["egress"]["sent"]), (2, 2))


if __name__ == "__main__":
    unittest.main()
