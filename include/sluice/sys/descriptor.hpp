/// The seam: an owned handle of the kernel.
#pragma once

#include <cstddef>
#include <utility>

#include "sluice/core/error.hpp"

namespace sluice::sys {

/// Owns one descriptor and closes it when destroyed. Move-only; empty after a move.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    ~Descriptor() { close(); }

    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
    [[nodiscard]] int number() const noexcept { return number_; }
    void close() noexcept;

  private:
    int number_ = -1;
};

/// What one non-blocking transfer did.
enum class IoStatus : unsigned char {
    done,         ///< `bytes` were transferred; at least one, unless none were asked for.
    would_block,  ///< Nothing now; readiness will tell.
    end,          ///< End of the stream (reading only).
    failed,       ///< `error` has the errno.
};

struct IoResult {
    IoStatus status = IoStatus::done;
    std::size_t bytes = 0;
    int error = 0;
};

}  // namespace sluice::sys
