// A link without threads of its own, in a program's own poll() loop.
//
//     link ADDRESS
//
// Connects to ADDRESS, sends "hello" at every connect, prints what arrives, and ends when the
// device closes the connection.

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string_view>

#include "sluice/net/link.hpp"
#include "sluice/sys/clock.hpp"

namespace {

using namespace std::chrono_literals;

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

class Printer final : public sluice::net::LinkHandler {
  public:
    void on_packet(sluice::net::Packet&& packet) override {
        std::fwrite(packet.data.data(), 1, packet.data.size(), stdout);
    }

    void on_state(const sluice::net::LinkStatus& status) override {
        const std::string reason = status.reason ? ": " + status.reason->message() : "";
        std::fprintf(stderr, "[%s%s]\n", std::string(name(status.state)).c_str(), reason.c_str());
        is_over = status.state == sluice::net::LinkState::stopped;
    }

    bool is_over = false;
};

/// Milliseconds for poll(): until the loop's next timer.
int timeout_ms(const sluice::net::EventLoop& loop) {
    if (loop.next_deadline() == sluice::never) {
        return -1;
    }
    const auto left = loop.next_deadline() - sluice::sys::now();
    return static_cast<int>(
        std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count()));
}

int run(const sluice::Address& address) {
    auto loop = sluice::net::EventLoop::create();
    if (!loop) {
        std::fprintf(stderr, "%s\n", loop.error().message().c_str());
        return 1;
    }
    sluice::net::LinkOptions options;
    options.address = address;
    options.reconnect = false;
    options.on_connect = bytes_of("hello\n");
    if (auto valid = validate(options); !valid) {
        std::fprintf(stderr, "%s\n", valid.error().message().c_str());
        return 1;
    }

    Printer printer;
    sluice::net::Link link(**loop, options, printer);
    link.start();
    while (!printer.is_over) {
        pollfd descriptors[] = {{(*loop)->descriptor(), POLLIN, 0}};  // and those of the program
        ::poll(descriptors, 1, timeout_ms(**loop));
        (*loop)->turn(sluice::sys::now());  // does what is due, never waits
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto address = sluice::Address::parse(argc == 2 ? argv[1] : "");
    if (!address) {
        std::fprintf(stderr, "usage: link ADDRESS\n%s\n", address.error().message().c_str());
        return 64;
    }
    return run(*address);
}
