#include "app/status_line.hpp"

#include <cmath>

#include "app/figures.hpp"

namespace sluice::app {
namespace {

void append_count(std::string& text, std::uint64_t count, const char* what) {
    if (count > 0) {
        text += " " + grouped_digits(count) + " " + what;
    }
}

std::string connection_part(const StageView& stage, SystemTime now) {
    const auto state = static_cast<std::size_t>(stage.state());
    std::string text(enumerators(TypeTag<ConnectionStatus>{})[state]);
    if (stage.state() != ConnectionStatus::up) {
        const std::string why = connection_text(stage, now);
        return why.empty() ? text : text + " (" + why + ")";
    }
    const SocketStats stats = stage.socket.value_or(SocketStats{});
    text += " " + traffic_bytes(stats.rates.received_bytes) + "/s";
    text += " " +
            grouped_digits(static_cast<std::uint64_t>(std::llround(stats.rates.received_packets))) +
            " pkt/s";
    text += " published " + traffic_bytes(static_cast<double>(stats.published.bytes));
    append_count(text, stats.egress.sent, "sent");
    append_count(text, stats.egress.dropped.total(), "dropped");
    return text;
}

std::string actor_part(const StageView& stage) {
    std::string text;
    const SubscriptionLedger sum = sum_of_messages(stage);
    append_count(text, stage.published, "published");
    append_count(text, sum.delivered, "delivered");
    append_count(text, sum.queued, "queued");
    append_count(text, lost_messages(sum), "dropped");
    return text.empty() ? "idle" : text.substr(1);
}

}  // namespace

std::string status_line(const RunView& view) {
    std::string line = clock_time(view.time);
    const char* separator = " ";
    for (const StageView& stage : view.stages) {
        line += separator + stage.name + " " +
                (stage.has_connection ? connection_part(stage, view.time) : actor_part(stage));
        separator = " | ";
    }
    return line;
}

}  // namespace sluice::app
