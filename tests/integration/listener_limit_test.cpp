#include "sluice/net/listener.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <vector>

#include "sluice/sys/clock.hpp"
#include "support/event.hpp"

namespace sluice::test {
namespace {

/// Lets this process have no descriptor more than it has, while it lives.
class NoMoreDescriptors {
  public:
    NoMoreDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        // The lowest free number is the first that the limit must forbid; there are no gaps below.
        const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::close(lowest_free);
        const rlimit full{.rlim_cur = static_cast<rlim_t>(lowest_free),
                          .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &full);
    }
    ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

  private:
    rlimit before_{};
};

/// A plain socket, created early and connected when there is no descriptor left.
class Client {
  public:
    Client() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {}
    Client(Client&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
    ~Client() {
        if (socket_ >= 0) {
            ::close(socket_);
        }
    }

    void connect(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    /// Whether the other side has closed the connection.
    [[nodiscard]] bool is_closed() const {
        char byte = 0;
        return ::recv(socket_, &byte, 1, 0) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }

  private:
    int socket_;
};

class ListenerLimitTest : public ::testing::Test {
  protected:
    /// Turns the loop until `holds` is true and returns how many turns it took.
    template <typename Predicate>
    int turn_until(Predicate holds) {
        const SteadyTime deadline = sys::now() + patience;
        int turns = 0;
        while (!holds() && sys::now() < deadline) {
            loop_->turn(deadline);
            ++turns;
        }
        EXPECT_TRUE(holds());
        return turns;
    }

    std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create();
    std::vector<sys::Accepted> accepted_;
    std::unique_ptr<net::Listener> listener_ = *net::Listener::open(
        *loop_, *Address::parse("127.0.0.1:0"), {},
        [this](sys::Accepted accepted) { accepted_.push_back(std::move(accepted)); });
};

TEST_F(ListenerLimitTest, WithoutDescriptorsConnectionsAreClosedAndCountedThenServedAgain) {
    constexpr std::size_t refused = 5;
    std::vector<Client> clients(refused);
    Client early;
    Client late;
    accepted_.reserve(2);
    // Also, the sanitizers look at an object's type for the first time with a pipe.
    early.connect(listener_->local_address().port);
    turn_until([&] { return accepted_.size() == 1; });
    {
        const NoMoreDescriptors limit;
        for (Client& client : clients) {
            client.connect(listener_->local_address().port);
        }
        const int turns = turn_until([&] { return listener_->refused() == refused; });
        EXPECT_LE(turns, static_cast<int>(refused));
        // Nothing is left to do: a turn without waiting finds no connection, and so would not spin.
        loop_->turn(loop_->now());
        EXPECT_EQ(listener_->refused(), refused);
        for (const Client& client : clients) {
            EXPECT_TRUE(client.is_closed());
        }
        EXPECT_EQ(accepted_.size(), 1U);
    }
    late.connect(listener_->local_address().port);
    turn_until([&] { return accepted_.size() == 2; });
    EXPECT_FALSE(late.is_closed());
    EXPECT_EQ(listener_->refused(), refused);
}

}  // namespace
}  // namespace sluice::test
