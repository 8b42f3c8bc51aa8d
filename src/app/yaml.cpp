#include "sluice/app/yaml.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "app/config_tree_builder.hpp"
#include "sluice/core/utf8.hpp"

namespace sluice::app {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string hexadecimal(unsigned char byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    return {digits[byte >> 4U], digits[byte & 15U]};
}

/// Why the character cannot stand in YAML; empty if it can. yaml-cpp does not look: to it, a byte
/// of 4 is the end of the file.
std::string refusal(std::string_view character, bool is_utf8) {
    const auto byte = static_cast<unsigned char>(character.front());
    if (!is_utf8) {
        return "is not UTF-8: byte 0x" + hexadecimal(byte);
    }
    const bool is_control = (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F;
    return is_control ? "has the control character U+00" + hexadecimal(byte) : "";
}

/// Finds the first thing that no YAML file may have.
bool is_text(std::string_view text, ConfigProblems& problems) {
    ConfigPosition position{1, 1};
    while (!text.empty()) {
        const Utf8Front front = utf8_front(text);
        const std::string why = refusal(text.substr(0, front.size), front.is_valid);
        if (!why.empty()) {
            problems.error(position, "", why);
            return false;
        }
        position = text.front() == '\n' ? ConfigPosition{position.line + 1, 1}
                                        : ConfigPosition{position.line, position.column + 1};
        text.remove_prefix(front.size);
    }
    return true;
}

/// The text without byte order mark, and with LF for CRLF.
std::string plain_lines(std::string_view text) {
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    std::string lines;
    lines.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!text.substr(i).starts_with("\r\n")) {
            lines += text[i];
        }
    }
    return lines;
}

/// Runs yaml-cpp over the text. False if it came to no end; why has then been told.
bool run_parser(const std::string& text, ConfigTreeBuilder& builder, ConfigProblems& problems) {
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) {
            problems.error({1, 1}, "", "is empty");
            return false;
        }
        // Not in a loop: where the rest is no document, the parser would stand still.
        parser.HandleNextDocument(builder);
        return true;
    } catch (const ParsingStopped&) {
    } catch (const YAML::Exception& failure) {
        const bool has_mark = failure.mark.pos >= 0;
        problems.error(has_mark ? builder.position(failure.mark) : ConfigPosition{1, 1}, "",
                       "not YAML: " + failure.msg);
    } catch (const std::exception& failure) {
        problems.error({1, 1}, "", std::string("cannot be read: ") + failure.what());
    }
    return false;
}

/// Reads at most one byte more than is allowed. 0 or an errno value.
int read_file(const char* path, std::string& text) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    text.resize(ConfigDocument::bytes_max + 1);
    std::size_t size = 0;
    ssize_t got = 1;
    while (got != 0 && size < text.size()) {
        got = ::read(file, text.data() + size, text.size() - size);
        if (got < 0 && errno != EINTR) {
            break;
        }
        size += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    const int failure = got < 0 ? errno : 0;
    ::close(file);
    text.resize(size);
    return failure;
}

}  // namespace

std::string ConfigNode::path() const {
    std::string path;
    for (const ConfigNode* node = this; node->parent != nullptr; node = node->parent) {
        if (node->parent->kind == Kind::sequence) {
            path.insert(0, "[" + std::to_string(node->index) + "]");
        } else {
            constexpr std::size_t shown_bytes_max = 64;
            path.insert(0, "." + node->key.substr(0, shown_bytes_max));
        }
    }
    return path.starts_with('.') ? path.substr(1) : path;
}

const ConfigNode* ConfigNode::find(std::string_view name) const noexcept {
    const auto found = std::find_if(children.begin(), children.end(),
                                    [name](const ConfigNode* child) { return child->key == name; });
    return kind != Kind::mapping || found == children.end() ? nullptr : *found;
}

std::optional<ConfigDocument> ConfigDocument::parse(std::string_view text,
                                                    ConfigProblems& problems) {
    if (text.size() > bytes_max) {
        problems.error({}, "", "is larger than " + std::to_string(bytes_max) + " bytes");
        return std::nullopt;
    }
    const std::string lines = plain_lines(text);
    ConfigTreeBuilder builder(lines, problems);
    if (!is_text(lines, problems) || !run_parser(lines, builder, problems)) {
        return std::nullopt;
    }
    return ConfigDocument(builder.take_nodes());
}

std::optional<ConfigDocument> ConfigDocument::load(ConfigProblems& problems) {
    std::string text;
    const int failure = read_file(problems.file().c_str(), text);
    if (failure != 0) {
        problems.error({}, "", std::string("cannot be read: ") + ::strerrordesc_np(failure));
        return std::nullopt;
    }
    return parse(text, problems);
}

}  // namespace sluice::app
