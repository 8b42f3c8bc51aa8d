/// A pipe of the real kernel, for tests.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <string_view>

#include "sluice/core/check.hpp"
#include "sluice/sys/descriptor.hpp"

namespace sluice::test {

/// Its ends are given away or used here. Reading never waits; writing does.
class Pipe {
  public:
    Pipe() {
        std::signal(SIGPIPE, SIG_IGN);
        std::array<int, 2> ends{};
        SLUICE_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0, "pipe2");
        read_end = sys::Descriptor(ends[0]);
        write_end = sys::Descriptor(ends[1]);
    }

    /// All that is in it now.
    [[nodiscard]] std::string take() const {
        ::fcntl(read_end.number(), F_SETFL, O_NONBLOCK);
        std::string text;
        std::array<char, 4096> piece;
        for (ssize_t got = 1; got > 0;) {
            got = ::read(read_end.number(), piece.data(), piece.size());
            text.append(piece.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
        }
        return text;
    }

    void put(std::string_view text) const {
        const auto put = ::write(write_end.number(), text.data(), text.size());
        SLUICE_CHECK(put == static_cast<ssize_t>(text.size()), "the pipe takes all at once");
    }

    sys::Descriptor read_end;
    sys::Descriptor write_end;
};

}  // namespace sluice::test
