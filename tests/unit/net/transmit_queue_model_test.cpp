// Random histories of a transmit queue against a model in a few lines.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <numeric>
#include <string>
#include <vector>

#include "sluice/net/transmit_queue.hpp"
#include "tests/unit/net/egress_verbs.hpp"

namespace sluice::net {
namespace {

struct Model {
    explicit Model(const EgressOptions& wished)
        : options(wished), messages_max(std::max<std::size_t>(16, wished.buffer_size_b / 64)) {}

    [[nodiscard]] std::size_t queued_bytes() const {
        return std::accumulate(
            queued.begin(), queued.end(), std::size_t{0},
            [](std::size_t sum, const std::string& text) { return sum + text.size(); });
    }

    /// Errc{} if it is accepted and queued.
    Errc push(const std::string& text) {
        const bool waits =
            options.policy == EgressPolicy::wait || options.policy == EgressPolicy::keep;
        if (is_stopped) {
            return refuse(text, DropReason::stopped, Errc::stopped);
        }
        if (text.size() > options.buffer_size_b) {
            return refuse(text, DropReason::too_large, Errc::too_large);
        }
        if (!is_connected && !waits) {
            return refuse(text, DropReason::not_connected, Errc::not_connected);
        }
        if (queued_bytes() + text.size() > options.buffer_size_b || queued.size() == messages_max) {
            return refuse(text, DropReason::buffer_full, Errc::would_block);
        }
        add(ledger.accepted, text);
        queued.push_back(text);
        ledger.queued_bytes_max = std::max<std::uint64_t>(ledger.queued_bytes_max, queued_bytes());
        settle();
        return Errc{};
    }

    [[nodiscard]] std::string unsent() const {
        const std::string all = std::accumulate(queued.begin(), queued.end(), std::string());
        return all.substr(gone);
    }

    void consume(std::size_t bytes) {
        taken += bytes;
        gone += bytes;
        settle();
    }

    void lose() {
        is_connected = false;
        if (options.policy == EgressPolicy::drop || options.policy == EgressPolicy::fail) {
            drop(queued.size(), DropReason::connection_lost);
        } else if (options.policy == EgressPolicy::wait && gone > 0) {
            drop(1, DropReason::connection_lost);
        }
        settle();
    }

    void stop() {
        is_connected = false;
        is_stopped = true;
        drop(queued.size(), DropReason::stopped);
    }

    static void add(EgressLedger::Count& count, const std::string& text) {
        ++count.messages;
        count.bytes += text.size();
    }
    Errc refuse(const std::string& text, DropReason reason, Errc code) {
        if (options.policy == EgressPolicy::drop) {
            add(ledger.accepted, text);
            add(ledger.dropped[static_cast<std::size_t>(reason)], text);
        } else {
            ++ledger.refused;
        }
        return code;
    }
    void drop(std::size_t count, DropReason reason) {
        for (; count > 0; --count) {
            add(ledger.dropped[static_cast<std::size_t>(reason)], queued.front());
            queued.pop_front();
            gone = 0;
        }
    }
    void settle() {
        while (!queued.empty() && gone >= queued.front().size()) {
            gone -= queued.front().size();
            add(ledger.sent, queued.front());
            queued.pop_front();
        }
    }

    EgressOptions options;
    std::size_t messages_max;
    std::deque<std::string> queued;
    std::size_t gone = 0;
    std::uint64_t taken = 0;
    EgressLedger ledger;  // `queued` is computed
    bool is_connected = false;
    bool is_stopped = false;
};

void expect_equal(const Egress& egress, const Model& model) {
    const EgressLedger ledger = egress.ledger();
    RC_ASSERT(ledger.accepted == model.ledger.accepted);
    RC_ASSERT(ledger.sent == model.ledger.sent);
    RC_ASSERT(ledger.queued == messages(model.queued.size(), model.queued_bytes()));
    RC_ASSERT(ledger.dropped == model.ledger.dropped);
    RC_ASSERT(ledger.refused == model.ledger.refused);
    RC_ASSERT(ledger.queued_bytes_max == model.ledger.queued_bytes_max);
    RC_ASSERT(egress.queue.taken_bytes() == model.taken);
    RC_ASSERT(egress.queue.empty() == model.unsent().empty());
}

std::string random_text(std::size_t buffer_size_b) {
    const auto size =
        *rc::gen::inRange<std::size_t>(0, std::min(buffer_size_b + 3, std::size_t{90}));
    std::string text(size, *rc::gen::inRange<char>('a', 'z'));
    if (!text.empty()) {
        text.front() = '<';
    }
    return text;
}

void push_to_both(Egress& egress, Model& model) {
    const std::string text = random_text(model.options.buffer_size_b);
    Result<void> outcome;
    if (*rc::gen::arbitrary<bool>()) {
        outcome = egress.push(text);
    } else {
        const auto cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
        std::vector<Buffer> fragments;
        fragments.push_back(egress.copy(text.substr(0, cut)));
        fragments.push_back(egress.copy(text.substr(cut)));
        outcome = egress.push_fragments(fragments);
    }
    RC_ASSERT(code_of(outcome) == model.push(text));
}

void send_from_both(Egress& egress, Model& model) {
    const auto bytes_max = *rc::gen::inRange<std::size_t>(0, 200);
    std::vector<iovec> pieces(*rc::gen::inRange<std::size_t>(0, 6));
    const std::size_t used = egress.queue.gather(pieces, bytes_max);
    std::string wire;
    for (const iovec& piece : std::span(pieces).first(used)) {
        wire.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    const std::string unsent = model.unsent();
    RC_ASSERT(wire.size() <= bytes_max);
    RC_ASSERT(unsent.starts_with(wire));
    RC_ASSERT(!wire.empty() || unsent.empty() || bytes_max == 0 || pieces.empty());
    const auto taken = *rc::gen::inRange<std::size_t>(0, wire.size() + 1);
    egress.queue.consumed(taken);
    model.consume(taken);
}

void check(EgressPolicy policy) {
    const EgressOptions options{
        .policy = policy,
        .buffer_size_b = *rc::gen::inRange<std::size_t>(1, 3000),
        .copy_below_b = *rc::gen::element<std::size_t>(0, 1, 30, 4096),
    };
    Egress egress(options);
    Model model(options);
    const int steps = *rc::gen::inRange(0, 150);
    for (int step = 0; step < steps; ++step) {
        const int verb = *rc::gen::inRange(0, 100);
        if (verb < 45) {
            push_to_both(egress, model);
        } else if (verb < 80) {
            if (model.is_connected) {
                send_from_both(egress, model);
            }
        } else if (verb < 90) {
            egress.connect();
            model.is_connected = !model.is_stopped;
        } else if (verb < 99) {
            egress.lose();
            model.lose();
        } else {
            egress.stop();
            model.stop();
        }
        expect_equal(egress, model);
    }
    egress.stop();
    RC_ASSERT(egress.pool.statistics().blocks == 0U);
}

RC_GTEST_PROP(TransmitQueueModel, Drop, ()) {
    check(EgressPolicy::drop);
}
RC_GTEST_PROP(TransmitQueueModel, Fail, ()) {
    check(EgressPolicy::fail);
}
RC_GTEST_PROP(TransmitQueueModel, Wait, ()) {
    check(EgressPolicy::wait);
}
RC_GTEST_PROP(TransmitQueueModel, Keep, ()) {
    check(EgressPolicy::keep);
}

}  // namespace
}  // namespace sluice::net
