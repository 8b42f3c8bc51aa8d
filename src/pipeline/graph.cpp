#include "pipeline/graph.hpp"

#include <algorithm>
#include <set>

namespace sluice::detail {
namespace {

/// One or more parts of letters, digits, '_', '-' and '.', each after a '/'.
bool is_channel_name(std::string_view name) {
    return name.starts_with('/') && !name.ends_with('/') && name.size() <= 255 &&
           name.find("//") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.' || c == '/';
           });
}

std::string published_names(const Channels& channels) {
    std::string names;
    for (const auto& [name, channel] : channels) {
        if (!channel->outputs.empty()) {
            names += (names.empty() ? "" : ", ") + name;
        }
    }
    return names.empty() ? "no channel" : names;
}

void check_types(const Channel& channel, std::vector<PipelineError>& errors) {
    const auto complain = [&](const Actor& actor, const MessageType& type) {
        errors.push_back(
            {actor.name, channel.name,
             "is of type " + std::string(channel.type->name) + ", not " + std::string(type.name)});
    };
    for (const Output* const output : channel.outputs) {
        if (&output->pool->type() != channel.type) {
            complain(output->actor, output->pool->type());
        }
    }
    for (const Input* const input : channel.inputs) {
        if (input->type != nullptr && input->type != channel.type) {
            complain(input->actor, *input->type);
        }
    }
}

void check_input(const Input& input, const Channels& channels, std::vector<PipelineError>& errors) {
    const Channel& channel = *input.channel;
    const auto complain = [&](std::string message) {
        errors.push_back({input.actor.name, channel.name, std::move(message)});
    };
    if (Result<void> valid = validate(input.options); !valid) {
        complain(valid.error().detail());
    }
    const bool is_own = channel.name.starts_with(input.actor.name_space + "/");
    if (channel.outputs.empty() && !is_own) {
        complain("is subscribed to, but nobody publishes it; published are " +
                 published_names(channels));
    }
    if (input.options.delivery == DeliveryMode::inline_call) {
        if (channel.outputs.size() > 1) {
            complain("has several publishers: its callback must be declared concurrent");
        }
        for (const Output* const output : channel.outputs) {
            if (output->options.on_shared_thread) {
                complain("is published on a shared thread, where no inline callback may run");
            }
        }
    }
}

using Edges = std::map<const Actor*, std::vector<Actor*>>;

template <typename Predicate>
Edges edges(const Actors& actors, Predicate counts) {
    Edges result;
    for (const std::unique_ptr<Actor>& actor : actors) {
        for (const std::unique_ptr<Output>& output : actor->outputs) {
            for (const Input* const input : output->channel->inputs) {
                if (counts(*input)) {
                    result[actor.get()].push_back(&input->actor);
                }
            }
        }
    }
    return result;
}

/// Looks for a way from `actor` back to the first of `trail`.
bool find_ring(const Edges& edges, Actor& actor, std::vector<Actor*>& trail,
               std::set<const Actor*>& seen) {
    trail.push_back(&actor);
    if (const auto found = edges.find(&actor); found != edges.end()) {
        for (Actor* const next : found->second) {
            if (next == trail.front() ||
                (seen.insert(next).second && find_ring(edges, *next, trail, seen))) {
                return true;
            }
        }
    }
    trail.pop_back();
    return false;
}

void check_rings(const Actors& actors, std::vector<PipelineError>& errors) {
    const Edges lossless = edges(actors, [](const Input& input) { return input.is_lossless(); });
    std::set<const Actor*> told;
    for (const std::unique_ptr<Actor>& actor : actors) {
        std::vector<Actor*> trail;
        std::set<const Actor*> seen;
        if (told.contains(actor.get()) || !find_ring(lossless, *actor, trail, seen)) {
            continue;
        }
        std::string names;
        for (const Actor* const member : trail) {
            names += member->name + " -> ";
            told.insert(member);
        }
        errors.push_back({actor->name, "",
                          "lossless subscriptions form a ring, which could wait for itself: " +
                              names + actor->name});
    }
}

}  // namespace

Channels join_channels(const Actors& actors, std::vector<PipelineError>& errors) {
    Channels channels;
    const auto channel_of = [&](const Actor& actor, const std::string& name) -> Channel& {
        std::unique_ptr<Channel>& channel = channels[name];
        if (!channel) {
            channel = std::make_unique<Channel>();
            channel->name = name;
            if (!is_channel_name(name)) {
                errors.push_back({actor.name, name,
                                  "is no channel name; allowed are letters, digits, '_', '-', "
                                  "'.' in parts that begin with '/'"});
            }
        }
        return *channel;
    };
    for (const std::unique_ptr<Actor>& actor : actors) {
        for (const std::unique_ptr<Output>& output : actor->outputs) {
            Channel& channel = channel_of(*actor, output->channel_name);
            output->channel = &channel;
            channel.outputs.push_back(output.get());
            channel.type = channel.type != nullptr ? channel.type : &output->pool->type();
            channel.is_latched = channel.is_latched || output->options.latched;
        }
    }
    for (const std::unique_ptr<Actor>& actor : actors) {
        for (const std::unique_ptr<Input>& input : actor->inputs) {
            Channel& channel = channel_of(*actor, input->channel_name);
            input->channel = &channel;
            channel.inputs.push_back(input.get());
            channel.type = channel.type != nullptr ? channel.type : input->type;
        }
    }
    return channels;
}

void check_graph(const Actors& actors, const Channels& channels,
                 std::vector<PipelineError>& errors) {
    for (const auto& [name, channel] : channels) {
        if (channel->type != nullptr) {
            check_types(*channel, errors);
        }
    }
    for (const std::unique_ptr<Actor>& actor : actors) {
        if (actor->requires_real_time && !actor->executor.is_real_time()) {
            errors.push_back(
                {actor->name, "", "talks to the world and cannot run on a simulated clock"});
        }
        for (const std::unique_ptr<Input>& input : actor->inputs) {
            check_input(*input, channels, errors);
        }
    }
    check_rings(actors, errors);
}

std::vector<Actor*> sources_first(const Actors& actors) {
    const Edges all = edges(actors, [](const Input&) { return true; });
    const Edges queued = edges(actors, [](const Input& input) { return input.is_queued(); });
    std::vector<Actor*> order;
    std::vector<Actor*> rest;
    for (const std::unique_ptr<Actor>& actor : actors) {
        rest.push_back(actor.get());
    }
    const auto first_unfed = [&](const Edges& edges) {
        return std::find_if(rest.begin(), rest.end(), [&](const Actor* actor) {
            return std::none_of(rest.begin(), rest.end(), [&](const Actor* other) {
                const auto found = edges.find(other);
                return other != actor && found != edges.end() &&
                       std::find(found->second.begin(), found->second.end(), actor) !=
                           found->second.end();
            });
        });
    };
    while (!rest.empty()) {
        auto next = first_unfed(all);
        next = next == rest.end() ? first_unfed(queued) : next;
        next = next == rest.end() ? rest.begin() : next;
        order.push_back(*next);
        rest.erase(next);
    }
    return order;
}

}  // namespace sluice::detail
