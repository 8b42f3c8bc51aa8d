/// What became of everything that entered a pipeline: the account that `sluice run` ends with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/stage_view.hpp"

namespace sluice::app {

/// `received 12 = published 10 + open_group 2`
struct Equation {
    struct Term {
        std::string name;
        std::uint64_t count = 0;
        std::string detail;  ///< Of what it is the sum; may be empty.
    };
    std::string subject;  ///< "bytes", or a channel.
    Term whole;
    std::vector<Term> parts;

    [[nodiscard]] bool holds() const noexcept;
    /// One line; parts after the first are left out while they are 0.
    [[nodiscard]] std::string text() const;
};

struct StageLedger {
    std::string name;
    std::vector<Equation> equations;
    std::string connections;  ///< "connected 3 times in 5 attempts; ends: peer_closed 2"; or empty.
};

[[nodiscard]] StageLedger stage_ledger(const StageView& stage);

/// All lines of the ledger, each with its line end. An equation that does not hold cannot be
/// overlooked.
[[nodiscard]] std::string ledger_text(const std::vector<StageLedger>& ledgers);
[[nodiscard]] bool all_hold(const std::vector<StageLedger>& ledgers) noexcept;

}  // namespace sluice::app
