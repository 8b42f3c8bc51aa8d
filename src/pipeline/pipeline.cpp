#include "sluice/pipeline/pipeline.hpp"

#include <algorithm>
#include <atomic>
#include <exception>

#include "pipeline/actor.hpp"
#include "pipeline/graph.hpp"
#include "sluice/core/check.hpp"
#include "sluice/core/log.hpp"
#include "sluice/sync/parker.hpp"

namespace sluice {
namespace {

using Phase = detail::PipelineStatus::Phase;

bool is_stage_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

}  // namespace

struct Pipeline::State {
    State(Executor& executor_in, const PipelineOptions& options_in)
        : executor(executor_in), options(options_in) {}

    void initialize_stage(detail::Actor& actor);
    void check_names();
    Result<void> start_stages();
    void stop_stage(detail::Actor& actor);

    Executor& executor;
    const PipelineOptions options;
    detail::PipelineStatus status;
    detail::Channels channels;
    detail::Actors actors;
    std::vector<detail::Actor*> order;  // sources first
    std::vector<PipelineError> errors;
    std::atomic<bool> stop_requested{false};
    sync::Parker stop_request;
};

void Pipeline::State::initialize_stage(detail::Actor& actor) {
    try {
        actor.stage->initialize(actor.interface);
    } catch (const std::exception& error) {
        errors.push_back({actor.name, "", std::string("cannot be initialized: ") + error.what()});
    }
}

void Pipeline::State::check_names() {
    for (auto actor = actors.begin(); actor != actors.end(); ++actor) {
        const std::string& name = (*actor)->name;
        if (!is_stage_name(name)) {
            errors.push_back(
                {name, "", "is no stage name; allowed are 1 to 64 letters, digits, '_', '-'"});
        }
        if (std::any_of(actors.begin(), actor,
                        [&](const auto& other) { return other->name == name; })) {
            errors.push_back({name, "", "is the name of two stages"});
        }
    }
}

/// What a stage throws while it starts or stops is an error too.
template <typename Step>
Result<void> guarded(Step step) {
    try {
        return step();
    } catch (const std::exception& error) {
        return Error(Errc::system, error.what());
    }
}

/// Those who consume first. Where stages feed each other no order serves them all, so what reads
/// from the world begins when the last has started.
Result<void> Pipeline::State::start_stages() {
    for (auto actor = order.rbegin(); actor != order.rend(); ++actor) {
        if (Result<void> started = guarded([&] { return (*actor)->stage->start(); }); !started) {
            return Error(started.error().code(), (*actor)->name + ": " + started.error().message());
        }
        (*actor)->open();
    }
    for (auto actor = order.rbegin(); actor != order.rend(); ++actor) {
        (*actor)->stage->begin();
    }
    return {};
}

void Pipeline::State::stop_stage(detail::Actor& actor) {
    const Result<void> stopped = guarded([&] {
        actor.stage->stop();
        return Result<void>();
    });
    if (!stopped) {
        log(LogLevel::error, "stop_failed",
            {{"stage", actor.name}, {"thrown", stopped.error().detail()}});
    }
}

Pipeline::Pipeline(Executor& executor, const PipelineOptions& options)
    : state_(std::make_unique<State>(executor, options)) {}

Pipeline::~Pipeline() {
    stop();
    for (const auto& [name, channel] : state_->channels) {
        AnyMessage latest;
        const sync::MutexLock lock(channel->mutex);
        std::swap(latest, channel->latest);
    }
    // Consumers first: what they keep may live in the memory of those who produced it. All stages
    // and callbacks, which may keep messages, before any of the pools.
    for (auto actor = state_->order.rbegin(); actor != state_->order.rend(); ++actor) {
        (*actor)->stage.reset();
    }
    for (const std::unique_ptr<detail::Actor>& actor : state_->actors) {
        actor->inputs.clear();
        actor->timers.clear();
        actor->on_credit = nullptr;
    }
}

void Pipeline::add_stage(std::string name, std::unique_ptr<Stage> stage, std::string name_space) {
    SLUICE_CHECK(state_->status.phase == Phase::filling, "stages are added before `initialize`");
    SLUICE_CHECK(stage != nullptr, "a stage is added");
    if (name_space.empty()) {
        name_space = "/" + name;
    }
    state_->actors.push_back(std::make_unique<detail::Actor>(
        std::move(name), std::move(name_space), std::move(stage), state_->executor, state_->status,
        [this] { request_stop(); }));
}

std::vector<PipelineError> Pipeline::initialize() {
    SLUICE_CHECK(state_->status.phase == Phase::filling, "a pipeline is initialized once");
    state_->check_names();
    for (const std::unique_ptr<detail::Actor>& actor : state_->actors) {
        state_->initialize_stage(*actor);
    }
    state_->channels = detail::join_channels(state_->actors, state_->errors);
    detail::check_graph(state_->actors, state_->channels, state_->errors);
    state_->order = detail::sources_first(state_->actors);
    state_->status.phase = Phase::initialized;
    return state_->errors;
}

Result<void> Pipeline::start() {
    if (state_->status.phase == Phase::filling) {
        static_cast<void>(initialize());
    }
    SLUICE_CHECK(state_->status.phase == Phase::initialized, "a pipeline is started once");
    if (!state_->errors.empty()) {
        const PipelineError& first = state_->errors.front();
        return Error(Errc::invalid_argument, first.stage + ": " + first.channel +
                                                 (first.channel.empty() ? "" : " ") +
                                                 first.message);
    }
    const std::vector<detail::Task*> tasks(state_->order.begin(), state_->order.end());
    if (Result<void> started = state_->executor.start(tasks); !started) {
        return started;
    }
    state_->status.phase = Phase::running;
    if (Result<void> started = state_->start_stages(); !started) {
        stop();
        return started;
    }
    return {};
}

void Pipeline::stop() {
    for (const std::unique_ptr<detail::Actor>& actor : state_->actors) {
        SLUICE_CHECK(!actor->is_called_here(), "Pipeline::stop in a callback: use request_stop");
    }
    if (state_->status.phase != Phase::running) {
        return;
    }
    const SteadyTime deadline =
        saturating_add(state_->executor.now(), state_->options.stop_timeout);
    for (detail::Actor* const actor : state_->order) {
        actor->close(deadline);
        state_->stop_stage(*actor);
    }
    state_->status.phase = Phase::stopped;
    state_->executor.stop();
}

void Pipeline::request_stop() noexcept {
    state_->stop_requested.store(true, std::memory_order_release);
    state_->stop_request.unpark_all();
}

bool Pipeline::wait(SteadyTime deadline) {
    for (;;) {
        const sync::Parker::Ticket ticket = state_->stop_request.prepare();
        if (state_->stop_requested.load(std::memory_order_acquire)) {
            state_->stop_request.cancel();
            return true;
        }
        if (!state_->stop_request.park(ticket, deadline)) {
            return false;
        }
    }
}

const PipelineOptions& Pipeline::options() const noexcept {
    return state_->options;
}

std::vector<ChannelInfo> Pipeline::channels() const {
    std::vector<ChannelInfo> result;
    for (const auto& [name, channel] : state_->channels) {
        ChannelInfo info;
        info.name = name;
        if (channel->type != nullptr) {
            info.type = channel->type->name;
            info.description = channel->type->description;
        }
        for (const detail::Output* const output : channel->outputs) {
            info.publishers.push_back(output->actor.name);
            info.published += output->published.load(std::memory_order_relaxed);
            info.refused += output->refused.load(std::memory_order_relaxed);
        }
        for (const detail::Input* const input : channel->inputs) {
            info.subscribers.push_back(input->actor.name);
        }
        result.push_back(std::move(info));
    }
    return result;
}

std::vector<StageStatistics> Pipeline::statistics() const {
    SLUICE_CHECK(state_->status.phase != Phase::filling, "statistics before `initialize`");
    std::vector<StageStatistics> result;
    for (const std::unique_ptr<detail::Actor>& actor : state_->actors) {
        result.push_back(actor->statistics());
    }
    return result;
}

AnyMessage Pipeline::latest(std::string_view name) const {
    const auto found = state_->channels.find(name);
    if (found == state_->channels.end()) {
        return {};
    }
    const sync::MutexLock lock(found->second->mutex);
    return found->second->latest;
}

}  // namespace sluice
