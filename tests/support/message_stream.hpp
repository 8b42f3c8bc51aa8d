/// Messages of several producers that a reader can check byte by byte, and such a reader.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace sluice::test {

constexpr std::size_t producers = 4;

struct MessageHeader {
    static constexpr std::uint32_t magic_value = 0x51'1C'E0'00;

    std::uint32_t magic = magic_value;
    std::uint32_t bytes = 0;  ///< Of the whole message.
    std::uint64_t producer = 0;
    std::uint64_t sequence = 0;
};

/// The body of a message is a run of a sequence without short repetitions; where it begins depends
/// on producer and sequence.
class MessageBody {
  public:
    static constexpr std::size_t bytes_max = 64 * 1024;

    MessageBody() : pattern_(bytes_max + shift_max) {
        std::uint32_t state = 1;
        for (std::byte& byte : pattern_) {
            state = state * 1'664'525U + 1'013'904'223U;
            byte = static_cast<std::byte>(state >> 24U);
        }
    }
    [[nodiscard]] std::span<const std::byte> of(const MessageHeader& header) const {
        const std::size_t shift = (header.producer * 61 + header.sequence) % shift_max;
        return std::span(pattern_).subspan(shift, header.bytes - sizeof header);
    }

  private:
    static constexpr std::size_t shift_max = 251;
    std::vector<std::byte> pattern_;
};

/// Reads messages of one connection after the other. Whatever is wrong once stays wrong.
class MessageReader {
  public:
    /// A connection begins, and so does a message.
    void begin() { used_ = 0; }

    void feed(std::span<const std::byte> bytes) {
        while (!bytes.empty() && is_right_) {
            const std::size_t wanted = target_bytes() - used_;
            const std::size_t part = std::min(wanted, bytes.size());
            std::memcpy(message_.data() + used_, bytes.data(), part);
            used_ += part;
            bytes = bytes.subspan(part);
            if (part == wanted) {
                used_ == sizeof(MessageHeader) ? check_header() : check_body();
            }
        }
    }

    [[nodiscard]] bool is_right() const { return is_right_; }
    [[nodiscard]] bool is_between_messages() const { return used_ == 0; }
    [[nodiscard]] std::uint64_t messages() const { return messages_; }

  private:
    [[nodiscard]] std::size_t target_bytes() const {
        return used_ < sizeof(MessageHeader) ? sizeof(MessageHeader) : header_.bytes;
    }
    void check_header() {
        std::memcpy(&header_, message_.data(), sizeof header_);
        is_right_ = header_.magic == MessageHeader::magic_value && header_.producer < producers &&
                    header_.bytes > sizeof header_ && header_.bytes <= message_.size();
    }
    void check_body() {
        const std::span<const std::byte> body = body_.of(header_);
        std::uint64_t& next = next_.at(header_.producer);
        is_right_ = std::equal(body.begin(), body.end(), message_.begin() + sizeof header_) &&
                    header_.sequence >= next;
        next = header_.sequence + 1;
        ++messages_;
        used_ = 0;
    }

    const MessageBody body_;
    std::vector<std::byte> message_ = std::vector<std::byte>(MessageBody::bytes_max);
    std::size_t used_ = 0;
    MessageHeader header_;
    std::array<std::uint64_t, producers> next_{};  // the lowest sequence number to come
    std::uint64_t messages_ = 0;
    bool is_right_ = true;
};

}  // namespace sluice::test
