"""gpsd, fed by gpsfake with the NMEA sentences of a receiver that moves."""

import os
import signal

import harness

START_S = 12 * 3600  # of the track: noon
EPOCHS = 300


def nmea_sentence(body):
    checksum = 0
    for byte in body.encode("ascii"):
        checksum ^= byte
    return f"${body}*{checksum:02X}\r\n"


def clock_text(epoch):
    seconds = START_S + epoch
    return f"{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}.00"


def position(epoch):
    """Degrees north and east at that second of the track, which goes north-east from Munich."""
    return 48 + (7 + epoch / 100) / 60, 11 + (31 + epoch / 100) / 60


def nmea_log(epochs=EPOCHS):
    """One GGA and one RMC sentence per second of the track."""
    log = []
    for epoch in range(epochs):
        place = f"48{7 + epoch / 100:07.4f},N,011{31 + epoch / 100:07.4f},E"
        clock = clock_text(epoch)
        log.append(nmea_sentence(f"GPGGA,{clock},{place},1,08,0.9,545.4,M,46.9,M,,"))
        log.append(nmea_sentence(f"GPRMC,{clock},A,{place},022.4,033.8,230326,,,A"))
    return "".join(log)


class Gpsd:
    """A running gpsd whose receiver repeats `log`, a sentence every `sentence_s` seconds.

    gpsd is a child of gpsfake: both are killed together.
    """

    def __init__(self, test, log=None, sentence_s=0.02):
        self._test = test
        self._sentence_s = sentence_s
        self._folder = harness.temporary_directory(test)
        with open(os.path.join(self._folder, "track.nmea"), "w", newline="") as file:
            file.write(log or nmea_log())
        self.port = None
        while self.port is None:
            self._start(harness.free_port())

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def kill(self):
        """As a power cut does: SIGKILL, and what listened is gone."""
        self._process.kill()

    def restart(self):
        """Serves on the same port again."""
        port, self.port = self.port, None
        self._start(port)
        self._test.assertEqual(self.port, port, "somebody else took the port of the dead gpsd")

    def _start(self, port):
        self._process = Gpsfake(self._test, "-n", "-c", str(self._sentence_s), "-P", str(port),
                                os.path.join(self._folder, "track.nmea"),
                                env={**os.environ, "TMPDIR": self._folder})
        if self._process.serves():
            self.port = port
        else:
            self._process.kill()


class Gpsfake(harness.Process):
    def __init__(self, test, *arguments, **more):
        super().__init__(test, [harness.peer_program("gpsfake"), *arguments],
                         start_new_session=True, **more)

    def serves(self):
        """Waits until gpsd has the receiver; false: its port is taken."""
        return "log cycle" in self.errors.expect("log cycle of|Address already in use")[0]

    def kill(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # both ended before
        self.process.wait()
        self.errors.rest()  # its end is gpsd's
