"""DNS over TCP: a zone transfer from nsd, every message a frame, checked against dig."""

import base64
import json
import os
import struct
import subprocess
import unittest

import harness

SLUICE = os.environ["SLUICE"]
NAMES = 20_000
ZONE = "example.test"
CONFIG = """
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  database: ""
  logfile: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: {zone}
  zonefile: zone.txt
  provide-xfr: 127.0.0.1 NOKEY
"""
ORIGIN = f"""$ORIGIN {ZONE}.
$TTL 300
@ IN SOA ns admin 1 3600 600 86400 300
@ IN NS ns
ns IN A 127.0.0.1
"""
A, NS, SOA, AXFR = 1, 2, 6, 252


def address_of(number):
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def question(kind):
    name = b"".join(bytes([len(label)]) + label.encode() for label in ZONE.split("."))
    return struct.pack(">HHHHHH", 4711, 0, 1, 0, 0, 0) + name + b"\0" + struct.pack(">HH", kind, 1)


def read_name(message, at):
    """(name, where it ends): RFC 1035, 4.1.4."""
    labels, end = [], None
    while message[at]:
        if message[at] >= 0xc0:
            end = end or at + 2
            at = struct.unpack_from(">H", message, at)[0] & 0x3fff
        else:
            labels.append(message[at + 1:at + 1 + message[at]].decode())
            at += 1 + message[at]
    return ".".join(labels) + ".", end or at + 1


def read_records(message):
    """[(name, type, data)]: addresses as text, of other types only their names."""
    number, _, questions, answers = struct.unpack_from(">HHHH", message)
    assert number == 4711
    at = 12
    for _ in range(questions):
        at = read_name(message, at)[1] + 4
    records = []
    for _ in range(answers):
        name, at = read_name(message, at)
        kind, _, _, size = struct.unpack_from(">HHIH", message, at)
        at += 10
        data = ".".join(map(str, message[at:at + size])) if kind == A else None
        records.append((name, kind, data))
        at += size
    assert at == len(message), "a message has its records and nothing else"
    return records


class ZoneTransferTest(harness.TestCase):
    def setUp(self):
        folder = harness.temporary_directory(self)
        with open(os.path.join(folder, "zone.txt"), "w") as zone:
            zone.write(ORIGIN)
            zone.writelines(f"host{i:05} IN A {address_of(i)}\n" for i in range(NAMES))
        while True:
            self.port = harness.free_port()
            config = os.path.join(folder, "nsd.conf")
            with open(config, "w") as file:
                file.write(CONFIG.format(port=self.port, folder=folder, zone=ZONE))
            nsd = self.start(harness.peer_program("nsd"), "-d", "-c", config)
            if nsd.listens(self.port):
                return

    def dig(self):
        """The records of the zone, as dig receives them."""
        text = subprocess.run(
            [harness.peer_program("dig"), "@127.0.0.1", "-p", str(self.port), "+tcp", "+noall",
             "+answer", ZONE, "AXFR"], check=True, text=True, stdout=subprocess.PIPE,
            timeout=harness.DEADLINE_S).stdout
        kinds = {"A": A, "NS": NS, "SOA": SOA}
        records = []
        for line in text.splitlines():
            name, _, _, kind, data = line.split(None, 4)
            records.append((name, kinds[kind], data if kind == "A" else None))
        return records

    def test_every_message_of_a_zone_transfer_is_a_frame(self):
        cat = self.start(SLUICE, "cat", f"127.0.0.1:{self.port}", "--framing",
                         "length:u16be,strip:2", "--json", "-N", "--no-reconnect")
        query = question(AXFR)
        cat.send(struct.pack(">H", len(query)) + query)
        cat.end_input()
        records, offset = [], 0
        for line in cat.output.rest().splitlines():
            frame = json.loads(line)
            message = base64.b64decode(frame["data"], validate=True)
            self.assertEqual((frame["offset"], frame["length"]), (offset, len(message)))
            offset += 2 + len(message)
            records += read_records(message)
        self.assertEqual(cat.wait(), 0)
        wanted = self.dig()
        self.assertEqual(len(wanted), NAMES + 4)  # NS, its address, and the SOA at both ends
        self.assertTrue(records == wanted, "dig received other records")
        self.assertIn((f"host19999.{ZONE}.", A, address_of(19_999)), records)


if __name__ == "__main__":
    unittest.main()
