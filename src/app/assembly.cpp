#include "sluice/app/assembly.hpp"

namespace sluice::app {
namespace {

/// The subscription of a stage that names this channel; else the stage itself.
const ConfigNode& node_of(const ConfiguredStage& stage, const std::string& channel) {
    if (const ConfigNode* const list = stage.node->find("subscribe")) {
        for (const ConfigNode* const entry : list->children) {
            const ConfigNode* const name = entry->find("channel");
            if (name != nullptr && channel.ends_with(name->text)) {
                return *name;
            }
        }
    }
    if (const ConfigNode* const input = stage.node->find("input")) {
        const ConfigNode* const name = input->find("channel");
        if (name != nullptr && channel.ends_with(name->text)) {
            return *name;
        }
    }
    const ConfigNode* const own = stage.node->find("channel");
    return own != nullptr && channel.ends_with(own->text) ? *own : *stage.node;
}

void tell(const PipelineError& error, const PipelineConfig& config, ConfigProblems& problems) {
    for (const ConfiguredStage& stage : config.stages) {
        if (stage.name == error.stage) {
            const ConfigNode& node = node_of(stage, error.channel);
            problems.error(
                node.position(), node.path(),
                error.channel.empty() ? error.message : error.channel + " " + error.message);
            return;
        }
    }
    problems.error({}, error.stage, error.channel + " " + error.message);
}

/// A command for a device that nobody takes is no error, but hardly meant.
void warn_of_unread(const Pipeline& pipeline, const PipelineConfig& config,
                    ConfigProblems& problems) {
    for (const ChannelInfo& channel : pipeline.channels()) {
        for (const ConfiguredStage& stage : config.stages) {
            const ConfigNode* const key = stage.node->find("channel");
            if (channel.subscribers.empty() && key != nullptr && key->text == channel.name) {
                problems.add(Complaint::Severity::warning, key->position(), key->path(),
                             "nobody subscribes to " + channel.name);
            }
        }
    }
}

}  // namespace

Assembly::~Assembly() = default;

Result<void> Assembly::add_loop(const std::string& name, const EventLoopConfig& config,
                                Purpose purpose) {
    const net::EventLoopOptions options{
        .receive_pool = {config.receive_pool_size_b, config.receive_slab_size_b},
        .receive_share_b = config.receive_share_b};
    SharedLoop& shared = loops_[name];
    if (purpose == Purpose::look) {
        Result<std::unique_ptr<net::EventLoop>> loop = net::EventLoop::create(options);
        if (!loop) {
            return loop.error();
        }
        shared.idle = *std::move(loop);
        return {};
    }
    Result<std::unique_ptr<net::EventLoopThread>> loop = net::EventLoopThread::start(
        options, {name, config.thread_priority, config.thread_processor_affinity});
    if (!loop) {
        return loop.error();
    }
    shared.running = *std::move(loop);
    return {};
}

void Assembly::add_stage(const ConfiguredStage& stage, ConfigProblems& problems) {
    const auto find_event_loop = [&](const std::string& name) -> net::EventLoop* {
        if (const auto found = loops_.find(name); found != loops_.end()) {
            return &found->second.loop();
        }
        std::vector<std::string_view> names;
        for (const auto& entry : loops_) {
            names.emplace_back(entry.first);
        }
        const ConfigNode* const key = stage.node->find("event_loop");
        const ConfigNode& node = key != nullptr ? *key : *stage.node;
        problems.error(node.position(), node.path(),
                       "no event loop has the name " + in_quotes(name) + "; " +
                           (names.empty() ? "there is no `event_loops` in this file"
                                          : suggestion(name, names)));
        return nullptr;
    };
    pipeline_->add(stage.name,
                   stage.type->make_stage(stage.config.get(), {stage.name, find_event_loop}),
                   stage.name_space);
}

Result<std::unique_ptr<Assembly>> Assembly::create(const PipelineConfig& config, Purpose purpose,
                                                   ConfigProblems& problems,
                                                   std::unique_ptr<Stage> observer) {
    std::unique_ptr<Assembly> assembly(new Assembly);
    for (const auto& [name, loop] : config.event_loops) {
        if (Result<void> added = assembly->add_loop(name, loop, purpose); !added) {
            return Error(added.error().code(),
                         "event_loops." + name + ": " + added.error().message());
        }
    }
    const ExecutorConfig& executor = config.keys.executor;
    assembly->executor_ = std::make_unique<RealTimeExecutor>(RealTimeExecutorOptions{
        executor.threads, executor.thread_priority, executor.thread_processor_affinity});
    assembly->pipeline_ = std::make_unique<Pipeline>(
        *assembly->executor_,
        PipelineOptions{std::chrono::milliseconds(config.keys.stop_timeout_ms)});
    for (const ConfiguredStage& stage : config.stages) {
        assembly->add_stage(stage, problems);
    }
    if (observer) {
        assembly->pipeline_->add(observer_name, std::move(observer));
    }
    for (const PipelineError& error : assembly->pipeline_->initialize()) {
        tell(error, config, problems);
    }
    warn_of_unread(*assembly->pipeline_, config, problems);
    return problems.errors() == 0 ? std::move(assembly) : nullptr;
}

}  // namespace sluice::app
