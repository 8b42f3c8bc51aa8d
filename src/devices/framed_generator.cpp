#include "devices/framed_generator.hpp"

#include <algorithm>
#include <string>

#include "sluice/core/check.hpp"
#include "sluice/devices/lidar_generator.hpp"
#include "sluice/devices/nmea_generator.hpp"
#include "sluice/messages/counter_record.hpp"

namespace sluice::devices {
namespace {

constexpr std::size_t line_end_b = 2;

struct Records {
    std::size_t per_message = 1;
    std::size_t bytes_max = 0;
};

Records records_of(DeviceKind kind) {
    switch (kind) {
        case DeviceKind::nmea:
            return {.per_message = nmea_sentences,
                    .bytes_max = nmea_sentence_bytes_max - line_end_b};
        case DeviceKind::lidar:
            return {.bytes_max = lidar_packet_bytes};
        case DeviceKind::counter:
            break;
    }
    return {.bytes_max = messages::counter_record_bytes};
}

std::vector<std::byte> head_of(const Framing& framing) {
    const bool has_head = framing.kind == FramingKind::length || framing.kind == FramingKind::sync;
    return std::vector<std::byte>(has_head ? framing.length_field_offset - framing.sync.size() / 2
                                           : 0);
}

/// The longest frame of a record of so many bytes.
Result<std::size_t> frame_bytes_max(const Framer& framer, std::span<const std::byte> head,
                                    std::size_t record_b) {
    if (framer.is_escaped()) {
        const std::size_t frame_b = framer.escaped_b_max(record_b);
        return frame_b <= framer.frame_b_max() ? Result<std::size_t>(frame_b)
                                               : Error(Errc::too_large);
    }
    const std::vector<std::byte> record(record_b);
    const std::span<const std::byte> body(record);
    const Result<FrameEnvelope> envelope = framer.enclose(head, {&body, 1});
    if (!envelope) {
        return envelope.error();
    }
    return envelope->before().size() + record_b + envelope->after().size();
}

/// A sentence is printable; anything may be in other records.
bool may_contain_delimiter(DeviceKind kind, const Framing& framing) {
    for (std::size_t i = 0; i + 1 < framing.delimiter.size(); i += 2) {
        const int byte = std::stoi(framing.delimiter.substr(i, 2), nullptr, 16);
        if (kind != DeviceKind::nmea || (byte >= 0x20 && byte < 0x7f)) {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<void> check_framing(DeviceKind kind, const Framing& framing) {
    const std::string refusal =
        "framing " + framing.to_string() + " cannot carry what " + std::string(name(kind));
    if (framing.kind == FramingKind::dle) {
        return Error(Errc::invalid_argument, refusal + " sends: a type decides the length there");
    }
    if (framing.kind == FramingKind::delimiter && may_contain_delimiter(kind, framing)) {
        return Error(Errc::invalid_argument, refusal + " sends: the delimiter may be in it");
    }
    if (framing.kind == FramingKind::fixed && kind == DeviceKind::nmea) {
        return Error(Errc::invalid_argument, refusal + " sends: its sentences differ in length");
    }
    const Result<std::size_t> frame_b =
        frame_bytes_max(*make_framer(framing), head_of(framing), records_of(kind).bytes_max);
    return frame_b
               ? Result<void>()
               : Error(Errc::invalid_argument, refusal + " sends: " + frame_b.error().message());
}

FramedGenerator::FramedGenerator(std::unique_ptr<Generator> plain, DeviceKind kind,
                                 const Framing& framing)
    : plain_(std::move(plain)),
      has_lines_(kind == DeviceKind::nmea),
      head_(head_of(framing)),
      framer_(make_framer(framing)),
      message_bytes_max_(records_of(kind).per_message *
                         *frame_bytes_max(*framer_, head_, records_of(kind).bytes_max)) {}

Generator::Written FramedGenerator::write(std::uint64_t number, std::uint64_t messages_max,
                                          std::span<std::byte> target) const {
    constexpr std::byte line_end{'\r'};
    std::vector<std::byte> message(plain_->message_bytes_max());
    Written written;
    while (written.messages < messages_max && target.size() - written.bytes >= message_bytes_max_) {
        const Written plain = plain_->write(number + written.messages, 1, message);
        std::span<const std::byte> rest = std::span(message).first(plain.bytes);
        while (!rest.empty()) {
            const auto end = has_lines_ ? std::ranges::find(rest, line_end) : rest.end();
            const auto record_b = static_cast<std::size_t>(end - rest.begin());
            written.bytes += frame(rest.first(record_b), target.subspan(written.bytes));
            rest = rest.subspan(record_b + (has_lines_ ? line_end_b : 0));
        }
        ++written.messages;
    }
    return written;
}

std::size_t FramedGenerator::frame(std::span<const std::byte> record,
                                   std::span<std::byte> target) const {
    if (framer_->is_escaped()) {
        const Result<std::size_t> escaped = framer_->escape({&record, 1}, target);
        SLUICE_CHECK(escaped, "a record that the framing was checked for");
        return *escaped;
    }
    const Result<FrameEnvelope> envelope = framer_->enclose(head_, {&record, 1});
    SLUICE_CHECK(envelope, "a record that the framing was checked for");
    auto end = std::ranges::copy(envelope->before(), target.begin()).out;
    end = std::ranges::copy(record, end).out;
    end = std::ranges::copy(envelope->after(), end).out;
    return static_cast<std::size_t>(end - target.begin());
}

}  // namespace sluice::devices
