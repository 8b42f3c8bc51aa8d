#include "app/printable.hpp"

#include "sluice/core/utf8.hpp"

namespace sluice::app {
namespace {

/// Whether a terminal shows it and does nothing else: no control character (C0, DEL, C1).
bool is_printable(std::string_view character) {
    const auto byte = static_cast<unsigned char>(character.front());
    if (character.size() == 1) {
        return byte >= 0x20 && byte != 0x7f;
    }
    return byte != 0xC2 || static_cast<unsigned char>(character[1]) >= 0xA0;
}

}  // namespace

std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string shown;
    while (!text.empty()) {
        const Utf8Front front = utf8_front(text);
        const std::string_view character = text.substr(0, front.size);
        text.remove_prefix(front.size);
        if (front.is_valid && is_printable(character)) {
            shown += character;
            continue;
        }
        for (const char c : character) {
            const auto byte = static_cast<unsigned char>(c);
            shown += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return shown;
}

}  // namespace sluice::app
