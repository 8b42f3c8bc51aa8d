#include "net/lane_set.hpp"

#include <algorithm>

#include "sluice/core/check.hpp"
#include "sluice/sys/barrier.hpp"

namespace sluice::net {
namespace {

void add(EgressLedger::Count& sum, const EgressLedger::Count& count) noexcept {
    sum.messages += count.messages;
    sum.bytes += count.bytes;
}

}  // namespace

TransmitLane& LaneSet::open(const LaneOptions& options,
                            std::function<void(TransmitLane&)> on_attention,
                            std::uint8_t attention) {
    readers_.emplace_back(
        std::unique_ptr<TransmitLane>(new TransmitLane(options, std::move(on_attention))));
    // As if asleep: the loop may not know of it yet.
    readers_.back().set(attention | TransmitLane::sleeping);
    return readers_.back().lane();
}

void LaneSet::close(TransmitLane& lane) noexcept {
    const auto found = std::find_if(readers_.begin(), readers_.end(),
                                    [&](LaneReader& reader) { return &reader.lane() == &lane; });
    SLUICE_CHECK(found != readers_.end(), "close() of a lane that is not of this queue");
    found->close();
    remove_finished();
}

void LaneSet::remove_finished() {
    for (std::size_t i = 0; i < readers_.size();) {
        if (!readers_[i].is_finished()) {
            ++i;
            continue;
        }
        add(accepted_, readers_[i].look().accepted);
        refused_ += readers_[i].refused();
        readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(i));
        current_ -= i < current_ ? 1U : 0U;
    }
    current_ = current_ < readers_.size() ? current_ : 0;
}

std::size_t LaneSet::gather(std::span<iovec> pieces, std::size_t bytes_max) {
    std::size_t used = 0;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < readers_.size() && bytes < bytes_max && used < pieces.size(); ++i) {
        LaneReader& reader = readers_[(current_ + i) % readers_.size()];
        // Of a message that is half sent only the rest, or its lane would come first for ever.
        const bool had_its_turn = i == 0 && reader.is_half_sent() && have_others_work();
        const std::size_t end_b = had_its_turn ? std::min(bytes_max, reader.rest_b()) : bytes_max;
        used += reader.gather(pieces.subspan(used), end_b, bytes);
    }
    return used;
}

void LaneSet::note_awake() noexcept {
    for (LaneReader& reader : readers_) {
        if ((reader.attention() & TransmitLane::sleeping) != 0 && reader.has_work()) {
            reader.clear(TransmitLane::sleeping);
        }
    }
}

bool LaneSet::have_others_work() const noexcept {
    return std::ranges::any_of(readers_, [this](const LaneReader& reader) {
        return &reader != &readers_[current_] && reader.has_work();
    });
}

std::size_t LaneSet::take_sent(std::size_t bytes, Releases& releases) {
    std::size_t taken = 0;
    std::size_t lanes_done = 0;
    // Lanes that were opened since the gathering come last, and nothing was gathered of them.
    for (std::size_t i = 0; i < readers_.size() && taken < bytes; ++i) {
        LaneReader& reader = readers_[(current_ + i) % readers_.size()];
        taken += reader.take_sent(bytes - taken, releases, sent_);
        if (reader.is_half_sent() || (reader.has_gathered() && releases.full())) {
            break;
        }
        ++lanes_done;
    }
    current_ = readers_.empty() ? 0 : (current_ + lanes_done) % readers_.size();
    return taken;
}

bool LaneSet::drop(Releases& releases, EgressLedger::Count& dropped) {
    for (LaneReader& reader : readers_) {
        while (reader.has_work()) {
            if (releases.full()) {
                return true;
            }
            reader.drop_front(releases, dropped);
        }
    }
    return false;
}

bool LaneSet::drop_half_sent(Releases& releases, EgressLedger::Count& dropped) {
    if (is_half_sent()) {
        readers_[current_].drop_front(releases, dropped);
    }
    return is_half_sent();
}

bool LaneSet::rest() {
    remove_finished();
    bool is_awake = false;
    for (LaneReader& reader : readers_) {
        if ((reader.attention() & TransmitLane::sleeping) == 0) {
            reader.set(TransmitLane::sleeping);
            is_awake = true;
        }
    }
    if (is_awake) {
        // Whoever wrote a message before this sees the flag after it, or is seen here.
        sys::barrier_for_all_threads();
    }
    return !has_work();
}

void LaneSet::set(std::uint8_t attention) noexcept {
    for (LaneReader& reader : readers_) {
        reader.set(attention);
    }
    if (!readers_.empty()) {
        sys::barrier_for_all_threads();  // as in `rest`
    }
}

void LaneSet::clear(std::uint8_t attention) noexcept {
    for (LaneReader& reader : readers_) {
        reader.clear(attention);
    }
}

void LaneSet::wake_producers() noexcept {
    for (LaneReader& reader : readers_) {
        reader.wake_producer();
    }
}

bool LaneSet::has_work() const noexcept {
    return std::ranges::any_of(readers_,
                               [](const LaneReader& reader) { return reader.has_work(); });
}

void LaneSet::add_to(EgressLedger& ledger) const noexcept {
    add(ledger.accepted, accepted_);
    add(ledger.sent, sent_);
    ledger.refused += refused_;
    for (const LaneReader& reader : readers_) {
        const LaneReader::Look look = reader.look();
        add(ledger.accepted, look.accepted);
        add(ledger.queued, look.queued);
        ledger.refused += reader.refused();
    }
}

}  // namespace sluice::net
