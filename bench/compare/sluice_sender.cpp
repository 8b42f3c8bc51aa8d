// Sluice's MessageClient as a sender. Variants: none is `send`, one message a call; `batch` is
// `send_batch`. Messages of 2 KiB and more are lent, not copied, as every rival may do it too.
// `copied` and `referenced` lend messages of all sizes, of which the library copies all or none.
#include <array>

#include "rivals/exchange.hpp"
#include "sluice/messaging/message_client.hpp"

namespace sluice::compare {
namespace {

constexpr std::size_t lend_from_b = 2048;
constexpr std::size_t batch_size = 64;
/// The most that the library copies, and less than any message that is lent.
constexpr std::size_t copies_all_b = 65'536;
constexpr std::size_t copies_none_b = 16;

MessageClientOptions options_for(const Task& task) {
    MessageClientOptions options;
    options.address = *Address::parse(task.host + ":" + task.port);
    options.messaging.framing.max_frame_length = std::size_t{4} * 1024 * 1024;
    if (task.variant == "copied" || task.variant == "referenced") {
        options.messaging.sending.copy_below_b =
            task.variant == "copied" ? copies_all_b : copies_none_b;
    }
    return options;
}

void send_copies(MessageSender& sender, const Task& task, Payloads& payloads) {
    for (std::uint64_t number = 0; number < task.count; ++number) {
        require(static_cast<bool>(sender.send({payloads.whole(number), task.size})), "send");
    }
}

void send_batches(MessageSender& sender, const Task& task, Payloads& payloads) {
    const std::size_t at_once = std::min(batch_size, payloads.slots());
    std::array<std::span<const std::byte>, batch_size> messages;
    for (std::uint64_t number = 0; number < task.count;) {
        const auto count = std::min<std::uint64_t>(at_once, task.count - number);
        for (std::size_t i = 0; i < count; ++i) {
            messages[i] = {payloads.whole(number + i), task.size};
        }
        const auto sent = sender.send_batch(std::span(messages).first(count));
        require(sent && *sent == count, "send_batch");
        number += count;
    }
}

/// The number is copied, the rest of the message is lent: it never changes.
void send_lent(MessageClient& client, MessageSender& sender, const Task& task,
               const Payloads& payloads) {
    const auto released = [](void*, std::span<const std::byte>) noexcept {};
    for (std::uint64_t number = 0; number < task.count; ++number) {
        Result<Buffer> head = client.pool().acquire(number_bytes);
        Result<Buffer> rest = client.pool().wrap(payloads.rest(number), released, nullptr);
        require(head && rest, "acquire");
        std::memcpy(head->writable().data(), &number, number_bytes);
        std::array fragments{*std::move(head), *std::move(rest)};
        require(static_cast<bool>(sender.send(fragments)), "send");
    }
}

void send_all(const Task& task) {
    Payloads payloads(task.size);
    const CpuMeter cpu;
    auto client = MessageClient::start(options_for(task));
    require(static_cast<bool>(client), "start");
    MessageSender sender = (*client)->sender();
    if (task.size >= lend_from_b || task.variant == "copied" || task.variant == "referenced") {
        send_lent(**client, sender, task, payloads);
    } else if (task.variant == "batch") {
        send_batches(sender, task, payloads);
    } else {
        send_copies(sender, task, payloads);
    }
    (*client)->flush();
    finish_sender(cpu);
}

}  // namespace
}  // namespace sluice::compare

int main(int argc, char** argv) {
    sluice::compare::send_all(sluice::compare::sender_task(argc, argv));
}
