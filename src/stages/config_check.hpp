/// What each stage does with its configuration before it starts.
#pragma once

#include <string>
#include <vector>

#include "sluice/core/describe.hpp"
#include "sluice/core/result.hpp"

namespace sluice {

/// `invalid_argument` if the check of its description finds errors; the detail has them all.
template <Described Config>
[[nodiscard]] Result<void> check_config(const Config& config) {
    std::vector<Complaint> complaints;
    describe(TypeTag<Config>{}).check(&config, complaints);
    std::string errors;
    for (const Complaint& complaint : complaints) {
        if (complaint.severity == Complaint::Severity::error) {
            errors += (errors.empty() ? "" : "; ") + complaint.key + " " + complaint.message;
        }
    }
    if (!errors.empty()) {
        return Error(Errc::invalid_argument, std::move(errors));
    }
    return {};
}

}  // namespace sluice
