/// Bytes that were no frame, in words.
#pragma once

#include <string>

#include "sluice/framing/frame_decoder.hpp"

namespace sluice::cli {

/// Such as `oversize at offset 12: claims 70000 bytes, the maximum is 65536`.
[[nodiscard]] std::string incident_text(const FramingIncident& incident);
/// Such as `; begins with 00 01 70 ..`; nothing if no bytes are known.
[[nodiscard]] std::string front_text(const FramingIncident& incident);

/// Such as `oversize 2, truncated 1`; empty if there were none.
[[nodiscard]] std::string faults_text(const FramingLedger& ledger);

}  // namespace sluice::cli
