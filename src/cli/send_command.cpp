#include "cli/send_command.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/duration.hpp"
#include "cli/framing_option.hpp"
#include "cli/send.hpp"
#include "cli/usage_error.hpp"

namespace sluice::cli {
namespace {

constexpr const char* send_footer = R"(Examples:
  sluice send 127.0.0.1:4001 --framing length:u32be a.bin b.bin     two messages
  echo 'hello' | sluice send 127.0.0.1:514 --framing octet-counting
  sluice send 127.0.0.1:4001 --framing slip first.bin - last.bin < lines.txt
  sluice send 192.168.1.9:2101 --framing sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2 \
      --head 0604 reset.bin

Without FILE, and for the FILE -, each line of standard input is a message, without its line end.
A message is sent whole or not at all: one that is half sent when a connection breaks is lost and
counted; those behind it go out on the next connection. What the device sends is read and dropped.
At the end, send waits for the device to take the rest, ends the sending direction, and gives the
device a second to end its own.

Exit status:
  0         everything was sent
  64        wrong command line
  65        a message cannot be carried in this framing, such as one that is too long
  66        a file cannot be read
  69        messages were not sent: no connection within --flush-timeout, or one that broke
  71        the system lacks something
  74        reading standard input failed
  128 + N   signal N)";

struct SendArguments {
    std::string address;
    std::vector<std::string> files;
    std::optional<std::string> framing;
    std::string head;
    std::string flush_timeout = "10s";
    std::string connect_timeout = "5s";
    bool no_reconnect = false;
};

CLI::App* add_options(CLI::App& app, SendArguments& arguments) {
    CLI::App* send = app.add_subcommand("send", "Send files or lines as messages to a device");
    send->footer(send_footer);
    send->add_option("ADDRESS", arguments.address, "The device: " + std::string(address_forms))
        ->type_name("")
        ->required();
    send->add_option("FILE", arguments.files, "A message each; - is standard input, by lines")
        ->type_name("");
    add_framing_option(*send, arguments.framing)->required();
    send->add_option("--head", arguments.head,
                     "What stands before the length field of each\nmessage, in hexadecimal")
        ->type_name("HEX");
    send->add_option("--flush-timeout", arguments.flush_timeout,
                     "At the end, wait so long for the device to\ntake the rest")
        ->type_name("TIME")
        ->capture_default_str();
    send->add_option("--connect-timeout", arguments.connect_timeout,
                     "Give an attempt up after this long")
        ->type_name("TIME")
        ->capture_default_str();
    send->add_flag("--no-reconnect", arguments.no_reconnect,
                   "End when the connection ends or cannot be made");
    return send;
}

Result<std::vector<std::byte>> parse_head(const std::string& text) {
    std::vector<std::byte> bytes;
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::string pair = text.substr(i, 2);
        const std::size_t high = digits.find(static_cast<char>(pair.front() | 0x20));
        const std::size_t low = digits.find(static_cast<char>(pair.back() | 0x20));
        if (pair.size() < 2 || high == digits.npos || low == digits.npos) {
            return Error(Errc::invalid_argument, "--head \"" + text +
                                                     "\"; allowed are pairs of hexadecimal "
                                                     "digits, such as 0604");
        }
        bytes.push_back(static_cast<std::byte>(high << 4U | low));
    }
    return bytes;
}

/// Whether every message could begin with this head.
Result<void> check_head(const Framing& framing, std::size_t head_b) {
    const bool has_head = framing.kind == FramingKind::length || framing.kind == FramingKind::sync;
    const std::size_t wanted_b =
        has_head ? framing.length_field_offset - framing.sync.size() / 2 : 0;
    if (head_b != wanted_b) {
        return Error(Errc::invalid_argument, "--head has " + std::to_string(head_b) +
                                                 " bytes; before the length field of " +
                                                 framing.to_string() + " stand " +
                                                 std::to_string(wanted_b));
    }
    return {};
}

Result<SendOptions> send_options(const SendArguments& arguments) {
    const Result<Address> address = Address::parse(arguments.address);
    if (!address) {
        return address.error();
    }
    const Result<Framing> framing = parse_framing_option(*arguments.framing);
    if (!framing) {
        return framing.error();
    }
    Result<std::vector<std::byte>> head = parse_head(arguments.head);
    if (!head) {
        return head.error();
    }
    if (const Result<void> fits = check_head(*framing, head->size()); !fits) {
        return fits.error();
    }
    const Result<Duration> flush_timeout = parse_duration(arguments.flush_timeout);
    if (!flush_timeout) {
        return of_option("--flush-timeout", flush_timeout.error());
    }
    const Result<Duration> connect_timeout = parse_duration(arguments.connect_timeout);
    if (!connect_timeout) {
        return of_option("--connect-timeout", connect_timeout.error());
    }
    SendOptions options{.link = {},
                        .framing = *framing,
                        .head = *std::move(head),
                        .files = arguments.files,
                        .flush_timeout = *flush_timeout};
    if (options.files.empty()) {
        options.files.emplace_back("-");
    }
    options.link.address = *address;
    options.link.connect_timeout = *connect_timeout;
    options.link.reconnect = !arguments.no_reconnect;
    options.link.egress.policy = net::EgressPolicy::wait;
    if (const Result<void> valid = net::validate(options.link); !valid) {
        return valid.error();
    }
    return options;
}

int send(const SendArguments& arguments) {
    const Result<SendOptions> options = send_options(arguments);
    return options ? run_send(*options) : refuse(options.error().message(), "sluice send");
}

}  // namespace

Command add_send(CLI::App& app) {
    const auto arguments = std::make_shared<SendArguments>();
    const CLI::App* command = add_options(app, *arguments);
    return {.parsed = command, .run = [arguments] { return send(*arguments); }};
}

}  // namespace sluice::cli
