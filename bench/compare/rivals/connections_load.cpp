// connections_load HOST:PORT SIZE RATE SECONDS STEP...: many connections to an echo server.
//
// Messages are a length (u32, big-endian) and SIZE bytes. Opens connections up to each STEP in
// turn; at each, every connection has one message echoed, `open STEP` is printed, and a line of
// input is waited for. Then RATE messages/s in all are offered, in turn over all connections, for
// SECONDS. Prints `OFFERED ECHOED DURATION SLOWEST MEDIAN P50 P99`: messages sent, echoed
// meanwhile, ns; echoes of the connection that got fewest, and of the median one; round trips in
// ns.
#include <fcntl.h>
#include <sys/epoll.h>

#include <cerrno>

#include "raw_socket.hpp"

namespace sluice::compare {
namespace {

constexpr std::size_t header_bytes = sizeof(std::uint32_t);
constexpr int events_max = 512;
constexpr std::uint64_t burst_max = 512;

struct Load {
    std::string host;
    std::string port;
    std::size_t size = 0;
    std::uint64_t rate = 0;
    std::int64_t duration_ns = 0;
    std::vector<std::size_t> steps;
};

/// One connection, and the part of an echo that has come.
struct Connection {
    RawSocket socket;
    std::vector<std::byte> tail = {};
    std::uint64_t echoed = 0;
};

class Client final {
  public:
    explicit Client(Load load) : load_(std::move(load)), message_(header_bytes + load_.size) {
        require(poll_.number() >= 0, "epoll_create1");
        const std::uint32_t length = htonl(static_cast<std::uint32_t>(load_.size));
        std::memcpy(message_.data(), &length, sizeof length);
    }

    void open_all() {
        for (const std::size_t step : load_.steps) {
            while (connections_.size() < step) {
                open_one();
            }
            std::printf("open %zu\n", step);
            std::fflush(stdout);
            require(std::getchar() != EOF, "input");
        }
    }

    void run() {
        for (Connection& connection : connections_) {
            connection.echoed = 0;
        }
        times_ns_.clear();
        const std::int64_t begin = monotonic_ns();
        std::uint64_t sent = 0;
        for (std::int64_t now = begin; now < begin + load_.duration_ns; now = monotonic_ns()) {
            const auto due = static_cast<std::uint64_t>(static_cast<double>(now - begin) * 1e-9 *
                                                        static_cast<double>(load_.rate));
            // Whoever is late catches up between looking at what came.
            for (const auto until = std::min(due, sent + burst_max); sent < until; ++sent) {
                send_one(connections_[sent % connections_.size()]);
            }
            receive_some(sent < due ? 0 : 1);
        }
        report(sent, monotonic_ns() - begin);
    }

  private:
    void open_one() {
        Connection& connection =
            connections_.emplace_back(Connection{connect_to(load_.host, load_.port)});
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = connections_.size() - 1;
        require(::epoll_ctl(poll_.number(), EPOLL_CTL_ADD, connection.socket.number(), &event) == 0,
                "epoll_ctl");
        send_one(connection);
        while (connection.echoed == 0) {
            receive_some(-1);
        }
    }

    /// A small message; a connection whose buffers are full has a server that stands still.
    void send_one(const Connection& connection) {
        const std::int64_t now = monotonic_ns();
        std::memcpy(&message_[header_bytes], &now, sizeof now);
        require(::send(connection.socket.number(), message_.data(), message_.size(),
                       MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(message_.size()),
                "send");
    }

    void receive_some(int wait_ms) {
        epoll_event events[events_max];
        const int ready = ::epoll_wait(poll_.number(), events, events_max, wait_ms);
        require(ready >= 0, "epoll_wait");
        for (int i = 0; i < ready; ++i) {
            receive(connections_[events[i].data.u64]);
        }
    }

    void receive(Connection& connection) {
        std::size_t end = connection.tail.size();
        std::copy(connection.tail.begin(), connection.tail.end(), block_.begin());
        const ssize_t received =
            ::recv(connection.socket.number(), &block_[end], block_.size() - end, MSG_DONTWAIT);
        require(received > 0, "recv");
        end += static_cast<std::size_t>(received);
        const std::int64_t now = monotonic_ns();
        std::size_t begin = 0;
        for (; end - begin >= message_.size(); begin += message_.size()) {
            take_echo(connection, &block_[begin], now);
        }
        connection.tail.assign(&block_[begin], block_.data() + end);
    }

    void take_echo(Connection& connection, const std::byte* echo, std::int64_t now) {
        constexpr std::size_t stamped_bytes = header_bytes + sizeof(std::int64_t);
        if (std::memcmp(echo, message_.data(), header_bytes) != 0 ||
            std::memcmp(echo + stamped_bytes, &message_[stamped_bytes],
                        message_.size() - stamped_bytes) != 0) {
            std::fprintf(stderr, "an echo is not what was sent\n");
            std::exit(1);
        }
        std::int64_t sent = 0;
        std::memcpy(&sent, echo + header_bytes, sizeof sent);
        times_ns_.push_back(now - sent);
        ++connection.echoed;
    }

    void report(std::uint64_t sent, std::int64_t duration_ns) {
        std::vector<std::uint64_t> echoed;
        for (const Connection& connection : connections_) {
            echoed.push_back(connection.echoed);
        }
        std::sort(echoed.begin(), echoed.end());
        std::sort(times_ns_.begin(), times_ns_.end());
        require(!times_ns_.empty(), "echoes");
        std::printf("%" PRIu64 " %zu %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 "\n",
                    sent, times_ns_.size(), duration_ns, echoed.front(), echoed[echoed.size() / 2],
                    times_ns_[times_ns_.size() / 2], times_ns_[times_ns_.size() * 99 / 100]);
    }

    const Load load_;
    const RawSocket poll_{::epoll_create1(EPOLL_CLOEXEC)};
    std::vector<Connection> connections_;
    std::vector<std::byte> message_;
    std::vector<std::byte> block_ = std::vector<std::byte>(64 * 1024);
    std::vector<std::int64_t> times_ns_;
};

Load load_of(int argc, char** argv) {
    Load load;
    const std::string address = argc >= 6 ? argv[1] : "";
    const std::size_t colon = address.rfind(':');
    if (colon != std::string::npos) {
        load.host = address.substr(0, colon);
        load.port = address.substr(colon + 1);
        load.size = std::strtoull(argv[2], nullptr, 10);
        load.rate = std::strtoull(argv[3], nullptr, 10);
        load.duration_ns = static_cast<std::int64_t>(std::strtod(argv[4], nullptr) * 1e9);
        for (int i = 5; i < argc; ++i) {
            load.steps.push_back(std::strtoull(argv[i], nullptr, 10));
        }
    }
    if (load.size < sizeof(std::int64_t) || load.rate == 0 || load.steps.back() == 0) {
        refuse_arguments("connections_load HOST:PORT SIZE RATE SECONDS STEP...");
    }
    return load;
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::Client client(sluice::compare::load_of(argc, argv));
    client.open_all();
    client.run();
    std::fflush(stdout);
    sluice::compare::wait_for_end_of_input();
}
