#include "sluice/stages/publish_stage.hpp"

#include <array>

#include "sluice/core/log.hpp"
#include "sluice/messages/connection_state.hpp"
#include "sluice/messages/egress_packet.hpp"
#include "sluice/sys/file.hpp"
#include "stages/config_error.hpp"
#include "stages/hex.hpp"
#include "stages/input_reader.hpp"

namespace sluice {
namespace {

using Config = PublishStageConfig;

constexpr double day_ms = 86'400'000;

void check_source(const Config& config, std::vector<Complaint>& complaints) {
    const int sources = (config.text ? 1 : 0) + (config.hex ? 1 : 0) + (config.file ? 1 : 0) +
                        (config.standard_input ? 1 : 0);
    if (sources != 1) {
        complaints.push_back({.key = {},
                              .message = "has " + std::to_string(sources) +
                                         " of text, hex, file and standard_input; give exactly "
                                         "one"});
    }
    if (config.text && config.text->empty()) {
        complaints.push_back({.key = "text", .message = "is empty; give at least one byte"});
    }
    if (config.file && config.file->empty()) {
        complaints.push_back({.key = "file", .message = "is empty; give the path of a file"});
    }
    if (!config.hex) {
        return;
    }
    const Result<std::vector<std::byte>> bytes = parse_hex(*config.hex);
    if (!bytes) {
        complaints.push_back({.key = "hex", .message = bytes.error().detail()});
    } else if (bytes->empty()) {
        complaints.push_back({.key = "hex", .message = "is empty; give at least one byte"});
    }
}

void check_times(const Config& config, std::vector<Complaint>& complaints) {
    const std::pair<const char*, std::uint64_t> times[] = {
        {"delay_ms", config.delay_ms}, {"every_ms", config.every_ms}, {"count", config.count}};
    if (config.standard_input) {
        for (const auto& [key, value] : times) {
            if (value != 0) {
                complaints.push_back(
                    {.key = key,
                     .message = "is " + std::to_string(value) +
                                "; with standard_input messages come when they are read"});
            }
        }
    } else if (config.count > 1 && config.every_ms == 0) {
        complaints.push_back({.key = "count",
                              .message = "is " + std::to_string(config.count) +
                                         "; without every_ms there is one message only"});
    }
    if (!config.standard_input && !config.lines) {
        complaints.push_back(
            {.key = "lines", .message = "is given without standard_input, which it belongs to"});
    }
}

void check(const Config& config, std::vector<Complaint>& complaints) {
    if (config.channel.empty()) {
        complaints.push_back({.key = "channel", .message = "is empty; give a channel's name"});
    }
    check_source(config, complaints);
    check_times(config, complaints);
}

/// The whole file; `too_large` over 16 MiB.
Result<std::vector<std::byte>> read_file(const std::string& path) {
    const auto failed = [&path](Errc code, const std::string& why) {
        return Error(code, "file: " + path + ": " + why);
    };
    Result<sys::Descriptor> file = sys::open_file(path);
    if (!file) {
        return failed(file.error().code(), file.error().message());
    }
    std::vector<std::byte> bytes(Config::file_size_b_max + 1);
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const sys::IoResult got = sys::read(*file, std::span(bytes).subspan(filled));
        if (got.status == sys::IoStatus::failed) {
            return failed(Errc::system, Error::from_errno(got.error).message());
        }
        if (got.status == sys::IoStatus::end) {
            bytes.resize(filled);
            bytes.shrink_to_fit();
            break;
        }
        filled += got.bytes;
    }
    if (bytes.empty()) {
        return failed(Errc::invalid_argument, "is empty; a message has at least one byte");
    }
    if (bytes.size() > Config::file_size_b_max) {
        return failed(Errc::too_large, "is larger than 16 MiB, which is the limit");
    }
    return bytes;
}

/// The bytes of the message that is published again and again. REQUIRES: not standard input.
Result<std::vector<std::byte>> load_message(const Config& config) {
    if (config.file) {
        return read_file(*config.file);
    }
    if (config.hex) {
        return parse_hex(*config.hex);
    }
    const auto bytes = std::as_bytes(std::span<const char>(*config.text));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
}

}  // namespace

struct PublishStage::State {
    State(Config given, sys::Descriptor file) : config(std::move(given)), input(std::move(file)) {}

    Result<void> prepare();
    void begin();
    void on_timer();
    void on_connection_state(const ConnectionState& state);
    bool publish_input(std::span<const std::byte> bytes);

    const Config config;
    sys::Descriptor input;
    StageInterface* pipeline = nullptr;
    Publisher<EgressPacket> publisher;
    StageTimer timer;
    std::vector<std::byte> message;
    std::uint64_t published = 0;   // since `begin`
    std::uint64_t connection = 0;  // for which it began
    std::unique_ptr<InputReader> reader;
    bool is_reading = false;
};

/// Gets what will be published, or the stream to read.
Result<void> PublishStage::State::prepare() {
    if (!config.standard_input) {
        Result<std::vector<std::byte>> loaded = load_message(config);
        if (!loaded) {
            return loaded.error();
        }
        message = *std::move(loaded);
        return {};
    }
    if (!input.is_open()) {
        Result<sys::Descriptor> opened = sys::open_standard(sys::StandardStream::input);
        if (!opened) {
            return opened.error();
        }
        input = *std::move(opened);
    }
    reader = std::make_unique<InputReader>(
        std::move(input), config.lines,
        [this](std::span<const std::byte> bytes) { return publish_input(bytes); });
    return {};
}

void PublishStage::State::begin() {
    if (!reader) {
        published = 0;
        timer.arm(pipeline->now() + std::chrono::milliseconds(config.delay_ms));
    } else if (!is_reading) {
        is_reading = true;
        if (Result<void> started = reader->start(pipeline->name()); !started) {
            const std::string why = started.error().message();
            log(LogLevel::error, "input_failed", {{"error", why}});
        }
    }
}

void PublishStage::State::on_timer() {
    Draft<EgressPacket> draft = publisher.draft();
    draft->assign(message);
    // Cannot be refused: a timer's callback has credit.
    static_cast<void>(publisher.publish(std::move(draft)));
    ++published;
    if (published == config.count || config.every_ms == 0) {
        timer.disarm();
    } else if (published == 1) {
        timer.arm_every(std::chrono::milliseconds(config.every_ms));
    }
}

void PublishStage::State::on_connection_state(const ConnectionState& state) {
    if (state.state != ConnectionStatus::up) {
        timer.disarm();
    } else if (state.connection != connection) {
        connection = state.connection;
        begin();
    }
}

/// On the reader's thread.
bool PublishStage::State::publish_input(std::span<const std::byte> bytes) {
    Draft<EgressPacket> draft = publisher.draft();
    draft->assign(bytes);
    const AnyMessage packet = std::move(draft).finish();
    while (pipeline->wait_ready()) {
        const Result<void> done = publisher.publish_any(packet);
        if (done || done.error().code() != Errc::would_block) {
            return static_cast<bool>(done);
        }
    }
    return false;
}

PublishStage::PublishStage(Config config, sys::Descriptor input)
    : state_(std::make_unique<State>(std::move(config), std::move(input))) {}

PublishStage::~PublishStage() = default;

void PublishStage::initialize(StageInterface& pipeline) {
    State& state = *state_;
    state.pipeline = &pipeline;
    state.publisher = pipeline.publisher<EgressPacket>(state.config.channel);
    state.timer = pipeline.timer([&state] { state.on_timer(); });
    if (state.config.standard_input) {
        pipeline.require_real_time();
    }
    if (!state.config.when_up.empty()) {
        pipeline.subscribe<ConnectionState>(state.config.when_up, {},
                                            [&state](const Delivery<ConnectionState>& delivery) {
                                                state.on_connection_state(delivery.message());
                                            });
    }
}

Result<void> PublishStage::start() {
    if (Result<void> checked = validate(describe(TypeTag<Config>{}), &state_->config); !checked) {
        return checked;
    }
    if (Result<void> prepared = state_->prepare(); !prepared) {
        return prepared;
    }
    if (state_->config.when_up.empty() && !state_->reader) {
        state_->begin();
    }
    return {};
}

void PublishStage::begin() {
    if (state_->config.when_up.empty() && state_->reader) {
        state_->begin();
    }
}

void PublishStage::stop() {
    state_->reader.reset();
}

const StructDescription& describe(TypeTag<PublishStageConfig>) {
    static const StructDescription description =
        Describer<Config>("PublishStageConfig",
                          "Publishes a message for a device: once, again and again, or what is "
                          "read from standard input.")
            .field("channel", &Config::channel,
                   "Where to publish, such as `/lidar/egress_packets`.")
            .required()
            .field("text", &Config::text, "The message as a text.")
            .field("hex", &Config::hex, "The message as bytes in hexadecimal: `7e 00 7e`.")
            .field("file", &Config::file,
                   "The file whose whole content is the message, 16 MiB at most; it is read when "
                   "the stage starts.")
            .field("standard_input", &Config::standard_input,
                   "Whether the messages are read from standard input. Exactly one of `text`, "
                   "`hex`, `file` and this is given.")
            .field("lines", &Config::lines,
                   "Of standard input: whether a message is a line, with its line feed (a line of "
                   "more than 64 KiB is published in pieces), or else what one read returned.")
            .field("delay_ms", &Config::delay_ms, "How long to wait before the first message.")
            .range(0, day_ms)
            .unit("milliseconds")
            .field("every_ms", &Config::every_ms,
                   "The time from one message to the next; 0 = there is one message only.")
            .range(0, day_ms)
            .unit("milliseconds")
            .field("count", &Config::count, "How many messages there are; 0 = no end.")
            .range(0, 1e15)
            .field("when_up", &Config::when_up,
                   "A channel that tells the state of a connection, such as "
                   "`/lidar/connection_state`: begin when it is up, anew for each connection, and "
                   "pause while there is none. Empty = begin at once.")
            .check(check);
    return description;
}

std::span<const StageChannel> stage_channels(TypeTag<PublishStage>) noexcept {
    static constexpr std::array<StageChannel, 2> channels{{
        {"<channel>", StageChannel::Direction::publishes, "EgressPacket", "What is published."},
        {"<when_up>", StageChannel::Direction::subscribes, "ConnectionState",
         "When to publish; only if it is given."},
    }};
    return channels;
}

}  // namespace sluice
