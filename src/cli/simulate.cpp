#include "cli/simulate.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "cli/amount.hpp"
#include "cli/duration.hpp"
#include "cli/framing_option.hpp"
#include "cli/parse_number.hpp"
#include "cli/usage_error.hpp"
#include "sluice/app/exit_status.hpp"
#include "sluice/app/process.hpp"
#include "sluice/app/report.hpp"
#include "sluice/app/signals.hpp"
#include "sluice/devices/device_server.hpp"
#include "sluice/net/timer.hpp"
#include "sluice/sys/clock.hpp"

namespace sluice::cli {
namespace {

using devices::DeviceClient;
using devices::DeviceKind;
using devices::DeviceOptions;
using devices::DeviceServer;

constexpr const char* simulate_footer = R"(Devices:
  nmea      a GNSS receiver that drives in a circle; a message is the burst of an epoch
  lidar     a VLP-16; a message is a packet of 1,206 bytes, and they come in bursts of 8
  counter   numbered records of 64 bytes in which every lost or changed byte shows

Examples:
  sluice simulate nmea --listen 127.0.0.1:10110
  sluice simulate lidar --listen 127.0.0.1:0 --duration 30s
  sluice simulate counter --listen 127.0.0.1:7502 --rate 0     as fast as it is taken
  sluice simulate counter --listen '[::1]:7502' --disconnect-every 1000 --count 5000
  sluice simulate nmea --listen unix:/run/gnss.sock --rate 1 --clients 2
  sluice simulate lidar --listen 127.0.0.1:7502 --framing length:u32be

The first line on standard output is `listening on ADDRESS`, with the port that was chosen for port
0. Each client that comes or goes is a line on standard error; the last one sums up. With a rate the
device is live: all clients get the same messages, and one that does not read loses whole ones.
What clients send is read and dropped. With --framing each record is a frame: an NMEA sentence
(without its CRLF), a lidar packet, a counter record.

Exit status:
  0         --count or --duration is reached
  64        wrong command line
  69        the address cannot be listened on
  71        the system lacks something
  74        writing standard output failed
  128 + N   signal N)";

constexpr std::size_t descriptors_beside_clients = 24;
constexpr Duration stop_grace = std::chrono::seconds(2);

/// What the options are read into before they are checked.
struct SimulateArguments {
    std::string device;
    std::string address;
    std::optional<std::string> rate;
    std::optional<std::string> framing;
    std::string clients = "16";
    std::string count = "0";
    std::string disconnect_every = "0";
    std::string duration = "0";
    bool allow_remote = false;
};

struct SimulateOptions {
    DeviceOptions device;
    Duration duration{};  // 0: until a signal, or until the device is done
};

CLI::App* add_options(CLI::App& app, SimulateArguments& arguments) {
    CLI::App* simulate = app.add_subcommand("simulate", "Be a device, to try things out with");
    simulate->footer(simulate_footer);
    simulate->add_option("DEVICE", arguments.device, "nmea, lidar or counter")
        ->type_name("")
        ->required();
    simulate
        ->add_option("--listen", arguments.address,
                     "Where: 127.0.0.1:PORT, [::1]:PORT or\nunix:/PATH; port 0 = any free one")
        ->type_name("ADDRESS")
        ->required();
    simulate
        ->add_option_function<std::string>(
            "--rate", [&arguments](const std::string& text) { arguments.rate = text; },
            "Messages per second; 0 = as fast as a client takes\nthem (lidar, counter) "
            "[nmea 10, lidar 754,\ncounter 1000]")
        ->type_name("HZ");
    add_framing_option(*simulate, arguments.framing);
    simulate
        ->add_option("--clients", arguments.clients,
                     "Clients at a time; one more is closed at once")
        ->type_name("N")
        ->capture_default_str();
    simulate->add_option("--count", arguments.count, "End after so many messages; 0 = never")
        ->type_name("N")
        ->capture_default_str();
    simulate
        ->add_option("--disconnect-every", arguments.disconnect_every,
                     "Close a connection after so many messages;\n0 = never")
        ->type_name("N")
        ->capture_default_str();
    simulate->add_flag("--allow-remote", arguments.allow_remote,
                       "Listen on an address that other machines reach,\nwithout encryption");
    simulate->add_option("--duration", arguments.duration, "End after this long; 0 = never")
        ->type_name("TIME")
        ->capture_default_str();
    return simulate;
}

Result<DeviceKind> parse_kind(const std::string& text) {
    for (const DeviceKind kind : {DeviceKind::nmea, DeviceKind::lidar, DeviceKind::counter}) {
        if (text == devices::name(kind)) {
            return kind;
        }
    }
    return Error(Errc::invalid_argument,
                 "DEVICE \"" + text + "\"; allowed are nmea, lidar and counter");
}

Result<DeviceOptions> device_options(const SimulateArguments& arguments) {
    const std::string counts = "0 (never) and whole numbers below 2^64";
    const Result<DeviceKind> kind = parse_kind(arguments.device);
    if (!kind) {
        return kind.error();
    }
    const Result<Address> address = Address::parse(arguments.address);
    if (!address) {
        return of_option("--listen", address.error());
    }
    const auto clients = parse_number<std::size_t>("--clients", arguments.clients, "1 to 1024");
    if (!clients) {
        return clients.error();
    }
    const auto count = parse_number<std::uint64_t>("--count", arguments.count, counts);
    if (!count) {
        return count.error();
    }
    const auto disconnect_every =
        parse_number<std::uint64_t>("--disconnect-every", arguments.disconnect_every, counts);
    if (!disconnect_every) {
        return disconnect_every.error();
    }
    DeviceOptions options{.kind = *kind,
                          .address = *address,
                          .rate_hz = {},
                          .framing = {},
                          .clients_max = *clients,
                          .count = *count,
                          .disconnect_every = *disconnect_every,
                          .allow_remote = arguments.allow_remote,
                          .socket = {},
                          .start_time = sys::system_now()};
    if (arguments.rate) {
        const auto rate = parse_number<double>("--rate", *arguments.rate, "0.001 to 1000000, or 0");
        if (!rate) {
            return rate.error();
        }
        options.rate_hz = *rate;
    }
    if (arguments.framing) {
        const Result<Framing> framing = parse_framing_option(*arguments.framing);
        if (!framing) {
            return framing.error();
        }
        options.framing = *framing;
    }
    if (const Result<void> valid = devices::validate(options); !valid) {
        return valid.error();
    }
    return options;
}

Result<SimulateOptions> simulate_options(const SimulateArguments& arguments) {
    Result<DeviceOptions> device = device_options(arguments);
    if (!device) {
        return device.error();
    }
    const Result<Duration> duration = parse_duration(arguments.duration);
    if (!duration) {
        return of_option("--duration", duration.error());
    }
    return SimulateOptions{*std::move(device), *duration};
}

std::string traffic_text(const devices::DeviceTraffic& traffic) {
    return "sent " + amount(traffic.messages, "message") + ", " + amount(traffic.bytes, "byte") +
           "; lost " + amount(traffic.lost_messages, "message") + "; received " +
           amount(traffic.received_bytes, "byte");
}

/// A client of a Unix socket has no name.
std::string client_text(std::uint64_t connection, const SocketAddress& peer) {
    const std::string number = "client " + std::to_string(connection);
    return peer.family == SocketAddress::Family::unix_path ? number
                                                           : number + " (" + peer.to_string() + ")";
}

/// Tells on standard error what happens to the device, and ends the loop when it is done.
class Simulation final : devices::DeviceHandler {
  public:
    Simulation(net::EventLoop& loop, const SimulateOptions& options)
        : loop_(loop), options_(options), end_timer_(loop, [&loop] { loop.request_stop(); }) {}

    [[nodiscard]] int run();

  private:
    void on_client(const DeviceClient& client) override {
        app::report(client_text(client.connection, client.peer) + " came");
    }
    void on_client_gone(const DeviceClient& client, const Error& reason) override {
        app::report(client_text(client.connection, client.peer) + " gone: " + reason.message() +
                    "; " + traffic_text(client.traffic));
    }
    void on_client_refused(const SocketAddress&) override {
        app::report("client refused: " + amount(options_.device.clients_max, "client") +
                    " connected already");
    }
    void on_done() override { loop_.request_stop(); }

    net::EventLoop& loop_;
    const SimulateOptions& options_;
    net::Timer end_timer_;
};

int Simulation::run() {
    const Result<std::unique_ptr<DeviceServer>> server =
        DeviceServer::open(loop_, options_.device, *this);
    if (!server) {
        app::report(server.error().message());
        return server.error().code() == Errc::invalid_address ? app::exit_usage
                                                              : app::exit_unavailable;
    }
    std::printf("listening on %s\n", (*server)->local_address().to_string().c_str());
    if (std::fflush(stdout) != 0) {
        app::report("writing standard output failed");
        return app::exit_io;
    }
    if (options_.duration > Duration::zero()) {
        end_timer_.arm(loop_.now() + options_.duration);
    }
    loop_.run();
    (*server)->stop();
    const devices::DeviceStatistics sum = (*server)->statistics();
    app::report(traffic_text(sum.traffic) + "; served " + amount(sum.clients, "client") +
                ", refused " + amount(sum.refused_clients, "client"));
    return app::exit_ok;
}

int run_simulate(const SimulateOptions& options) {
    const std::size_t descriptors = options.device.clients_max + descriptors_beside_clients;
    app::report_log();
    if (const int status = app::prepare_process(descriptors); status != app::exit_ok) {
        return status;
    }
    const Result<std::shared_ptr<app::SignalEnd>> signal = app::SignalEnd::create(stop_grace);
    if (!signal) {
        app::report(signal.error().message());
        return app::exit_os;
    }
    const Result<std::unique_ptr<net::EventLoop>> created = net::EventLoop::create();
    if (!created) {
        app::report(created.error().message());
        return app::exit_os;
    }
    net::EventLoop& loop = **created;
    Simulation simulation(loop, options);
    return (*signal)->run([&simulation] { return simulation.run(); },
                          [&loop] { loop.request_stop(); });
}

int simulate(const SimulateArguments& arguments) {
    const Result<SimulateOptions> options = simulate_options(arguments);
    return options ? run_simulate(*options) : refuse(options.error().message(), "sluice simulate");
}

}  // namespace

Command add_simulate(CLI::App& app) {
    const auto arguments = std::make_shared<SimulateArguments>();
    const CLI::App* command = add_options(app, *arguments);
    return {.parsed = command, .run = [arguments] { return simulate(*arguments); }};
}

}  // namespace sluice::cli
