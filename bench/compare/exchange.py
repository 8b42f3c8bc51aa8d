"""Pairs of programs that exchange messages; bench/compare/rivals/exchange.hpp is their side."""

import dataclasses
import pathlib

from cases import parts
from process import Running

NATS_SERVER = pathlib.Path(__file__).resolve().parent.parent.parent / "build/peers/bin/nats-server"
NATS_LISTENS = "Listening for client connections on "

FIRST_BYTES, FIRST_MESSAGES = 4 * 1024**2, 2000


@dataclasses.dataclass(frozen=True)
class Pair:
    """PROGRAM_sender and PROGRAM_receiver, or PROGRAM_ping and PROGRAM_echo, in these variants."""
    program: str
    source: tuple = ()
    target: tuple = ()


class Exchange:
    """Runs pairs. `target_prefix` starts the receiving program elsewhere, at `host`."""

    def __init__(self, build, host="127.0.0.1", target_prefix=()):
        self._rivals = build / "bench" / "compare" / "rivals"
        self._ours = build / "bench" / "compare"
        self._host = host
        self._target_prefix = target_prefix

    def _program(self, pair, role):
        """Sluice's own programs stand beside the rivals' folder."""
        folder = self._ours if pair.program.startswith("sluice") else self._rivals
        return folder / f"{pair.program}_{role}"

    def stream(self, pair, size, count):
        """`count` messages in one direction."""
        target = [*self._target_prefix, self._program(pair, "receiver"), size, count, *pair.target]
        with Running(target) as receiver:
            address = f"{self._host}:{receiver.line()}"
            source = [self._program(pair, "sender"), size, count, address, *pair.source]
            with Running(source, held=True) as sender:
                receiver.wait_for_output(needed=sender)
                first_ns, last_ns, target_cpu_ns = map(int, receiver.wait().output.split())
                sender.release()
                source_cpu_ns = int(sender.wait().output)
        return Streamed(size, count, last_ns - first_ns, source_cpu_ns, target_cpu_ns)

    def stream_through_nats(self, size, count):
        """The receiver subscribes at a server, whose port the sender is given as the receiver's.

        The server's processor time counts as the sender's.
        """
        with Running([NATS_SERVER, "--addr", "127.0.0.1", "--port", "-1",
                      "--log", "/dev/stdout"]) as server:
            line = server.line()
            while NATS_LISTENS not in line:
                line = server.line()
            streamed = self.stream(Pair("nats", target=(line.rpartition(":")[2],)), size, count)
            server.interrupt()
            server_cpu_ns = round(server.wait().cpu_s * 1e9)
        return dataclasses.replace(streamed, source_cpu_ns=streamed.source_cpu_ns + server_cpu_ns)

    def round_trips(self, pair, size, count):
        """How long `count` messages took to come back, each, in ns, sorted."""
        target = [*self._target_prefix, self._program(pair, "echo"), size, count, *pair.target]
        with Running(target, held=True) as echo:
            address = f"{self._host}:{echo.line()}"
            source = [self._program(pair, "ping"), size, count, address, *pair.source]
            with Running(source) as ping:
                ping.wait_for_output(needed=echo)
                times = sorted(int(word) for word in ping.wait().output.split())
            echo.release()
            echo.wait()
        return times


@dataclasses.dataclass(frozen=True)
class Streamed:
    """What one exchange took: from the first message to the last, as the receiver saw them."""
    size: int
    count: int
    duration_ns: int
    source_cpu_ns: int
    target_cpu_ns: int

    def measures(self):
        rate = (self.count - 1) * 1e9 / max(1, self.duration_ns)
        return {"count": self.count, "duration_s": self.duration_ns / 1e9,
                "messages_per_s": rate, "bytes_per_s": rate * self.size,
                "sender_cpu_ns": self.source_cpu_ns / self.count,
                "receiver_cpu_ns": self.target_cpu_ns / self.count}


class Counts:
    """Runs streams of so many messages that each lasts about as long, whatever its speed."""

    def __init__(self, duration_s, quick):
        self._duration_s = duration_s
        self._quick = quick
        self._counts = {}

    @staticmethod
    def first(size):
        """For a run of a few ms."""
        return max(4, min(FIRST_MESSAGES, FIRST_BYTES // size))

    def run(self, case, size, stream):
        """`stream(count)` makes one run and gives what it took; the last one is returned.

        A short run tells little, so that it is believed for a tenfold at most; a long one corrects
        the count of the next.
        """
        count = self._counts.get(case, self.first(size))
        streamed = stream(count)
        while not self._quick and streamed.duration_ns < self._duration_s * 0.4e9:
            count = int(count * min(10, self._factor(streamed)))
            streamed = stream(count)
        if not self._quick:
            self._counts[case] = max(4, int(count * self._factor(streamed)))
        return streamed

    def _factor(self, streamed):
        return self._duration_s * 1e9 / max(1000, streamed.duration_ns)


class StreamRunner:
    """Runs cases `PAIR@SIZE`, one direction each, as a benchmark's Runner."""

    PAIRS: dict
    DURATION_S: float

    def __init__(self, build, quick):
        self._exchange = Exchange(build)
        self._counts = Counts(self.DURATION_S, quick)

    def stream(self, program, size, count):
        return self._exchange.stream(self.PAIRS[program], size, count)

    def run(self, case):
        program, size = parts(case)
        return self._counts.run(case, size,
                                lambda count: self.stream(program, size, count)).measures()
