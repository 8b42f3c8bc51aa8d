#include "app/ledger.hpp"

#include <algorithm>
#include <utility>

#include "app/figures.hpp"

namespace sluice::app {
namespace {

std::string term_text(const Equation::Term& term) {
    const std::string text = term.name + " " + grouped_digits(term.count);
    return term.count == 0 || term.detail.empty() ? text : text + " (" + term.detail + ")";
}

Equation received_equation(std::string subject, std::uint64_t received, std::uint64_t published,
                           std::uint64_t open) {
    return {std::move(subject),
            {"received", received, {}},
            {{"published", published, {}}, {"open group", open, {}}}};
}

template <typename Counts>
Equation egress_equation(std::string subject, const Counts& egress) {
    return {std::move(subject),
            {"accepted", egress.accepted, {}},
            {{"sent", egress.sent, {}},
             {"dropped", egress.dropped.total(), counts_text(egress.dropped)},
             {"queued", egress.queued, {}}}};
}

Equation subscription_equation(const SubscriptionStatistics& subscription) {
    const SubscriptionLedger& messages = subscription.messages;
    return {subscription.channel,
            {"offered", messages.offered, {}},
            {{"delivered", messages.delivered, {}},
             {"failed", messages.failed, {}},
             {"dropped", messages.dropped, {}},
             {"reclaimed", messages.reclaimed, {}},
             {"stopped", messages.stopped, {}},
             {"queued", messages.queued, {}}}};
}

void add_socket(StageLedger& ledger, const SocketStats& stats) {
    const std::uint64_t open_groups = stats.open_group.packets > 0 ? 1 : 0;
    std::vector<Equation>& equations = ledger.equations;
    equations.push_back(received_equation("bytes", stats.received.bytes, stats.published.bytes,
                                          stats.open_group.bytes));
    equations.push_back(received_equation("packets", stats.received.packets,
                                          stats.published.packets, stats.open_group.packets));
    equations.push_back(
        received_equation("groups", stats.received.groups, stats.published.groups, open_groups));
    if (stats.framing) {
        const FramingStats& framing = *stats.framing;
        equations.push_back({"framing bytes",
                             {"received", framing.received, {}},
                             {{"payload", framing.payload, {}},
                              {"overhead", framing.overhead, {}},
                              {"skipped", framing.skipped, counts_text(framing.incidents)},
                              {"buffered", framing.buffered, {}}}});
    }
    if (stats.egress.accepted > 0) {
        equations.push_back(egress_equation("egress messages", stats.egress));
        equations.push_back(egress_equation("egress bytes", stats.egress_bytes));
    }
    ledger.connections = "connected " + grouped_digits(stats.connects) +
                         (stats.connects == 1 ? " time in " : " times in ") +
                         grouped_digits(stats.attempts) +
                         (stats.attempts == 1 ? " attempt" : " attempts") +
                         "; ends: " + counts_text(stats.disconnects);
}

}  // namespace

bool Equation::holds() const noexcept {
    std::uint64_t sum = 0;
    for (const Term& part : parts) {
        sum += part.count;
    }
    return sum == whole.count;
}

std::string Equation::text() const {
    std::string text = subject + ": " + term_text(whole) + " = " + term_text(parts.front());
    for (std::size_t i = 1; i < parts.size(); ++i) {
        text += parts[i].count == 0 ? "" : " + " + term_text(parts[i]);
    }
    return text;
}

StageLedger stage_ledger(const StageView& stage) {
    StageLedger ledger{stage.name, {}, {}};
    if (stage.socket) {
        add_socket(ledger, *stage.socket);
    }
    for (const SubscriptionStatistics& subscription : stage.subscriptions) {
        ledger.equations.push_back(subscription_equation(subscription));
    }
    return ledger;
}

std::string ledger_text(const std::vector<StageLedger>& ledgers) {
    std::string text;
    for (const StageLedger& ledger : ledgers) {
        text += ledger.name + "\n";
        for (const Equation& equation : ledger.equations) {
            text += equation.holds() ? "  " : "  DOES NOT HOLD: ";
            text += equation.text() + "\n";
        }
        text += ledger.connections.empty() ? "" : "  " + ledger.connections + "\n";
    }
    if (!all_hold(ledgers)) {
        text +=
            "THE LEDGER DOES NOT HOLD: messages were lost or counted wrongly; this is a fault "
            "of sluice\n";
    }
    return text;
}

bool all_hold(const std::vector<StageLedger>& ledgers) noexcept {
    return std::all_of(ledgers.begin(), ledgers.end(), [](const StageLedger& ledger) {
        return std::all_of(ledger.equations.begin(), ledger.equations.end(),
                           [](const Equation& equation) { return equation.holds(); });
    });
}

}  // namespace sluice::app
