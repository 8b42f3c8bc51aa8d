/// What the programs that exchange messages share, whichever library carries them: the command
/// line, the messages and their check, and the report. run.py starts them in pairs:
///
///     NAME_receiver SIZE COUNT [VARIANT]
///         prints its port at once, receives COUNT messages of SIZE bytes, checks them, prints
///         `FIRST LAST CPU`: CLOCK_MONOTONIC at the first and the last message, and processor time
///     NAME_sender SIZE COUNT HOST:PORT [VARIANT]
///         sends them, keeps the connection until its input ends, prints `CPU`
///
/// All in nanoseconds. NAME_echo and NAME_ping have the same command lines: the latter sends a
/// message, waits for it to come back, and prints how long each took.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../loopback.hpp"

namespace sluice::compare {

struct Task {
    std::size_t size = 0;     ///< of each message, at least `number_bytes`
    std::uint64_t count = 0;  ///< of messages
    std::string host;         ///< of a sender
    std::string port;         ///< of a sender
    std::string variant;      ///< of the program, empty for its own choice
};

/// Each message begins with its number, counted from 0, in the machine's byte order.
constexpr std::size_t number_bytes = sizeof(std::uint64_t);

[[noreturn]] inline void refuse_arguments(const char* usage) {
    std::fprintf(stderr, "usage: %s\n", usage);
    std::exit(64);
}

inline Task receiver_task(int argc, char** argv) {
    Task task;
    if (argc == 3 || argc == 4) {
        task = {std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10), "", "",
                argc == 4 ? argv[3] : ""};
    }
    if (task.size < number_bytes || task.count == 0) {
        refuse_arguments("NAME_receiver SIZE COUNT [VARIANT]");
    }
    return task;
}

inline Task sender_task(int argc, char** argv) {
    Task task;
    if (argc == 4 || argc == 5) {
        const std::string address = argv[3];
        const std::size_t colon = address.rfind(':');
        if (colon != std::string::npos) {
            task = {std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10),
                    address.substr(0, colon), address.substr(colon + 1), argc == 5 ? argv[4] : ""};
        }
    }
    if (task.size < number_bytes || task.count == 0) {
        refuse_arguments("NAME_sender SIZE COUNT HOST:PORT [VARIANT]");
    }
    return task;
}

inline void print_port(unsigned port) {
    std::printf("%u\n", port);
    std::fflush(stdout);
}

/// Until the runner lets this program end. Meanwhile the library's own threads may still send.
inline void wait_for_end_of_input() {
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
}

/// Processor time of this process, all threads, since the construction.
class CpuMeter final {
  public:
    [[nodiscard]] std::int64_t used_ns() const { return now_ns() - begin_ns_; }

  private:
    static std::int64_t now_ns() {
        rusage usage{};
        require(::getrusage(RUSAGE_SELF, &usage) == 0, "getrusage");
        return (std::int64_t{usage.ru_utime.tv_sec} + usage.ru_stime.tv_sec) * 1'000'000'000 +
               (std::int64_t{usage.ru_utime.tv_usec} + usage.ru_stime.tv_usec) * 1000;
    }

    const std::int64_t begin_ns_ = now_ns();
};

/// The same messages in every program: slots of one message each, 2 MiB in all, so that they stay
/// in the processor's cache. Message n lies in slot n % slots().
class Payloads final {
  public:
    explicit Payloads(std::size_t size)
        : size_(size), slots_(std::bit_floor(std::max<std::size_t>(2, pool_bytes / size))) {
        bytes_.resize(size_ * slots_);
        std::uint64_t state = 1;
        for (std::byte& byte : bytes_) {
            state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
            byte = static_cast<std::byte>(state >> 56);
        }
    }

    [[nodiscard]] std::size_t slots() const { return slots_; }

    /// Message `number` in one piece. Writes into its slot, which must be free again.
    std::byte* whole(std::uint64_t number) {
        std::byte* slot = bytes_.data() + (number & (slots_ - 1)) * size_;
        std::memcpy(slot, &number, number_bytes);
        return slot;
    }
    /// What follows the number in message `number`. It never changes.
    [[nodiscard]] std::span<const std::byte> rest(std::uint64_t number) const {
        return {bytes_.data() + (number & (slots_ - 1)) * size_ + number_bytes,
                size_ - number_bytes};
    }

  private:
    static constexpr std::size_t pool_bytes = 2 * 1024 * 1024;

    const std::size_t size_;
    const std::size_t slots_;
    std::vector<std::byte> bytes_;
};

/// Takes every message in turn: length and order of each, some byte by byte. Ends the program when
/// one is wrong.
class MessageCheck final {
  public:
    explicit MessageCheck(const Task& task)
        : size_(task.size),
          count_(task.count),
          sample_every_(task.size < 64 * 1024 ? 1024 : 64),
          payloads_(task.size) {}

    [[nodiscard]] bool done() const { return next_ == count_; }
    /// Messages yet to come.
    [[nodiscard]] std::uint64_t left() const { return count_ - next_; }

    void take(const void* data, std::size_t size) {
        std::uint64_t number = 0;
        if (size != size_ || (std::memcpy(&number, data, number_bytes), number != next_))
            [[unlikely]] {
            std::fprintf(stderr,
                         "message %" PRIu64 " of %" PRIu64 " has %zu bytes and the number %" PRIu64
                         "\n",
                         next_, count_, size, number);
            std::exit(1);
        }
        if (next_ == look_at_) [[unlikely]] {
            look(static_cast<const std::byte*>(data));
        }
        ++next_;
    }

    /// `FIRST LAST CPU`, after the last message.
    void report() const {
        std::printf("%" PRId64 " %" PRId64 " %" PRId64 "\n", first_ns_, last_ns_, cpu_.used_ns());
    }

  private:
    void look(const std::byte* data) {
        last_ns_ = monotonic_ns();
        if (next_ == 0) {
            first_ns_ = last_ns_;
        }
        const auto rest = payloads_.rest(next_);
        if (std::memcmp(data + number_bytes, rest.data(), rest.size()) != 0) {
            std::fprintf(stderr, "message %" PRIu64 " has other bytes than were sent\n", next_);
            std::exit(1);
        }
        look_at_ = std::min((next_ / sample_every_ + 1) * sample_every_, count_ - 1);
    }

    const std::size_t size_;
    const std::uint64_t count_;
    const std::uint64_t sample_every_;
    const Payloads payloads_;
    std::uint64_t next_ = 0;
    std::uint64_t look_at_ = 0;
    std::int64_t first_ns_ = 0;
    std::int64_t last_ns_ = 0;
    const CpuMeter cpu_;
};

/// What a sender does after its last message.
inline void finish_sender(const CpuMeter& cpu) {
    wait_for_end_of_input();
    std::printf("%" PRId64 "\n", cpu.used_ns());
}

/// Messages that a ping sends and an echo returns before those that are measured.
inline std::uint64_t warm_up(const Task& task) {
    return task.count / 10 + 1;
}
inline std::uint64_t round_trips(const Task& task) {
    return warm_up(task) + task.count;
}

/// Makes all round trips and prints how long those after the warm-up took, a line each.
/// `exchange(message)` sends the message, waits for its echo and returns it: data and size.
template <typename Exchange>
void ping(const Task& task, Exchange exchange) {
    Payloads payloads(task.size);
    std::vector<std::int64_t> times_ns(task.count);
    for (std::uint64_t number = 0; number < round_trips(task); ++number) {
        const std::byte* message = payloads.whole(number);
        const std::int64_t begin = monotonic_ns();
        const std::pair<const void*, std::size_t> echo = exchange(message);
        const std::int64_t end = monotonic_ns();
        if (echo.second != task.size || std::memcmp(echo.first, message, task.size) != 0) {
            std::fprintf(stderr, "echo %" PRIu64 " is not what was sent\n", number);
            std::exit(1);
        }
        if (number >= warm_up(task)) {
            times_ns[number - warm_up(task)] = end - begin;
        }
    }
    for (const std::int64_t time : times_ns) {
        std::printf("%" PRId64 "\n", time);
    }
}

}  // namespace sluice::compare
