/// What a TcpClientStageConfig means to the rooms below.
#pragma once

#include <string>

#include "sluice/net/event_loop.hpp"
#include "sluice/net/link.hpp"
#include "sluice/stages/tcp_client_stage.hpp"
#include "sluice/sys/thread.hpp"

namespace sluice {

/// REQUIRES: the configuration's check found no error.
[[nodiscard]] net::LinkOptions link_options(const TcpClientStageConfig& config);
/// `framer`: the one that the stage uses; null without framing.
[[nodiscard]] net::EventLoopOptions loop_options(const TcpClientStageConfig& config,
                                                 const Framer* framer);
[[nodiscard]] sys::ThreadOptions thread_options(const TcpClientStageConfig& config,
                                                std::string name);

}  // namespace sluice
