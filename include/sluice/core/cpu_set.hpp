/// A set of processor numbers, as `thread_processor_affinity` takes it.
#pragma once

#include <bitset>
#include <string>
#include <string_view>

#include "sluice/core/result.hpp"

namespace sluice {

/// Which processors a thread may run on. Empty means all of them.
class CpuSet {
  public:
    /// The largest set that the kernel's interface takes by default (CPU_SETSIZE).
    static constexpr int capacity = 1024;

    CpuSet() = default;

    /// `"0,2-3"`: numbers and ascending ranges. Fails with `invalid_argument` for an empty text,
    /// a descending range, or a number above 1023.
    [[nodiscard]] static Result<CpuSet> parse(std::string_view text);

    /// REQUIRES: 0 <= cpu < capacity.
    void add(int cpu) { cpus_.set(static_cast<std::size_t>(cpu)); }
    [[nodiscard]] bool contains(int cpu) const {
        return cpu >= 0 && cpu < capacity && cpus_.test(static_cast<std::size_t>(cpu));
    }
    [[nodiscard]] bool empty() const noexcept { return cpus_.none(); }
    [[nodiscard]] bool is_subset_of(const CpuSet& other) const noexcept {
        return (cpus_ & ~other.cpus_).none();
    }

    /// The shortest text that parses to this set: "0,2-3"; empty for the empty set.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const CpuSet&, const CpuSet&) = default;

  private:
    std::bitset<capacity> cpus_;
};

}  // namespace sluice
