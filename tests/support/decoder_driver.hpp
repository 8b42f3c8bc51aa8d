/// A FrameDecoder and, beside it, what it should find, computed the slow and obvious way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/buffers/receive_buffer.hpp"
#include "sluice/framing/frame_decoder.hpp"

namespace sluice::test {

struct FoundFrame {
    std::string payload;
    std::uint64_t stream_offset = 0;
    std::uint64_t wire_b = 0;
    friend bool operator==(const FoundFrame&, const FoundFrame&) = default;
};
struct FoundIncident {
    FrameFault fault = FrameFault::bad_sync;
    std::uint64_t stream_offset = 0;
    std::uint64_t claimed_b = 0;
    friend bool operator==(const FoundIncident&, const FoundIncident&) = default;
};

/// What is in a stream, read in one piece and without memory of an earlier look.
struct StreamContents {
    std::vector<FoundFrame> frames;
    std::vector<FoundIncident> incidents;
    std::uint64_t payload_b = 0;
    std::uint64_t overhead_b = 0;
    std::uint64_t skipped_b = 0;
    bool is_closed = false;
};

struct Policy {
    bool goes_on = false;
    bool believes_length = false;
};

inline Policy policy_for(FrameFault fault, OnBadFrame on_bad_frame, OnOversize on_oversize) {
    const bool skips = fault == FrameFault::oversize ? on_oversize == OnOversize::skip
                                                     : on_bad_frame == OnBadFrame::skip;
    return {.goes_on = skips || on_bad_frame == OnBadFrame::resync, .believes_length = skips};
}

/// What is left of the limit of a hunt.
struct Hunt {
    explicit Hunt(std::uint64_t bytes) : left_b(bytes), check_left_b(bytes * 1024) {}

    bool may_pass(const Scan& bad, bool is_synced) {
        if (bad.fault == FrameFault::bad_checksum) {
            left_b += is_synced ? bad.claimed_b : 0;
            check_left_b -= is_synced ? 0 : std::min(check_left_b, bad.claimed_b);
        }
        left_b = check_left_b > 0 ? left_b : 0;
        if (bad.bytes > left_b) {
            return false;
        }
        left_b -= bad.bytes;
        return true;
    }

    std::uint64_t left_b;
    std::uint64_t check_left_b;
};

/// A payload without its escapes.
inline std::string text_of(std::span<const std::byte> payload, const Framer& framer) {
    std::string text(payload.size(), '\0');
    if (framer.is_escaped()) {
        text.resize(framer.unescape(payload, std::as_writable_bytes(std::span(text))));
    } else {
        text.assign(reinterpret_cast<const char*>(payload.data()), payload.size());
    }
    return text;
}

inline StreamContents contents_of(std::span<const std::byte> stream, bool is_end,
                                  const Framer& framer, OnBadFrame on_bad_frame,
                                  OnOversize on_oversize, std::uint64_t hunt_b_max) {
    StreamContents found;
    Hunt hunt(hunt_b_max);
    bool is_synced = !framer.hunts();
    bool is_incident = false;
    bool is_end_known = false;  // once all was read of what came before
    std::size_t at = 0;
    const auto report = [&](FrameFault fault, std::uint64_t claimed_b) {
        found.incidents.push_back({fault, at, claimed_b});
        is_incident = true;
    };
    while (at < stream.size()) {
        const std::span<const std::byte> rest = stream.subspan(at);
        const Scan scan = framer.scan(rest, {.is_synced = is_synced, .is_end = is_end_known});
        if (scan.kind == Scan::Kind::need) {
            if (is_end && !is_end_known) {
                is_end_known = true;
                continue;
            }
            if (is_end) {
                const std::size_t header_b = framer.header_b();
                const bool is_told = is_synced && header_b > 0 && rest.size() >= header_b;
                if (!is_incident) {
                    report(FrameFault::truncated, is_told ? scan.bytes : 0);
                }
                found.skipped_b += rest.size();
            }
            break;
        }
        if (scan.kind == Scan::Kind::frame) {
            const auto payload = rest.subspan(scan.payload_offset, scan.payload_b);
            std::string text = text_of(payload, framer);
            found.payload_b += text.size();
            found.overhead_b += scan.bytes - text.size();
            found.frames.push_back({std::move(text), at, scan.bytes});
            at += static_cast<std::size_t>(scan.bytes);
            is_synced = true;
            is_incident = false;
            hunt = Hunt(hunt_b_max);
            continue;
        }
        const Policy policy = policy_for(scan.fault, on_bad_frame, on_oversize);
        if (!policy.goes_on || scan.bytes == 0) {
            report(scan.fault, scan.claimed_b);
            found.skipped_b += rest.size();
            found.is_closed = true;
            break;
        }
        if (!is_incident) {
            report(scan.fault, scan.claimed_b);
        }
        const bool believes = policy.believes_length && is_synced && scan.claimed_b > scan.bytes;
        if (framer.hunts() && !believes && !hunt.may_pass(scan, is_synced)) {
            at += static_cast<std::size_t>(hunt.left_b);
            report(FrameFault::lost_sync, 0);
            found.skipped_b += rest.size();
            found.is_closed = true;
            break;
        }
        is_synced = believes || scan.is_synced;
        const auto gone_b = static_cast<std::size_t>(
            std::min<std::uint64_t>(rest.size(), believes ? scan.claimed_b : scan.bytes));
        found.skipped_b += gone_b;
        at += gone_b;
    }
    return found;
}

/// How bytes reach the decoder.
enum class Feed : std::uint8_t {
    push_behind,   ///< Behind the tail where there is room, else with a copy of it.
    push_copied,   ///< With a copy of the tail at a new place.
    append,        ///< As they were received.
    append_apart,  ///< At a place of their own.
};

/// Feeds a decoder and compares it with `contents_of` after each step. All functions return what is
/// wrong; empty if nothing is.
class DecoderDriver {
  public:
    DecoderDriver(std::shared_ptr<const Framer> framer, OnBadFrame on_bad_frame,
                  OnOversize on_oversize, std::uint64_t hunt_b_max)
        : on_bad_frame_(on_bad_frame),
          on_oversize_(on_oversize),
          hunt_b_max_(hunt_b_max),
          decoder_(std::move(framer),
                   {.on_bad_frame = on_bad_frame,
                    .on_oversize = on_oversize,
                    .hunt_b_max = hunt_b_max,
                    .on_incident =
                        [this](const FramingIncident& incident) {
                            is_exact_ = is_exact_ && is_exact();
                            incidents_.push_back(
                                {incident.fault, incident.stream_offset, incident.claimed_b});
                        }},
                   pool_) {}

    [[nodiscard]] std::string feed(Feed how, std::string_view text) {
        if (is_end_ || is_closed_) {
            begin();
        }
        const std::string problem = give(how, text);
        if (!problem.empty() || is_starved()) {
            return problem;
        }
        return check();
    }
    [[nodiscard]] std::string end() {
        starved_.clear();
        std::string problem = check();
        decoder_.end_stream();
        is_end_ = true;
        return problem.empty() ? check() : problem;
    }
    /// The owner replaces the tail by a copy.
    [[nodiscard]] std::string replace_tail() {
        if (decoder_.tail().empty() || is_starved()) {
            return {};
        }
        decoder_.tail() = place(decoder_.tail().bytes(), {});
        return check();
    }
    void begin() {
        decoder_.begin_stream();
        before_ = decoder_.ledger();
        stream_.clear();
        frames_.clear();
        incidents_.clear();
        is_end_ = false;
        is_closed_ = false;
        is_waiting_ = false;
    }
    /// From now on the pool has no block to give; or again what it can.
    [[nodiscard]] std::string starve(bool is_starved_now) {
        starved_.clear();
        if (!is_starved_now) {
            return check();
        }
        for (const std::size_t bytes : {pool_.slab_capacity(), std::size_t{1}}) {
            while (Result<Buffer> block = pool_.acquire(bytes)) {
                starved_.push_back(*std::move(block));
            }
        }
        return {};
    }

  private:
    static constexpr std::size_t slab_b = 16 * 1024;
    static constexpr std::size_t offer = 4096;

    [[nodiscard]] bool is_starved() const { return !starved_.empty(); }

    [[nodiscard]] bool is_exact() const {
        const FramingLedger& now = decoder_.ledger();
        return now.received_b == now.payload_b + now.overhead_b + now.skipped_b + now.buffered_b;
    }

    Buffer place(std::span<const std::byte> first, std::span<const std::byte> second) {
        Buffer buffer = *sources_.acquire(first.size() + second.size());
        std::ranges::copy(second, std::ranges::copy(first, buffer.writable().begin()).out);
        return buffer;
    }
    Buffer receive(std::span<const std::byte> bytes) {
        const std::span<std::byte> target = *receiver_.writable(account_);
        std::ranges::copy(bytes, target.begin());
        return receiver_.take(bytes.size(), account_);
    }

    /// In pieces that a receive could be.
    std::string give(Feed how, std::string_view text) {
        while (!text.empty()) {
            // What was not read yet has to be read first, or waits as well.
            if (is_waiting_ && (!read() || is_waiting_)) {
                starved_.clear();
                if (!read()) {
                    return "next() fails with a pool that has blocks";
                }
            }
            if (is_closed_) {
                return {};
            }
            const std::string_view piece = text.substr(0, offer);
            if (!give_piece(how, std::as_bytes(std::span(piece)))) {
                starved_.clear();
                continue;
            }
            stream_.append(piece);
            text.remove_prefix(piece.size());
            if (!is_exact()) {
                return "the ledger is not exact after bytes came";
            }
            if (!read()) {
                return "next() fails";
            }
        }
        return {};
    }

    bool give_piece(Feed how, std::span<const std::byte> bytes) {
        if (how == Feed::append || how == Feed::append_apart) {
            const Buffer received = how == Feed::append ? receive(bytes) : place(bytes, {});
            return decoder_.append(received).has_value();
        }
        const std::size_t tail_b = decoder_.tail().size();
        if (how == Feed::push_behind) {
            Buffer received = receive(bytes);
            Buffer whole = decoder_.tail().share();
            if (tail_b == 0) {
                decoder_.push(std::move(received), 0);
                return true;
            }
            if (whole.join(received)) {
                decoder_.push(std::move(whole), tail_b);
                return true;
            }
        }
        decoder_.push(place(decoder_.tail().bytes(), bytes), tail_b);
        return true;
    }

    /// Reads all frames that there are. False: an error that should not be.
    bool read() {
        is_waiting_ = false;
        for (;;) {
            FrameBatch batch;
            const Result<bool> is_there = decoder_.next(batch);
            is_exact_ = is_exact_ && is_exact();
            if (!is_there) {
                is_closed_ = is_there.error().code() == Errc::bad_frame;
                is_waiting_ = is_there.error().code() == Errc::would_block && is_starved();
                return is_closed_ || is_waiting_;
            }
            if (!*is_there) {
                return true;
            }
            FrameReader reader(batch);
            while (const Frame* frame = reader.next()) {
                frames_.push_back(
                    {{reinterpret_cast<const char*>(frame->payload.data()), frame->payload.size()},
                     frame->stream_offset,
                     frame->wire_b});
            }
        }
    }

    [[nodiscard]] std::string check() {
        if (!read()) {
            return "next() fails";
        }
        if (!is_exact_ || !is_exact()) {
            return "the ledger is not exact";
        }
        const StreamContents is =
            contents_of(std::as_bytes(std::span(stream_)), is_end_, decoder_.framer(),
                        on_bad_frame_, on_oversize_, hunt_b_max_);
        const FramingLedger& now = decoder_.ledger();
        const std::uint64_t taken_b = is.payload_b + is.overhead_b + is.skipped_b;
        if (is.frames != frames_) {
            return "other frames";
        }
        if (is.incidents != incidents_) {
            return "other incidents";
        }
        if (is.is_closed != is_closed_) {
            return "closed, or not";
        }
        if (now.payload_b - before_.payload_b != is.payload_b ||
            now.overhead_b - before_.overhead_b != is.overhead_b ||
            now.skipped_b - before_.skipped_b != is.skipped_b ||
            now.received_b - before_.received_b != stream_.size() ||
            now.frames - before_.frames != is.frames.size()) {
            return "another ledger";
        }
        if (decoder_.tail_offset() != taken_b ||
            decoder_.tail().size() != stream_.size() - taken_b ||
            decoder_.need_b() <= decoder_.tail().size()) {
            return "another tail";
        }
        if (pool_.statistics().blocks > 1) {
            return "more than one block is held";
        }
        return {};
    }

    const OnBadFrame on_bad_frame_;
    const OnOversize on_oversize_;
    const std::uint64_t hunt_b_max_;
    BufferPool sources_{{.size_b = 64 * slab_b, .slab_size_b = slab_b}};
    BufferPool pool_{{.size_b = 4 * slab_b, .slab_size_b = slab_b}};
    ReceiveBuffer receiver_{sources_, offer};
    BufferAccount account_ = *sources_.open_account(64 * slab_b);
    std::vector<Buffer> starved_;
    FrameDecoder decoder_;

    // The stream, and what came of it.
    std::string stream_;
    FramingLedger before_;
    std::vector<FoundFrame> frames_;
    std::vector<FoundIncident> incidents_;
    bool is_end_ = false;
    bool is_closed_ = false;
    bool is_waiting_ = false;  // for a block
    bool is_exact_ = true;
};

}  // namespace sluice::test
