"""RFC 6587 both ways: what `sluice send` sends rsyslog takes, and `sluice cat` what it sends."""

import base64
import glob
import json
import os
import random
import unittest

import harness

SLUICE = os.environ["SLUICE"]
RECEIVE = """
module(load="imtcp")
template(name="json" type="list" option.jsonf="on") {{
  property(outname="message" name="rawmsg" format="jsonf")
}}
global(workDirectory="{folder}" maxMessageSize="64k")
ruleset(name="in") {{ action(type="omfile" file="{output}" template="json") }}
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="in" SupportOctetCountedFraming="on")
"""
FORWARD = """
module(load="imtcp")
template(name="raw" type="string" string="%rawmsg%")
global(workDirectory="{folder}" maxMessageSize="64k")
ruleset(name="out") {{
  action(type="omfwd" target="127.0.0.1" port="{target}" protocol="tcp" template="raw"
         TCP_Framing="octet-counted")
}}
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="out" SupportOctetCountedFraming="on")
"""


def messages(count):
    source = random.Random(count)
    letters = "abcdefghijklmnopqrstuvwxyz 0123456789:<>"
    return [f"<13>1 2026-01-01T00:00:00Z host app - {i} - "
            + "".join(source.choices(letters, k=source.randrange(1, 3000))).strip() + "."
            for i in range(count)]


class RsyslogTest(harness.TestCase):
    def rsyslog(self, config, **values):
        """The port at which it listens."""
        folder = harness.temporary_directory(self)
        modules = glob.glob(os.path.join(os.environ["SLUICE_PEERS"], "usr/lib/*/rsyslog"))[0]
        while True:
            port = harness.free_port()
            path = os.path.join(folder, "rsyslog.conf")
            with open(path, "w") as file:
                file.write(config.format(folder=folder, port=port, **values))
            process = self.start(harness.peer_program("rsyslogd"), "-n", "-f", path, "-i",
                                 os.path.join(folder, "pid"), "-M", modules)
            if process.listens(port):
                return port

    def send(self, port, lines):
        sender = self.start(SLUICE, "send", f"127.0.0.1:{port}", "--framing", "octet-counting")
        sender.send("".join(line + "\n" for line in lines).encode())
        sender.end_input()
        self.assertEqual(sender.wait(), 0)

    def test_rsyslog_takes_what_send_sends(self):
        wanted = messages(1000)
        output = os.path.join(harness.temporary_directory(self), "messages.json")
        os.mkfifo(output)
        reader = open(os.open(output, os.O_RDWR), "rb", buffering=0)
        self.addCleanup(reader.close)
        written = harness.Reader(reader, "what rsyslog received")
        port = self.rsyslog(RECEIVE, output=output)
        join = self.in_background(lambda: self.send(port, wanted))
        received = [json.loads(written.line())["message"] for _ in wanted]
        join()
        self.assertEqual(received, wanted)

    def test_cat_takes_what_rsyslog_sends(self):
        wanted = messages(500)
        to_rsyslog, to_cat = self.listener(), self.listener()
        cat = self.start(SLUICE, "cat", harness.address_of(to_cat), "--framing", "octet-counting",
                         "--json", "--no-reconnect")
        device = self.accept(to_cat)
        port = self.rsyslog(FORWARD, target=to_rsyslog.getsockname()[1])

        def relay():  # both dial: it stands between them
            source = self.accept(to_rsyslog)
            frames = sum(len(line) + len(str(len(line))) + 1 for line in wanted)
            device.sendall(harness.receive_exactly(source, frames))
            device.close()

        join = self.in_background(relay)
        self.send(port, wanted)
        received = [base64.b64decode(json.loads(line)["data"]).decode()
                    for line in cat.output.rest().splitlines()]
        join()
        self.assertEqual(received, wanted)
        self.assertEqual(cat.wait(), 0)


if __name__ == "__main__":
    unittest.main()
