#include "stages/frame_publisher.hpp"

#include <algorithm>
#include <utility>

#include "sluice/core/log.hpp"

namespace sluice {
namespace {

/// What stands in front of a payload that was written anew, and more.
constexpr std::size_t record_room_b = 64;

std::string hex_of(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes) {
        const auto value = std::to_integer<unsigned>(byte);
        (text += digits[value >> 4U]) += digits[value & 15U];
    }
    return text;
}

FramingIncidentCounts counts_of(const FramingLedger& ledger) {
    const auto of = [&ledger](FrameFault fault) {
        return ledger.incidents[static_cast<std::size_t>(fault)];
    };
    return {.oversize = of(FrameFault::oversize),
            .bad_length = of(FrameFault::bad_length),
            .bad_sync = of(FrameFault::bad_sync),
            .bad_checksum = of(FrameFault::bad_checksum),
            .bad_escape = of(FrameFault::bad_escape),
            .lost_sync = of(FrameFault::lost_sync),
            .truncated = of(FrameFault::truncated),
            .timeout = of(FrameFault::timeout)};
}

}  // namespace

StageFraming stage_framing(const Framing& framing) {
    return {.framer = make_framer(framing),
            .on_bad_frame = on_bad_frame(framing),
            .on_oversize = framing.on_oversize,
            .hunt_b_max = framing.max_hunt_length};
}

StageFraming stage_framing(std::shared_ptr<const Framer> framer) {
    const bool hunts = framer->hunts();
    return {.framer = std::move(framer),
            .on_bad_frame = hunts ? OnBadFrame::resync : OnBadFrame::close};
}

FramePublisher::FramePublisher(std::string stage, const Publisher<FrameGroup>& frames,
                               const StageFraming& framing, BufferPool& pool)
    : stage_(std::move(stage)),
      frames_(frames),
      pool_(pool),
      decoder_(framing.framer,
               {.on_bad_frame = framing.on_bad_frame,
                .on_oversize = framing.on_oversize,
                .hunt_b_max = framing.hunt_b_max,
                .on_incident = [this](const FramingIncident& incident) { on_incident(incident); }},
               pool) {}

void FramePublisher::begin_stream(const Begin& begin) {
    decoder_.begin_stream();
    connection_ = begin.connection;
    peer_ = begin.peer;
    begin_offset_ = begin.offset;
    is_torn_ = begin.is_torn;
    frame_begin_ = never;
    is_stopping_ = false;
}

FramePublisher::Outcome FramePublisher::end_stream(bool is_stop) {
    is_stopping_ = is_stop;
    decoder_.end_stream();
    const Outcome outcome = publish([] { return true; });
    frame_begin_ = never;
    return outcome;
}

void FramePublisher::push(Buffer bytes, std::size_t carried_b, const TcpPacket& times) {
    remember_times(times, times.receive_time_steady);
    decoder_.push(std::move(bytes), carried_b);
}

Result<void> FramePublisher::append(const TcpPacket& packet, SteadyTime now) {
    Result<void> appended = decoder_.append(packet.data);
    if (appended) {
        remember_times(packet, now);
    }
    return appended;
}

void FramePublisher::remember_times(const TcpPacket& packet, SteadyTime now) {
    times_.receive_time = packet.receive_time;
    times_.receive_time_steady = packet.receive_time_steady;
    times_.kernel_time = packet.kernel_time;
    now_ = now;
}

FramePublisher::Outcome FramePublisher::publish(const std::function<bool()>& find_credit) {
    for (;;) {
        if (group_ && group_->frames.size() == FrameGroup::frames_max &&
            !publish_group(find_credit)) {
            return Outcome::no_credit;
        }
        if (const Frame* const frame = reader_.next()) {
            add(*frame);
            continue;
        }
        reader_ = FrameReader();
        const Result<bool> found = decoder_.next(batch_);
        if (found && *found) {
            reader_ = FrameReader(batch_);
            continue;
        }
        if (!publish_group(find_credit)) {
            return Outcome::no_credit;
        }
        look_at_tail();
        if (found) {
            return Outcome::need_bytes;
        }
        return found.error().code() == Errc::bad_frame ? Outcome::closed : Outcome::no_memory;
    }
}

void FramePublisher::add(const Frame& frame) {
    if (std::exchange(is_torn_, false)) {
        ++torn_.frames;
        torn_.payload += frame.payload.size();
        torn_.overhead += frame.wire_b - frame.payload.size();
        return;
    }
    if (!group_) {
        group_ = frames_.draft();
        group_->connection = connection_;
        group_->peer = peer_;
        group_->sequence = groups_++;
    }
    const Buffer& bytes = batch_.bytes();
    const std::size_t size_b = frame.payload.size();
    const std::size_t offset =
        size_b > 0 ? static_cast<std::size_t>(frame.payload.data() - bytes.data()) : 0;
    group_->frames.push_back({.data = bytes.slice(offset, size_b),
                              .receive_time = times_.receive_time,
                              .receive_time_steady = times_.receive_time_steady,
                              .kernel_time = times_.kernel_time,
                              .stream_offset = begin_offset_ + frame.stream_offset,
                              .wire_b = frame.wire_b});
    last_frame_b_ = frame.wire_b;
}

/// Publishes the open group, if there is one; false without credit.
bool FramePublisher::publish_group(const std::function<bool()>& find_credit) {
    if (!group_) {
        return true;
    }
    if (!find_credit()) {
        return false;
    }
    static_cast<void>(frames_.publish(std::exchange(group_, {}), WithoutCredit::overdraw));
    return true;
}

/// Remembers when the frame began that is not whole yet.
void FramePublisher::look_at_tail() {
    if (decoder_.tail().empty()) {
        frame_begin_ = never;
    } else if (frame_begin_ == never || frame_offset_ != decoder_.tail_offset()) {
        frame_begin_ = now_;
        frame_offset_ = decoder_.tail_offset();
    }
}

void FramePublisher::on_incident(const FramingIncident& incident) {
    last_incident_ = incident;
    if (incident.fault == FrameFault::truncated && is_stopping_) {
        return;
    }
    const std::string front = hex_of(std::span(incident.front).first(incident.front_b));
    log(LogLevel::warning, "bad_frame",
        {{"stage", stage_},
         {"fault", name(incident.fault)},
         {"connection", connection_},
         {"stream_offset", begin_offset_ + incident.stream_offset},
         {"claimed_b", incident.claimed_b},
         {"limit_b", incident.limit_b},
         {"front", front}});
    if (const std::string_view protocol = likely_protocol(incident); !protocol.empty()) {
        log(LogLevel::warning, "other_protocol",
            {{"stage", stage_}, {"connection", connection_}, {"looks_like", protocol}});
    }
}

Error FramePublisher::reason() const {
    const FramingIncident& incident = last_incident_;
    const std::string at =
        " at byte " + std::to_string(begin_offset_ + incident.stream_offset) + " of the stream";
    if (incident.fault == FrameFault::timeout) {
        return Error(Errc::frame_timeout, "the frame" + at);
    }
    std::string detail = std::string(name(incident.fault)) + at;
    if (incident.fault == FrameFault::lost_sync) {
        detail += ": no frame within " + std::to_string(incident.limit_b) + " bytes";
    }
    if (incident.claimed_b > 0) {
        detail += ": a length of " + std::to_string(incident.claimed_b) + "; allowed are " +
                  std::to_string(incident.limit_b);
    }
    return Error(Errc::bad_frame, std::move(detail));
}

std::size_t FramePublisher::memory_wish_b() noexcept {
    const std::size_t wanted_b = std::max(2 * decoder_.tail().size(), decoder_.need_b());
    return std::max(pool_.slab_capacity(),
                    std::min(wanted_b, decoder_.framer().frame_b_max()) + record_room_b);
}

FramingStats FramePublisher::statistics() const {
    const FramingLedger& ledger = decoder_.ledger();
    return {.received = ledger.received_b,
            .frames = ledger.frames - torn_.frames,
            .payload = ledger.payload_b - torn_.payload,
            .overhead = ledger.overhead_b - torn_.overhead,
            .skipped = ledger.skipped_b + torn_.payload + torn_.overhead,
            .buffered = ledger.buffered_b,
            .copied = ledger.copied_b,
            .largest = ledger.frame_b_max,
            .incidents = counts_of(ledger)};
}

}  // namespace sluice
