/// The makers of all framers. REQUIRES, of each: validate(framing), and that it is of this kind.
#pragma once

#include <memory>

#include "sluice/framing/framer.hpp"
#include "sluice/framing/framing.hpp"

namespace sluice {

[[nodiscard]] std::shared_ptr<const Framer> make_length_field_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_varint_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_delimiter_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_fixed_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_octet_counting_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_netstring_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_slip_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_cobs_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_dle_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_sync_framer(const Framing& framing);
[[nodiscard]] std::shared_ptr<const Framer> make_raw_framer(const Framing& framing);

}  // namespace sluice
