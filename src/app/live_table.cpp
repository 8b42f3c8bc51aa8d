#include "app/live_table.hpp"

#include <cmath>
#include <iterator>

#include "app/figures.hpp"
#include "app/text_layout.hpp"
#include "sluice/app/pipeline_config.hpp"

namespace sluice::app {
namespace {

using Row = std::vector<std::string>;

std::string count_text(double count) {
    return grouped_digits(static_cast<std::uint64_t>(std::llround(count)));
}

std::string state_text(const StageView& stage) {
    return std::string(
        enumerators(TypeTag<ConnectionStatus>{})[static_cast<std::size_t>(stage.state())]);
}

Row connection_row(const StageView& stage, SystemTime now) {
    const SocketStats stats = stage.socket.value_or(SocketStats{});
    return {stage.name,
            state_text(stage),
            traffic_bytes(stats.rates.received_bytes) + "/s",
            count_text(stats.rates.received_packets),
            count_text(stats.rates.published_groups),
            traffic_bytes(stats.rates.sent_bytes) + "/s",
            grouped_digits(stats.egress.dropped.total()),
            human_bytes(stats.pool.used) + " / " + human_bytes(stats.pool.size),
            traffic_bytes(static_cast<double>(stats.received.bytes)),
            traffic_bytes(static_cast<double>(stats.egress_bytes.sent)),
            connection_text(stage, now)};
}

Row actor_row(const StageView& stage) {
    const SubscriptionLedger sum = sum_of_messages(stage);
    return {stage.name, grouped_digits(sum.delivered), grouped_digits(lost_messages(sum)),
            grouped_digits(sum.queued), grouped_digits(stage.published)};
}

void append(std::vector<std::string>& lines, std::vector<std::string> more) {
    lines.insert(lines.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

}  // namespace

std::vector<std::string> live_table(const RunView& view, std::size_t lines_max) {
    std::vector<Row> connections{{"CONNECTION", "STATE", "RECEIVED", "PACKETS/S", "GROUPS/S",
                                  "SENT", "DROPPED", "POOL", "RECEIVED", "SENT", "PEER"}};
    std::vector<Row> actors{{"STAGE", "DELIVERED", "DROPPED", "QUEUED", "PUBLISHED"}};
    for (const StageView& stage : view.stages) {
        if (stage.has_connection) {
            connections.push_back(connection_row(stage, view.time));
        } else {
            actors.push_back(actor_row(stage));
        }
    }
    std::vector<std::string> lines{clock_time(view.time)};
    if (connections.size() > 1) {
        append(lines, in_columns(connections, "llrrrrrrrrl"));
    }
    if (actors.size() > 1) {
        append(lines, in_columns(actors, "lrrrr"));
    }
    if (lines.size() > lines_max && lines_max > 0) {
        const std::size_t hidden = lines.size() - lines_max + 1;
        lines.resize(lines_max - 1);
        lines.push_back("... " + std::to_string(hidden) + " lines more: the terminal is too low");
    }
    return lines;
}

}  // namespace sluice::app
