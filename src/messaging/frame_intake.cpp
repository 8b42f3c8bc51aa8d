#include "messaging/frame_intake.hpp"

#include <algorithm>
#include <utility>

#include "sluice/core/log.hpp"

namespace sluice::messaging {
namespace {

FrameDecoderOptions decoder_options(const MessagingOptions& options,
                                    std::function<void(const FramingIncident&)> on_incident) {
    return {.on_bad_frame = options.framer ? OnBadFrame::close : on_bad_frame(options.framing),
            .on_oversize = options.framer ? OnOversize::close : options.framing.on_oversize,
            .hunt_b_max = options.framing.max_hunt_length,
            .on_incident = std::move(on_incident)};
}

}  // namespace

std::shared_ptr<const Framer> framer_of(const MessagingOptions& options) {
    return options.framer ? options.framer : make_framer(options.framing);
}

FrameIntake::FrameIntake(std::shared_ptr<const Framer> framer, const MessagingOptions& options,
                         BufferPool& pool, Inbox* inbox, MessageHandler* handler,
                         std::function<void()> on_room)
    : frame_timeout_(options.frame_timeout),
      pool_(pool),
      inbox_(inbox),
      handler_(handler),
      on_room_(std::move(on_room)),
      decoder_(
          std::move(framer),
          decoder_options(options, [this](const FramingIncident& incident) { warn(incident); }),
          pool) {}

FrameIntake::~FrameIntake() {
    pool_.cancel_wait(*this);
}

void FrameIntake::begin_connection(PeerId peer) {
    decoder_.begin_stream();
    peer_ = peer;
    has_warned_ = false;
    was_large_ = false;
    is_starved_ = false;
    is_dropping_ = false;
    watched_since_.reset();
}

void FrameIntake::end_connection() {
    decoder_.end_stream();
    static_cast<void>(pump());
}

/// After a large frame the next header is received alone: its body goes straight to its place then.
net::ReceiveWish FrameIntake::wish() noexcept {
    is_starved_ = false;
    Buffer& tail = decoder_.tail();
    const std::size_t header_b = decoder_.framer().header_b();
    const bool reads_header = was_large_ && tail.size() < header_b;
    return {.tail = &tail,
            .need_b = decoder_.need_b(),
            .is_final = decoder_.is_length_known(),
            .limit_b = reads_header ? header_b - tail.size() : 0};
}

FrameIntake::Progress FrameIntake::take(net::Packet&& packet) {
    decoder_.push(std::move(packet.data), packet.carried_b);
    return pump();
}

FrameIntake::Progress FrameIntake::pump() {
    const Progress progress = is_dropping_ ? Progress::blocked : hand_on();
    if (progress != Progress::blocked || !is_draining_) {
        return progress;
    }
    is_dropping_ = true;
    pool_.cancel_wait(*this);
    arrival_.batch = FrameBatch();
    decoder_.begin_stream();
    return Progress::idle;
}

FrameIntake::Progress FrameIntake::hand_on() {
    while (true) {
        if (!arrival_.batch.empty() && !deliver()) {
            return Progress::blocked;
        }
        const Result<bool> found = decoder_.next(arrival_.batch);
        if (!found) {
            return judge(found.error());
        }
        if (!*found) {
            return Progress::idle;
        }
        arrival_.peer = peer_;
        was_large_ =
            arrival_.batch.size() == 1 && arrival_.batch.bytes().size() > pool_.slab_capacity() / 2;
    }
}

FrameIntake::Progress FrameIntake::judge(const Error& error) {
    if (error.code() == Errc::would_block) {
        pool_.cancel_wait(*this);
        pool_.wait_for_memory(*this, std::max(pool_.slab_capacity(), decoder_.need_b()));
        return Progress::blocked;
    }
    failure_ = error.code();
    return Progress::failed;
}

bool FrameIntake::deliver() {
    if (handler_ == nullptr) {
        return inbox_->push(arrival_);
    }
    FrameReader reader(arrival_.batch);
    while (const Frame* const frame = reader.next()) {
        handler_->on_message({.bytes = frame->payload,
                              .peer = arrival_.peer,
                              .stream_offset = frame->stream_offset,
                              .memory = &arrival_.batch.bytes()});
    }
    arrival_.batch = FrameBatch();
    return true;
}

/// The first of a connection; all are counted.
void FrameIntake::warn(const FramingIncident& incident) {
    if (!std::exchange(has_warned_, true)) {
        log(LogLevel::warning, "bad_frame",
            {{"fault", name(incident.fault)},
             {"peer", peer_},
             {"stream_offset", incident.stream_offset},
             {"claimed_b", incident.claimed_b},
             {"limit_b", incident.limit_b}});
        if (const std::string_view protocol = likely_protocol(incident); !protocol.empty()) {
            log(LogLevel::warning, "other_protocol", {{"peer", peer_}, {"looks_like", protocol}});
        }
    }
}

bool FrameIntake::is_stuck(SteadyTime now) {
    if (decoder_.tail().empty() || !arrival_.batch.empty() || is_starved_) {
        watched_since_.reset();  // no frame has begun, or it cannot go on
        return false;
    }
    if (!watched_since_ || decoder_.tail_offset() != watched_offset_) {
        watched_offset_ = decoder_.tail_offset();
        watched_since_ = now;
        return false;
    }
    return now - *watched_since_ >= frame_timeout_;
}

void FrameIntake::time_out() {
    decoder_.fail(FrameFault::timeout);
    failure_ = Errc::frame_timeout;
}

}  // namespace sluice::messaging
