#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "cli/cat.hpp"
#include "cli/duration.hpp"
#include "cli/exit_status.hpp"
#include "sluice/core/version.hpp"

namespace sluice::cli {
namespace {

constexpr const char* cat_examples = R"(
Examples:
  sluice cat 192.168.1.201:7502 > capture.bin       record what a lidar sends
  sluice cat --hex sensor.local:10110               look at it
  sluice cat --json [fe80::1%eth0]:4001 | jq .length
  printf 'PING\r\n' | sluice cat -N --no-reconnect 127.0.0.1:6379
  sluice cat --receive-timeout 2s unix:/run/gnss.sock

Standard input goes to the device byte by byte, only as fast as the device takes it; what was not
sent when a connection ends is sent on the next one. Changes of state are reported on standard
error, a line each.

Exit status: 0 at a clean end; 64 wrong command line; 69 the device was lost (with --no-reconnect);
71 the system lacks something; 74 a standard stream failed; 128 + N after signal N.)";

/// What the options of `cat` are read into before they are checked.
struct CatArguments {
    std::string address;
    std::string connect_timeout = "5s";
    std::string receive_timeout = "0";
    std::string affinity;
    int priority = 0;
    bool hex = false;
    bool json = false;
    bool no_reconnect = false;
    bool half_close = false;
};

CLI::App* add_cat(CLI::App& app, CatArguments& arguments) {
    CLI::App* cat =
        app.add_subcommand("cat", "Stay connected to a device and move bytes both ways");
    cat->footer(cat_examples);
    cat->add_option("ADDRESS", arguments.address, "The device: " + std::string(address_forms))
        ->required();
    CLI::Option* hex = cat->add_flag("--hex", arguments.hex, "Print offset, hexadecimal and text");
    cat->add_flag("--json", arguments.json,
                  "Print one object per packet: time_ns, offset, length, data (base64), connection")
        ->excludes(hex);
    cat->add_option("--receive-timeout", arguments.receive_timeout,
                    "Reconnect when nothing arrived for this long, such as 2s; 0 = off")
        ->type_name("TIME")
        ->capture_default_str();
    cat->add_option("--connect-timeout", arguments.connect_timeout,
                    "Give an attempt up after this long")
        ->type_name("TIME")
        ->capture_default_str();
    cat->add_flag("--no-reconnect", arguments.no_reconnect, "End when the connection ends");
    cat->add_flag("-N", arguments.half_close,
                  "At the end of standard input, end the sending direction (half-close)");
    cat->add_option("--thread-priority", arguments.priority,
                    "Of the thread at the socket: 0 = ordinary, 1 to 99 = SCHED_FIFO")
        ->type_name("N")
        ->capture_default_str();
    cat->add_option("--thread-processor-affinity", arguments.affinity,
                    "Its processors, such as 1 or 0,2-3")
        ->type_name("SET");
    return cat;
}

Result<CatOptions> cat_options(const CatArguments& arguments) {
    CatOptions options;
    Result<Address> address = Address::parse(arguments.address);
    if (!address) {
        return address.error();
    }
    Result<Duration> connect_timeout = parse_duration(arguments.connect_timeout);
    if (!connect_timeout) {
        return connect_timeout.error();
    }
    Result<Duration> receive_timeout = parse_duration(arguments.receive_timeout);
    if (!receive_timeout) {
        return receive_timeout.error();
    }
    if (!arguments.affinity.empty()) {
        Result<CpuSet> affinity = CpuSet::parse(arguments.affinity);
        if (!affinity) {
            return affinity.error();
        }
        options.thread.affinity = *affinity;
    }
    options.thread.name = "sluice-cat";
    options.thread.priority = arguments.priority;
    options.link.address = *std::move(address);
    options.link.connect_timeout = *connect_timeout;
    options.link.data_receive_timeout = *receive_timeout;
    options.link.reconnect = !arguments.no_reconnect;
    options.link.egress.policy = net::EgressPolicy::keep;
    options.half_close = arguments.half_close;
    options.format = arguments.json  ? CatFormat::json
                     : arguments.hex ? CatFormat::hex
                                     : CatFormat::raw;
    for (const Result<void>& valid : {net::validate(options.link), sys::validate(options.thread)}) {
        if (!valid) {
            return valid.error();
        }
    }
    return options;
}

int cat(const CatArguments& arguments) {
    const Result<CatOptions> options = cat_options(arguments);
    if (!options) {
        std::fprintf(stderr, "sluice: %s\nRun `sluice cat --help` for more.\n",
                     options.error().message().c_str());
        return exit_usage;
    }
    return run_cat(*options);
}

int run(int argc, char** argv) {
    CLI::App app("Sluice turns TCP byte streams into messages.", "sluice");
    app.set_version_flag("--version", std::string("sluice ") + SLUICE_VERSION);
    app.require_subcommand(1);
    app.footer("`sluice COMMAND --help` explains a command and gives examples.");
    CatArguments cat_arguments;
    const CLI::App* cat_command = add_cat(app, cat_arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    }
    return cat_command->parsed() ? cat(cat_arguments) : exit_usage;
}

}  // namespace
}  // namespace sluice::cli

int main(int argc, char** argv) {
    return sluice::cli::run(argc, argv);
}
