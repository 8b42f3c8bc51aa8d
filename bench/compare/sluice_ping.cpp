// Sluice's MessageClient: sends a message and waits for its echo. Variants: `queue` waits on the
// program's thread; `handler` gets the echo on the receive thread, which sends the next message;
// `busy_poll` does that without ever sleeping.
#include <atomic>
#include <optional>

#include "rivals/exchange.hpp"
#include "sluice/messaging/message_client.hpp"

namespace sluice::compare {
namespace {

MessageClientOptions options_for(const Task& task) {
    MessageClientOptions options;
    options.address = *Address::parse(task.host + ":" + task.port);
    if (task.variant != "queue") {
        options.messaging.delivery = MessageDelivery::handler;
    }
    if (task.variant == "busy_poll") {
        options.messaging.busy_poll = std::chrono::seconds(1);
    }
    return options;
}

/// All round trips, one begun by the echo of the one before.
class Pings final : public MessageHandler {
  public:
    explicit Pings(const Task& task) : task_(task), payloads_(task.size) {
        times_ns_.reserve(round_trips(task));
    }

    /// Makes them and prints how long those after the warm-up took.
    void run() {
        auto client = MessageClient::start(options_for(task_), this);
        require(static_cast<bool>(client), "start");
        sender_.emplace((*client)->sender());
        require((*client)->wait_connected(), "connect");
        send_next();
        done_.wait(false);
        sender_.reset();
        for (std::size_t i = warm_up(task_); i < times_ns_.size(); ++i) {
            std::printf("%" PRId64 "\n", times_ns_[i]);
        }
    }

  private:
    void on_message(const MessageView& echo) override {
        const std::int64_t end = monotonic_ns();
        require(echo.bytes.size() == task_.size &&
                    std::memcmp(echo.bytes.data(), message_, task_.size) == 0,
                "echo");
        times_ns_.push_back(end - begin_);
        if (times_ns_.size() < round_trips(task_)) {
            send_next();
        } else {
            done_ = true;
            done_.notify_one();
        }
    }

    void send_next() {
        message_ = payloads_.whole(times_ns_.size());
        begin_ = monotonic_ns();
        require(static_cast<bool>(sender_->try_send({message_, task_.size})), "send");
    }

    const Task task_;
    Payloads payloads_;
    std::optional<MessageSender> sender_;
    const std::byte* message_ = nullptr;
    std::int64_t begin_ = 0;
    std::vector<std::int64_t> times_ns_;
    std::atomic<bool> done_{false};
};

void ping_through_queue(const Task& task) {
    auto client = MessageClient::start(options_for(task));
    require(static_cast<bool>(client), "start");
    MessageSender sender = (*client)->sender();
    Message echo;
    ping(task, [&](const std::byte* message) {
        require(static_cast<bool>(sender.send({message, task.size})), "send");
        Result<Message> received = (*client)->receive();
        require(static_cast<bool>(received), "receive");
        echo = *std::move(received);
        return std::pair<const void*, std::size_t>(echo.data(), echo.size());
    });
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    const sluice::compare::Task task = sluice::compare::sender_task(argc, argv);
    if (task.variant == "queue") {
        sluice::compare::ping_through_queue(task);
    } else {
        sluice::compare::Pings(task).run();
    }
}
