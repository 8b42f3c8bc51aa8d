#include <algorithm>
#include <charconv>
#include <optional>

#include "framing/words.hpp"
#include "sluice/framing/framing.hpp"

namespace sluice {
namespace {

constexpr std::uint64_t KiB = 1024;

// What is read. Each function returns what is wrong, or nothing.

using Problem = std::optional<std::string>;

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc{} && end == text.data() + text.size();
}

template <typename Number>
Problem read_number(std::string_view text, Number& number) {
    if (parse_number(text, number)) {
        return {};
    }
    return quoted(text) + " is no number that is allowed here";
}

/// Cuts `@4` off the end.
Problem read_place(std::string_view& text, std::uint32_t& place) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) {
        return {};
    }
    Problem problem = read_number(text.substr(at + 1), place);
    text = text.substr(0, at);
    return problem;
}

/// `u32be@1`
Problem read_length_field(Framing& framing, std::string_view given) {
    std::string_view text = given;
    if (Problem problem = read_place(text, framing.length_field_offset)) {
        return problem;
    }
    const bool is_little = text.ends_with("le");
    const bool has_order = is_little || text.ends_with("be");
    const std::string_view bits = text.substr(0, text.size() - (has_order ? 2 : 0));
    std::uint32_t number = 0;
    if (!bits.starts_with('u') || !parse_number(bits.substr(1), number) || number % 8 != 0 ||
        number < 8 || number > 64 || (!has_order && number != 8)) {
        return quoted(given) +
               " is no length field; allowed are u8, u16be, u16le, u24be and so on to u64le, with "
               "an offset such as @4 behind it";
    }
    framing.length_field_length = number / 8;
    framing.byte_order = is_little ? FramingByteOrder::little : FramingByteOrder::big;
    return {};
}

/// The words of an enumeration, as the short text has them: with a hyphen.
template <typename Enumeration>
std::vector<std::string> text_words() {
    std::vector<std::string> words;
    for (const std::string_view word : enumerators(TypeTag<Enumeration>{})) {
        words.emplace_back(word);
        std::ranges::replace(words.back(), '_', '-');
    }
    return words;
}

template <typename Enumeration>
Problem read_word(std::string_view what, std::string_view given, Enumeration& value) {
    const std::vector<std::string> words = text_words<Enumeration>();
    std::string text(given);
    std::ranges::replace(text, '_', '-');
    const auto found = std::ranges::find(words, text);
    if (found == words.end()) {
        const std::vector<std::string_view> known(words.begin(), words.end());
        return "unknown " + std::string(what) + " " + quoted(given) + "; " + nearest(text, known);
    }
    value = static_cast<Enumeration>(found - words.begin());
    return {};
}

Problem read_checksum(Framing& framing, std::string_view text) {
    const Problem problem = read_place(text, framing.checksum_offset);
    return problem ? problem : read_word("checksum", text, framing.checksum);
}

/// `65536`, `64KiB`
Problem read_max(std::string_view given, std::uint64_t& value) {
    std::string_view text = given;
    std::uint64_t unit = 1;
    for (const std::string_view name : {"KiB", "MiB", "GiB"}) {
        unit *= KiB;
        if (text.ends_with(name)) {
            text.remove_suffix(name.size());
            break;
        }
        if (name == "GiB") {
            unit = 1;
        }
    }
    std::uint64_t count = 0;
    if (!parse_number(text, count) || count > KiB * KiB * KiB) {
        return quoted(given) +
               " is no length; allowed are 1 to 1073741824, or less with KiB, MiB or GiB behind it";
    }
    value = count * unit;
    return {};
}

/// An option of the text.
struct Option {
    std::string_view name;
    bool has_value;
    Problem (*read)(Framing&, std::string_view value);
};

constexpr Option options[] = {
    {"length", true, read_length_field},
    {"adjust", true,
     [](Framing& framing, std::string_view value) {
         return read_number(value, framing.length_adjustment);
     }},
    {"includes_header", false,
     [](Framing& framing, std::string_view) {
         framing.length_includes_header = true;
         return Problem();
     }},
    {"strip", true,
     [](Framing& framing, std::string_view value) {
         return read_number(value, framing.initial_bytes_to_strip);
     }},
    {"keep", false,
     [](Framing& framing, std::string_view) {
         framing.strip_delimiter = false;
         return Problem();
     }},
    {"checksum", true, read_checksum},
    {"strip_checksum", false,
     [](Framing& framing, std::string_view) {
         framing.strip_checksum = true;
         return Problem();
     }},
    {"max", true,
     [](Framing& framing, std::string_view value) {
         return read_max(value, framing.max_frame_length);
     }},
    {"hunt", true,
     [](Framing& framing, std::string_view value) {
         return read_max(value, framing.max_hunt_length);
     }},
    {"bad", true,
     [](Framing& framing, std::string_view value) {
         return read_word("policy", value, framing.on_bad_frame);
     }},
    {"oversize", true,
     [](Framing& framing, std::string_view value) {
         return read_word("policy", value, framing.on_oversize);
     }},
};

/// What stands before and behind the first colon.
struct Part {
    explicit Part(std::string_view text)
        : name(text.substr(0, text.find(':'))), has_value(name.size() < text.size()) {
        if (has_value) {
            value = text.substr(name.size() + 1);
        }
    }

    std::string_view name;
    bool has_value;
    std::string_view value;
};

/// Reads the part in front of the first comma, which says the kind.
Problem read_kind(Framing& framing, const Part& part) {
    if (part.name == "lines" && !part.has_value) {
        framing.kind = FramingKind::delimiter;
        framing.delimiter = "0a";
        framing.accept_carriage_return = true;
        return {};
    }
    std::string_view name = part.name;
    if (name.starts_with("varint@")) {
        if (Problem problem = read_place(name, framing.varint_offset)) {
            return problem;
        }
    }
    if (Problem problem = read_word("kind", name, framing.kind)) {
        return problem;
    }
    const auto wants = [&part](const char* example) -> Problem {
        return part.has_value ? Problem()
                              : std::string(part.name) + " needs an argument, such as " + example;
    };
    switch (framing.kind) {
        case FramingKind::length:
            return part.has_value ? read_length_field(framing, part.value) : wants("length:u32be");
        case FramingKind::delimiter:
            framing.delimiter = part.value;
            return wants("delimiter:0d0a");
        case FramingKind::fixed:
            return part.has_value ? read_number(part.value, framing.frame_length)
                                  : wants("fixed:188");
        case FramingKind::dle:
            framing.escape_byte = part.value;
            return wants("dle:1a");
        case FramingKind::sync:
            framing.sync = part.value;
            return wants("sync:b562,length:u16le@4");
        default:
            return part.has_value ? std::string(part.name) + " has no argument" : Problem();
    }
}

class OptionReader {
  public:
    Problem read(Framing& framing, const Part& part) {
        std::vector<std::string_view> names;
        for (std::size_t i = 0; i < std::size(options); ++i) {
            names.push_back(options[i].name);
            if (options[i].name != part.name) {
                continue;
            }
            if (std::exchange(is_given_[i], true)) {
                return std::string(part.name) + " is given twice";
            }
            if (options[i].has_value != part.has_value) {
                return std::string(part.name) +
                       (part.has_value ? " has no value" : " needs a value behind a colon");
            }
            return options[i].read(framing, part.value);
        }
        return "unknown option " + quoted(part.name) + "; " + nearest(part.name, names);
    }

    /// Which a kind other than sync has as its argument.
    [[nodiscard]] bool has_length() const { return is_given_[0]; }

  private:
    std::array<bool, std::size(options)> is_given_{};
};

Problem read_framing(Framing& framing, std::string_view text) {
    OptionReader reader;
    bool is_first = true;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const Part part(text.substr(begin, end - begin));
        begin = end + 1;
        Problem problem =
            std::exchange(is_first, false) ? read_kind(framing, part) : reader.read(framing, part);
        if (problem) {
            return problem;
        }
    }
    if (reader.has_length() && framing.kind != FramingKind::sync) {
        return "length is an option of the kind sync only";
    }
    const Result<void> valid = validate(framing);
    return valid ? Problem() : Problem(valid.error().detail());
}

// What is written.

std::string place_text(std::uint32_t place) {
    return place == 0 ? "" : "@" + std::to_string(place);
}

std::string length_field_text(const Framing& framing) {
    const bool is_little = framing.byte_order == FramingByteOrder::little;
    std::string text = "u" + std::to_string(8 * framing.length_field_length);
    if (framing.length_field_length > 1 || is_little) {
        text += is_little ? "le" : "be";
    }
    return text + place_text(framing.length_field_offset);
}

template <typename Enumeration>
std::string word_text(Enumeration value) {
    return text_words<Enumeration>()[static_cast<std::size_t>(value)];
}

std::string kind_text(const Framing& framing) {
    if (framing.accept_carriage_return) {
        return "lines";
    }
    std::string text = word_text(framing.kind);
    switch (framing.kind) {
        case FramingKind::length:
            return text + ":" + length_field_text(framing);
        case FramingKind::varint:
            return text + place_text(framing.varint_offset);
        case FramingKind::delimiter:
            return text + ":" + framing.delimiter;
        case FramingKind::fixed:
            return text + ":" + std::to_string(framing.frame_length);
        case FramingKind::dle:
            return text + ":" + framing.escape_byte;
        case FramingKind::sync:
            return text + ":" + framing.sync + ",length:" + length_field_text(framing);
        default:
            return text;
    }
}

std::string max_text(std::uint64_t length) {
    std::size_t unit = 0;
    constexpr std::string_view units[] = {"", "KiB", "MiB", "GiB"};
    while (unit + 1 < std::size(units) && length % KiB == 0) {
        length /= KiB;
        ++unit;
    }
    return std::to_string(length) + std::string(units[unit]);
}

}  // namespace

Result<Framing> Framing::parse(std::string_view text) {
    Framing framing;
    if (Problem problem = read_framing(framing, text)) {
        return Error(Errc::invalid_argument, quoted(text) + ": " + *problem);
    }
    return framing;
}

std::string Framing::to_string() const {
    const Framing defaults;
    std::string text = kind_text(*this);
    const auto add = [&text](bool is_given, const std::string& option) {
        text += is_given ? "," + option : "";
    };
    add(length_adjustment != 0, "adjust:" + std::to_string(length_adjustment));
    add(length_includes_header, "includes_header");
    add(initial_bytes_to_strip != 0, "strip:" + std::to_string(initial_bytes_to_strip));
    add(!strip_delimiter, "keep");
    add(checksum != defaults.checksum,
        "checksum:" + word_text(checksum) + place_text(checksum_offset));
    add(strip_checksum, "strip_checksum");
    add(max_frame_length != defaults.max_frame_length, "max:" + max_text(max_frame_length));
    add(max_hunt_length != defaults.max_hunt_length, "hunt:" + max_text(max_hunt_length));
    add(on_bad_frame != defaults.on_bad_frame, "bad:" + word_text(on_bad_frame));
    add(on_oversize != defaults.on_oversize, "oversize:" + word_text(on_oversize));
    return text;
}

}  // namespace sluice
