#include "cli/cat_frames.hpp"

#include <bit>
#include <utility>

#include "cli/amount.hpp"
#include "cli/incident_text.hpp"
#include "sluice/app/report.hpp"

namespace sluice::cli {
namespace {

// Bad frames that are told one by one.
constexpr std::uint64_t reports_max = 20;
constexpr Duration reports_period = std::chrono::seconds(1);

}  // namespace

net::EventLoopOptions loop_options(const CatFraming& framing) {
    constexpr std::size_t header_b = 64;
    // A frame that grows to twice its size, that frame again without its escapes, and as much of
    // what waits to be written.
    constexpr std::size_t blocks = 8;
    net::EventLoopOptions options;
    options.receive_pool.size_b +=
        blocks * std::bit_ceil(std::size_t{framing.framing.max_frame_length} + header_b);
    return options;
}

CatFrames::CatFrames(const CatFraming& framing, net::EventLoop& loop, Calls calls)
    : framing_(framing),
      loop_(loop),
      calls_(std::move(calls)),
      decoder_(make_framer(framing.framing),
               {.on_bad_frame = on_bad_frame(framing.framing),
                .on_oversize = framing.framing.on_oversize,
                .hunt_b_max = framing.framing.max_hunt_length,
                .on_incident = [this](const FramingIncident& incident) { on_incident(incident); }},
               loop.receive_pool()),
      timer_(loop, [this] { on_timer(); }) {}

net::ReceiveWish CatFrames::receive_wish() {
    return {.tail = &decoder_.tail(),
            .need_b = decoder_.need_b(),
            .is_final = decoder_.is_length_known()};
}

void CatFrames::begin_stream() {
    decoder_.begin_stream();
    timer_.disarm();
    is_broken_ = false;
}

Result<bool> CatFrames::take(net::Packet&& packet) {
    receive_time_ = packet.receive_time;
    decoder_.push(std::move(packet.data), packet.carried_b);
    return resume();
}

Result<bool> CatFrames::resume() {
    while (batch_.empty() || calls_.on_frames(batch_, receive_time_)) {
        Result<bool> found = decoder_.next(batch_);
        if (!found) {
            if (found.error().code() == Errc::would_block) {
                return false;
            }
            is_broken_ = true;
            timer_.disarm();
            return found;
        }
        if (!*found) {
            watch();
            return true;
        }
    }
    return false;
}

Result<bool> CatFrames::end_stream() {
    decoder_.end_stream();
    timer_.disarm();
    return resume();
}

/// Sees to it that a frame which has begun becomes whole in time. What hunts for the next frame has
/// not begun one.
void CatFrames::watch() {
    const bool has_begun =
        !decoder_.tail().empty() && (!decoder_.framer().hunts() || decoder_.is_length_known());
    if (!has_begun || framing_.frame_timeout == Duration::zero()) {
        timer_.disarm();
    } else if (!timer_.is_armed() || begun_offset_ != decoder_.tail_offset()) {
        begun_offset_ = decoder_.tail_offset();
        timer_.arm(loop_.now() + framing_.frame_timeout);
    }
}

void CatFrames::on_timer() {
    decoder_.fail(FrameFault::timeout);
    is_broken_ = true;
    calls_.on_timeout(Error(Errc::frame_timeout));
}

void CatFrames::on_incident(const FramingIncident& incident) {
    is_broken_ |= incident.fault == FrameFault::truncated;
    if (loop_.now() - reports_since_ >= reports_period) {
        reports_since_ = loop_.now();
        reports_ = 0;
        if (const std::uint64_t untold = std::exchange(unreported_, 0); untold > 0) {
            app::report("and " + std::to_string(untold) + " more that were no frames");
        }
    }
    if (++reports_ <= reports_max) {
        app::report("bad frame: " + incident_text(incident) + front_text(incident));
    } else {
        ++unreported_;
    }
}

std::optional<std::string> CatFrames::losses() const {
    const FramingLedger& ledger = decoder_.ledger();
    const std::string faults = faults_text(ledger);
    if (faults.empty()) {
        return std::nullopt;
    }
    return "received " + amount(ledger.frames, "frame") + "; skipped " +
           amount(ledger.skipped_b, "byte") + ": " + faults;
}

}  // namespace sluice::cli
