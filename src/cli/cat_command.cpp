#include "cli/cat_command.hpp"

#include <charconv>
#include <memory>
#include <optional>
#include <string>

#include "cli/cat.hpp"
#include "cli/duration.hpp"
#include "cli/framing_option.hpp"
#include "cli/usage_error.hpp"

namespace sluice::cli {
namespace {

constexpr const char* cat_footer = R"(Examples:
  sluice cat 192.168.1.201:7502 > capture.bin            record what a lidar sends
  sluice cat --hex sensor.local:10110                    look at it
  sluice cat --json '[fe80::1%eth0]:4001' | jq .length   the size of each packet
  printf 'PING\r\n' | sluice cat -N --no-reconnect 127.0.0.1:6379
  sluice cat --receive-timeout 2s unix:/run/gnss.sock    reconnect when it falls silent
  sluice cat --framing lines --json 127.0.0.1:10110      an object per sentence
  sluice cat --framing length:u16be,strip:2 --hex 127.0.0.1:4001

With --framing, frames are written instead of packets: their payloads one behind the other, or each
in text (--hex) or as an object (--json). What is no frame is told on standard error, and ends the
connection unless the framing goes on behind it, as sync and dle do, and delimiter, slip and cobs
with bad:resync.

Standard input goes to the device byte by byte, only as fast as the device takes it. What was not
sent yet when a connection ends is sent on the next one. Each change of state is a line on standard
error. Without --no-reconnect, cat tries again for ever; its end is a signal, or that nobody reads
standard output any more.

Exit status:
  0         a clean end
  64        wrong command line
  69        with --no-reconnect: the device was not reached, or the connection broke
  71        the system lacks something
  74        reading or writing a standard stream failed
  76        with --no-reconnect and --framing: what was received is no frame, or ended within one
  128 + N   signal N)";

/// What the options of `cat` are read into before they are checked.
struct CatArguments {
    std::string address;
    std::string connect_timeout = "5s";
    std::string receive_timeout = "0";
    std::optional<std::string> affinity;
    std::string priority = "0";
    std::optional<std::string> framing;
    std::string frame_timeout = "30s";
    bool hex = false;
    bool json = false;
    bool no_reconnect = false;
    bool half_close = false;
};

CLI::App* add_options(CLI::App& app, CatArguments& arguments) {
    CLI::App* cat =
        app.add_subcommand("cat", "Stay connected to a device and move bytes both ways");
    cat->footer(cat_footer);
    cat->add_option("ADDRESS", arguments.address, "The device: " + std::string(address_forms))
        ->type_name("")
        ->required();
    CLI::Option* framing = add_framing_option(*cat, arguments.framing);
    cat->add_option("--frame-timeout", arguments.frame_timeout,
                    "Reconnect when the rest of a frame does not\ncome for this long; 0 = off")
        ->type_name("TIME")
        ->needs(framing)
        ->capture_default_str();
    CLI::Option* hex = cat->add_flag("--hex", arguments.hex, "Print offset, hexadecimal and text");
    cat->add_flag(
           "--json", arguments.json,
           "Print an object per packet: time_ns, offset,\nlength, data (base64), connection; "
           "per frame:\nthe same without connection")
        ->excludes(hex);
    cat->add_option("--receive-timeout", arguments.receive_timeout,
                    "Reconnect when nothing arrived for this\nlong, such as 2s; 0 = off")
        ->type_name("TIME")
        ->capture_default_str();
    cat->add_option("--connect-timeout", arguments.connect_timeout,
                    "Give an attempt up after this long")
        ->type_name("TIME")
        ->capture_default_str();
    cat->add_flag("--no-reconnect", arguments.no_reconnect,
                  "End when the connection ends or cannot be made");
    cat->add_flag("-N", arguments.half_close,
                  "At the end of standard input, end the sending\n"
                  "direction (half-close); else the connection stays open");
    cat->add_option("--thread-priority", arguments.priority,
                    "Of the thread at the socket:\n0 = ordinary, 1 to 99 = SCHED_FIFO")
        ->type_name("N")
        ->capture_default_str();
    cat->add_option_function<std::string>(
           "--thread-processor-affinity",
           [&arguments](const std::string& text) { arguments.affinity = text; },
           "Processors of that thread, such as 1 or 0,2-3")
        ->type_name("SET");
    return cat;
}

Result<sys::ThreadOptions> thread_options(const CatArguments& arguments) {
    sys::ThreadOptions options{.name = "sluice-cat"};
    const std::string& text = arguments.priority;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, options.priority);
    if (parsed.ec != std::errc{} || parsed.ptr != end) {
        return Error(Errc::invalid_argument,
                     "--thread-priority \"" + text + "\"; allowed are 0 to 99");
    }
    if (arguments.affinity) {
        Result<CpuSet> affinity = CpuSet::parse(*arguments.affinity);
        if (!affinity) {
            return of_option("--thread-processor-affinity", affinity.error());
        }
        options.affinity = *affinity;
    }
    if (Result<void> valid = sys::validate(options); !valid) {
        return valid.error();
    }
    return options;
}

Result<CatFraming> cat_framing(const CatArguments& arguments) {
    Result<Framing> framing = parse_framing_option(*arguments.framing);
    if (!framing) {
        return framing.error();
    }
    Result<Duration> timeout = parse_duration(arguments.frame_timeout);
    if (!timeout) {
        return of_option("--frame-timeout", timeout.error());
    }
    return CatFraming{.framing = *std::move(framing), .frame_timeout = *timeout};
}

Result<CatOptions> cat_options(const CatArguments& arguments) {
    CatOptions options;
    Result<Address> address = Address::parse(arguments.address);
    if (!address) {
        return address.error();
    }
    Result<Duration> connect_timeout = parse_duration(arguments.connect_timeout);
    if (!connect_timeout) {
        return of_option("--connect-timeout", connect_timeout.error());
    }
    if (*connect_timeout == Duration::zero()) {
        return Error(Errc::invalid_argument,
                     "--connect-timeout 0; an attempt must end: allowed are 1ms to 24 hours");
    }
    Result<Duration> receive_timeout = parse_duration(arguments.receive_timeout);
    if (!receive_timeout) {
        return of_option("--receive-timeout", receive_timeout.error());
    }
    if (arguments.framing) {
        Result<CatFraming> framing = cat_framing(arguments);
        if (!framing) {
            return framing.error();
        }
        options.framing = *std::move(framing);
    }
    Result<sys::ThreadOptions> thread = thread_options(arguments);
    if (!thread) {
        return thread.error();
    }
    options.thread = *std::move(thread);
    options.link.address = *std::move(address);
    options.link.connect_timeout = *connect_timeout;
    options.link.data_receive_timeout = *receive_timeout;
    options.link.reconnect = !arguments.no_reconnect;
    options.link.egress.policy = net::EgressPolicy::keep;
    options.half_close = arguments.half_close;
    options.format = arguments.json  ? CatFormat::json
                     : arguments.hex ? CatFormat::hex
                                     : CatFormat::raw;
    if (Result<void> valid = net::validate(options.link); !valid) {
        return valid.error();
    }
    return options;
}

int cat(const CatArguments& arguments) {
    const Result<CatOptions> options = cat_options(arguments);
    return options ? run_cat(*options) : refuse(options.error().message(), "sluice cat");
}

}  // namespace

Command add_cat(CLI::App& app) {
    const auto arguments = std::make_shared<CatArguments>();
    const CLI::App* command = add_options(app, *arguments);
    return {.parsed = command, .run = [arguments] { return cat(*arguments); }};
}

}  // namespace sluice::cli
