#include "sluice/messages/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "sluice/core/utf8.hpp"

namespace sluice {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// One character of a text as it stands in JSON: at most six bytes, none fewer than it was.
struct Escaped {
    std::array<char, 6> bytes{};
    std::size_t size = 0;

    Escaped(std::string_view text) : size(text.size()) {
        std::copy(text.begin(), text.end(), bytes.begin());
    }
};

Escaped escape_control(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    switch (c) {
        case '\b':
            return {"\\b"};
        case '\f':
            return {"\\f"};
        case '\n':
            return {"\\n"};
        case '\r':
            return {"\\r"};
        case '\t':
            return {"\\t"};
        default:
            Escaped escaped("\\u0000");
            escaped.bytes[4] = digits[static_cast<unsigned char>(c) >> 4U];
            escaped.bytes[5] = digits[static_cast<unsigned char>(c) & 15U];
            return escaped;
    }
}

/// Takes one character off the front of `text`.
Escaped take_escaped(std::string_view& text) {
    const Utf8Front front = utf8_front(text);
    const std::string_view character = text.substr(0, front.size);
    text.remove_prefix(front.size);
    if (!front.is_valid) {
        return {replacement};
    }
    if (character == "\"") {
        return {"\\\""};
    }
    if (character == "\\") {
        return {"\\\\"};
    }
    const bool is_control = static_cast<unsigned char>(character.front()) < 0x20;
    return is_control ? escape_control(character.front()) : Escaped(character);
}

std::size_t escaped_bytes(std::string_view text) {
    std::size_t bytes = 0;
    while (!text.empty()) {
        bytes += take_escaped(text).size;
    }
    return bytes;
}

/// Escapes what stands in `out` from `start` on, in place: the plain text moves to the end and is
/// read there, while its escaped form grows towards it from the left. It never catches up, since
/// no character becomes shorter.
void escape_tail(std::string& out, std::size_t start) {
    const std::size_t plain = out.size() - start;
    const std::size_t escaped = escaped_bytes(std::string_view(out).substr(start));
    out.resize(start + escaped);
    std::memmove(out.data() + start + escaped - plain, out.data() + start, plain);
    std::string_view rest(out.data() + start + escaped - plain, plain);
    char* target = out.data() + start;
    while (!rest.empty()) {
        const Escaped character = take_escaped(rest);
        target = std::copy_n(character.bytes.begin(), character.size, target);
    }
}

template <typename Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_integer(std::string& out, const IntegerType& type, const void* value) {
    const std::int64_t number = type.load(value);
    if (type.is_signed) {
        append_number(out, number);
    } else {
        append_number(out, static_cast<std::uint64_t>(number));
    }
}

void append_real(std::string& out, const RealType& type, const void* value) {
    const double number = type.load(value);
    if (!std::isfinite(number)) {
        out += "null";
    } else if (type.bits == 32) {
        append_number(out, static_cast<float>(number));
    } else {
        append_number(out, number);
    }
}

void append_text(std::string& out, const TextType& type, const void* value) {
    out += '"';
    const std::size_t start = out.size();
    type.print(value, out);
    escape_tail(out, start);
    out += '"';
}

void append_base64(std::string& out, std::span<const std::byte> bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out += '"';
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), std::size_t{3}))) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8U | (i < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            out += i <= bytes.size() ? digits[bits >> (18U - 6U * i) & 63U] : '=';
        }
    }
    out += '"';
}

void append_list(std::string& out, const ListType& type, const void* value) {
    out += '[';
    for (std::size_t i = 0; i < type.size(value); ++i) {
        if (i > 0) {
            out += ',';
        }
        append_json(out, *type.element, type.at(value, i));
    }
    out += ']';
}

/// Appends the value at `value` in the way of its kind.
struct Appender {
    std::string& out;
    const void* value;

    void operator()(const BooleanType& type) const { out += type.load(value) ? "true" : "false"; }
    void operator()(const IntegerType& type) const { append_integer(out, type, value); }
    void operator()(const RealType& type) const { append_real(out, type, value); }
    void operator()(const TextType& type) const { append_text(out, type, value); }
    void operator()(const EnumerationType& type) const {
        ((out += '"') += type.names[type.load(value)]) += '"';
    }
    void operator()(const BytesType& type) const { append_base64(out, type.load(value)); }
    void operator()(const ListType& type) const { append_list(out, type, value); }
    void operator()(const OptionalType& type) const {
        const void* element = type.load(value);
        if (element == nullptr) {
            out += "null";
        } else {
            append_json(out, *type.element, element);
        }
    }
    void operator()(const StructType& type) const { append_json(out, *type.description, value); }
};

}  // namespace

void append_json(std::string& out, const ValueType& type, const void* value) {
    std::visit(Appender{out, value}, type.kind);
}

void append_json(std::string& out, const StructDescription& description, const void* object) {
    char separator = '{';
    for (const Field& field : description.fields()) {
        ((out += separator) += '"') += field.key;
        out += "\":";
        append_json(out, *field.type, field.in(object));
        separator = ',';
    }
    out += description.fields().empty() ? "{}" : "}";
}

}  // namespace sluice
