// A small device for demonstrations: sends numbered lines to whoever connects.
//
//     counter_source ADDRESS [LINES [MILLISECONDS]]
//
// Listens on ADDRESS (port 0: any; the address is printed) and sends each client LINES lines, one
// every MILLISECONDS, then closes: the client sees a device that drops the connection and is back
// at once, where the numbers go on. Ends when standard input ends.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "sluice/net/listener.hpp"
#include "sluice/net/stream.hpp"
#include "sluice/net/timer.hpp"
#include "sluice/sys/clock.hpp"

namespace {

using sluice::Error;
using sluice::net::EventLoop;

/// What the device measures; it goes on counting whoever is connected.
struct Counter {
    std::string next_line() {
        char line[64];
        std::snprintf(line, sizeof line, "reading %06lu\n", ++value);
        return line;
    }
    unsigned long value = 0;
};

/// One client.
class Client final : sluice::net::StreamHandler {
  public:
    Client(EventLoop& loop, Counter& counter, int lines, std::chrono::milliseconds period)
        : loop_(loop),
          counter_(counter),
          lines_left_(lines),
          period_(period),
          timer_(loop, [this] { send_line(); }),
          queue_({.policy = sluice::net::EgressPolicy::drop}, [this] { has_work_ = true; }) {}

    bool open(sluice::sys::Descriptor socket) {
        queue_.connected();
        auto stream = sluice::net::Stream::open(loop_, std::move(socket), queue_, *this);
        if (!stream) {
            return false;
        }
        stream_ = *std::move(stream);
        timer_.arm(loop_.now());
        return true;
    }

    [[nodiscard]] bool is_over() const { return is_over_; }

  private:
    void on_packet(sluice::net::Packet&&) override {}  // a device that takes no commands
    void on_end(const Error&) override {
        timer_.disarm();
        is_over_ = true;
    }

    void send_line() {
        if (lines_left_-- == 0) {
            stream_->finish_sending();  // the client closes its side, then it is over
            return;
        }
        const std::string line = counter_.next_line();
        // A client that does not read loses lines, as with any device.
        static_cast<void>(queue_.try_push_copy(std::as_bytes(std::span(line))));
        if (std::exchange(has_work_, false)) {
            stream_->flush();
        }
        timer_.arm(loop_.now() + period_);
    }

    EventLoop& loop_;
    Counter& counter_;
    int lines_left_;
    std::chrono::milliseconds period_;
    sluice::net::Timer timer_;
    sluice::net::TransmitQueue queue_;
    std::unique_ptr<sluice::net::Stream> stream_;
    bool has_work_ = false;
    bool is_over_ = false;
};

int fail(const Error& error) {
    std::fprintf(stderr, "counter_source: %s\n", error.message().c_str());
    return 1;
}

int run(const sluice::Address& address, int lines, std::chrono::milliseconds period) {
    auto loop = EventLoop::create();
    if (!loop) {
        return fail(loop.error());
    }
    Counter counter;
    std::vector<std::unique_ptr<Client>> clients;
    auto listener =
        sluice::net::Listener::open(**loop, address, {}, [&](sluice::sys::Accepted accepted) {
            auto client = std::make_unique<Client>(**loop, counter, lines, period);
            if (client->open(std::move(accepted.socket))) {
                clients.push_back(std::move(client));
            }
        });
    if (!listener) {
        return fail(listener.error());
    }
    std::printf("%s\n", (*listener)->local_address().to_string().c_str());
    std::fflush(stdout);

    pollfd sources[] = {{(*loop)->descriptor(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    char ignored[256];
    while (sources[1].revents == 0 || ::read(STDIN_FILENO, ignored, sizeof ignored) > 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            std::min((*loop)->next_deadline(), sluice::sys::now() + std::chrono::hours(1)) -
            sluice::sys::now());
        ::poll(sources, 2, static_cast<int>(std::max<std::int64_t>(0, left.count())));
        (*loop)->turn(sluice::sys::now());
        std::erase_if(clients, [](const auto& client) { return client->is_over(); });
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto address = sluice::Address::parse(argc > 1 ? argv[1] : "");
    if (!address) {
        std::fprintf(stderr, "usage: counter_source ADDRESS [LINES [MILLISECONDS]]\n");
        return fail(address.error());
    }
    const int lines = argc > 2 ? std::atoi(argv[2]) : 10;
    const int period_ms = argc > 3 ? std::atoi(argv[3]) : 100;
    return run(*address, lines, std::chrono::milliseconds(period_ms));
}
