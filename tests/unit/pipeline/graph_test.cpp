#include "sluice/pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "unit/pipeline/pipeline_verbs.hpp"

namespace sluice::test {
namespace {

/// A pipeline whose mistakes are listed.
class Graph : public ::testing::Test {
  protected:
    /// What `initialize` complains about, one line each.
    std::string complaints() {
        std::string lines;
        for (const PipelineError& error : pipeline_.initialize()) {
            lines += error.stage + " " + error.channel + " " + error.message + "\n";
        }
        return lines;
    }
    void add_relay(const std::string& name, const std::string& from,
                   const SubscriptionOptions& options) {
        add_stage(pipeline_, name, [from, options](StageInterface& stage) {
            static_cast<void>(stage.publisher<Number>("numbers"));
            stage.subscribe<Number>(from, options, [](const auto&) {});
        });
    }

    SimulatedExecutor executor_;
    Pipeline pipeline_{executor_};
    SubscriptionOptions lossless_{.policy = SubscriptionPolicy::lossless};
};

TEST_F(Graph, ThatFitsHasNoComplaints) {
    const Source source(pipeline_);
    const Sink sink(pipeline_, {});
    EXPECT_EQ(complaints(), "");
    EXPECT_TRUE(pipeline_.start());
}

TEST_F(Graph, NamesAreRelativeToTheNamespace) {
    add_stage(pipeline_, "plain", [](StageInterface& stage) {
        static_cast<void>(stage.publisher<Number>("near"));
        static_cast<void>(stage.publisher<Number>("/far/away"));
    });
    pipeline_.add("moved", std::make_unique<LambdaStage>([](StageInterface& stage) {
                      EXPECT_EQ(stage.publisher<Number>("near").channel(), "/else/where/near");
                  }),
                  "/else/where");
    EXPECT_EQ(complaints(), "");
    std::vector<std::string> names;
    for (const ChannelInfo& channel : pipeline_.channels()) {
        names.push_back(channel.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"/else/where/near", "/far/away", "/plain/near"}));
}

TEST_F(Graph, TwoTypesOnOneChannelAreToldWithBoth) {
    const Source source(pipeline_);
    add_stage(pipeline_, "wrong", [](StageInterface& stage) {
        stage.subscribe<int>("/source/numbers", {}, [](const auto&) {});
    });
    add_stage(pipeline_, "wrong_too", [](StageInterface& stage) {
        static_cast<void>(stage.publisher<int>("/source/numbers"));
    });
    const std::string all = complaints();
    EXPECT_NE(all.find("wrong /source/numbers is of type"), std::string::npos) << all;
    EXPECT_NE(all.find("wrong_too /source/numbers is of type"), std::string::npos) << all;
}

TEST_F(Graph, UnknownChannelIsToldWithThoseThatAreKnown) {
    const Source source(pipeline_);
    const Sink sink(pipeline_, {}, {}, "sink", "/sourec/numbers");
    const std::string all = complaints();
    EXPECT_NE(all.find("sink /sourec/numbers"), std::string::npos) << all;
    EXPECT_NE(all.find("published are /source/numbers"), std::string::npos) << all;
}

TEST_F(Graph, StageMayWaitForOthersOnAChannelOfItsOwn) {
    const Sink sink(pipeline_, {}, {}, "device", "commands");
    EXPECT_EQ(complaints(), "");
}

TEST_F(Graph, NameGivenTwiceIsRefused) {
    const Source one(pipeline_, "same");
    const Source two(pipeline_, "same");
    EXPECT_EQ(complaints(), "same  is the name of two stages\n");
}

TEST_F(Graph, BadNamesAreRefused) {
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string("a/b"), std::string(65, 'x')}) {
        SimulatedExecutor executor;
        Pipeline pipeline(executor);
        add_stage(pipeline, name, [](StageInterface&) {});
        EXPECT_EQ(pipeline.initialize().size(), 1U) << name;
    }
    for (const std::string& channel :
         {std::string("a b"), std::string("a//b"), std::string("a/"), std::string(),
          std::string(256, 'x'), std::string("\xc3\xa9")}) {
        SimulatedExecutor executor;
        Pipeline pipeline(executor);
        add_stage(pipeline, "stage", [&](StageInterface& stage) {
            static_cast<void>(stage.publisher<Number>(channel));
        });
        EXPECT_EQ(pipeline.initialize().size(), 1U) << channel;
    }
}

TEST_F(Graph, LosslessRingsOfOneTwoAndThreeAreRefusedOnceEach) {
    add_relay("self", "numbers", lossless_);
    add_relay("a", "/b/numbers", lossless_);
    add_relay("b", "/a/numbers", lossless_);
    add_relay("x", "/z/numbers", lossless_);
    add_relay("y", "/x/numbers", lossless_);
    add_relay("z", "/y/numbers", lossless_);
    const std::vector<PipelineError> errors = pipeline_.initialize();
    ASSERT_EQ(errors.size(), 3U);
    EXPECT_NE(errors[0].message.find("self -> self"), std::string::npos);
    EXPECT_NE(errors[1].message.find("a -> b -> a"), std::string::npos);
    EXPECT_NE(errors[2].message.find("x -> y -> z -> x"), std::string::npos);
}

TEST_F(Graph, RingWithALossySubscriptionIsAllowed) {
    add_relay("a", "/b/numbers", lossless_);
    add_relay("b", "/a/numbers", {});
    EXPECT_EQ(complaints(), "");
}

TEST_F(Graph, InlineNeedsTheOnlyPublisherAndItsOwnThread) {
    const Source shared(pipeline_, "shared", {.on_shared_thread = true});
    const Source source(pipeline_);
    add_relay("second", "/source/numbers", {});
    add_stage(pipeline_, "third", [](StageInterface& stage) {
        static_cast<void>(stage.publisher<Number>("/source/numbers"));
    });
    const SubscriptionOptions inline_call{.delivery = DeliveryMode::inline_call};
    const Sink one(pipeline_, inline_call, {}, "one");
    const Sink two(pipeline_, inline_call, {}, "two", "/shared/numbers");
    const Sink free(pipeline_, {.delivery = DeliveryMode::inline_concurrent}, {}, "free");
    const std::vector<PipelineError> errors = pipeline_.initialize();
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].stage, "one");
    EXPECT_NE(errors[0].message.find("several publishers"), std::string::npos);
    EXPECT_EQ(errors[1].stage, "two");
    EXPECT_NE(errors[1].message.find("shared thread"), std::string::npos);
}

TEST_F(Graph, StageOfTheWorldIsRefusedOnASimulatedClock) {
    add_stage(pipeline_, "world", [](StageInterface& stage) { stage.require_real_time(); });
    EXPECT_NE(complaints().find("world"), std::string::npos);
    RealTimeExecutor executor({.threads = 0});
    Pipeline pipeline(executor);
    add_stage(pipeline, "world", [](StageInterface& stage) { stage.require_real_time(); });
    EXPECT_TRUE(pipeline.initialize().empty());
}

TEST_F(Graph, OptionsOutOfRangeAreRefused) {
    const Source source(pipeline_);
    const Sink sink(pipeline_, {.queue_depth = 0});
    EXPECT_NE(complaints().find("queue_depth is 0"), std::string::npos);
}

TEST_F(Graph, EverythingWrongIsToldAtOnceAndNothingStarts) {
    bool started = false;
    add_stage(
        pipeline_, "bad name", [](StageInterface&) { throw std::runtime_error("no luck"); },
        [&] {
            started = true;
            return Result<void>();
        });
    const Sink sink(pipeline_, {.queue_depth = 0}, {}, "sink", "/nobody");
    EXPECT_EQ(pipeline_.initialize().size(), 4U);
    const Result<void> result = pipeline_.start();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::invalid_argument);
    EXPECT_NE(result.error().detail().find("bad name"), std::string::npos);
    EXPECT_FALSE(started);
}

TEST_F(Graph, ChannelsAreListedWithTheirStages) {
    Source source(pipeline_);
    const Sink sink(pipeline_, {});
    ASSERT_TRUE(pipeline_.start());
    ASSERT_TRUE(source.publish(1));
    const std::vector<ChannelInfo> channels = pipeline_.channels();
    ASSERT_EQ(channels.size(), 1U);
    EXPECT_EQ(channels[0].name, "/source/numbers");
    EXPECT_EQ(channels[0].type, "(not described)");
    EXPECT_EQ(channels[0].publishers, std::vector<std::string>{"source"});
    EXPECT_EQ(channels[0].subscribers, std::vector<std::string>{"sink"});
    EXPECT_EQ(channels[0].published, 1U);
}

TEST_F(Graph, LatchedChannelRemembersItsLastMessage) {
    Source latched(pipeline_, "latched", {.latched = true});
    Source plain(pipeline_, "plain");
    ASSERT_TRUE(pipeline_.start());
    EXPECT_FALSE(pipeline_.latest("/latched/numbers"));
    ASSERT_TRUE(latched.publish(1));
    ASSERT_TRUE(latched.publish(2));
    ASSERT_TRUE(plain.publish(3));
    EXPECT_EQ(pipeline_.latest("/latched/numbers").get_if<Number>()->value, 2U);
    EXPECT_FALSE(pipeline_.latest("/plain/numbers"));
    EXPECT_FALSE(pipeline_.latest("/no/such"));
    pipeline_.stop();
    EXPECT_EQ(pipeline_.latest("/latched/numbers").get_if<Number>()->value, 2U);
}

TEST(GraphDeathTest, RegistrationAfterInitializeAborts) {
    SimulatedExecutor executor;
    Pipeline pipeline(executor);
    const Source source(pipeline);
    ASSERT_TRUE(pipeline.initialize().empty());
    EXPECT_DEATH(static_cast<void>(source.stage->publisher<Number>("late")), "initialize");
    EXPECT_DEATH(add_stage(pipeline, "late", [](StageInterface&) {}), "initialize");
    EXPECT_DEATH(static_cast<void>(pipeline.initialize()), "once");
    EXPECT_DEATH(static_cast<void>(Publisher<Number>().channel()), "belongs to a channel");
}

}  // namespace
}  // namespace sluice::test
