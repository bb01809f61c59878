#include <chrono>
#include <cmath>
#include <cstdio>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "core/error.h"
#include "core/methods/parameters.h"
#include "core/store/ablate.h"
#include "core/store/trained_run.h"

namespace awb {

namespace {

/// Signed, in the units of the score.
std::string changeText(double change)
{
    if (!std::isfinite(change))
        return "nan";
    char text[32];
    std::snprintf(text, sizeof text, "%+.4f", std::abs(change) < 5e-5 ? 0.0 : change);
    return text;
}

Json numberOrNull(double value)
{
    return std::isfinite(value) ? Json(value) : Json();
}

AblationMap mapOf(Context &context, std::int64_t run, bool again)
{
    if (!again)
        if (const auto stored = context.store().ablation(run))
            return *stored;
    const bool terminal = ::isatty(STDERR_FILENO);
    AblationMap map = computeAblation(context.store(), run,
                                      [&](double share) {
                                          if (terminal)
                                              std::fprintf(stderr, "\r\033[K  %.0f %%", 100 * share);
                                      },
                                      {});
    if (terminal)
        std::fputs("\r\033[K", stderr);
    return map;
}

Json jsonOf(const AblationMap &map, std::int64_t run)
{
    Json spans = Json::array(), drops = Json::array();
    for (int first = 0; first < map.layers(); ++first)
        for (int last = first; last < map.layers(); ++last) {
            const double score = map.scoreWithout(first, last);
            spans.push_back({{"first", first},
                             {"last", last},
                             {"score", numberOrNull(score)},
                             {"change", numberOrNull(score - map.score)}});
        }
    for (int n = 0; n < int(map.seconds.size()); ++n)
        drops.push_back({{"layers", n},
                         {"score", numberOrNull(map.scoreDropped(n))},
                         {"ms_per_example", 1e3 * map.seconds[std::size_t(n)]}});
    return {{"run", run},
            {"metric", map.metric},
            {"score", numberOrNull(map.score)},
            {"spans", spans},
            {"lowest_dropped", drops},
            {"device", map.device},
            {"threads", map.threads}};
}

std::string textOf(const AblationMap &map)
{
    std::vector<std::vector<std::string>> rows{{"first\\last"}}, drops{{"lowest layers dropped", map.metric, "ms/example"}};
    for (int last = 0; last < map.layers(); ++last)
        rows.front().push_back(std::to_string(last));
    for (int first = 0; first < map.layers(); ++first) {
        auto &row = rows.emplace_back(std::vector<std::string>{std::to_string(first)});
        for (int last = 0; last < map.layers(); ++last)
            row.push_back(last < first ? "" : changeText(map.scoreWithout(first, last) - map.score));
    }
    for (int n = 0; n < int(map.seconds.size()); ++n) {
        char time[32];
        std::snprintf(time, sizeof time, "%.3f", 1e3 * map.seconds[std::size_t(n)]);
        drops.push_back({std::to_string(n), scoreText(map.scoreDropped(n)), time});
    }
    return "dev " + map.metric + " with all adapters: " + scoreText(map.score) +
           "\nchange without the adapters of layers first..last:\n" + columnsText(rows) + "\n" + columnsText(drops);
}

/// The score without one adapter, as a toggle of the window has it computed.
struct Single {
    int layer = 0;
    bool attention = false; ///< else the feed-forward's
    double score = 0, seconds = 0;
};

std::vector<Single> withoutSingles(AblationEngine &engine, const Method &method, double &all)
{
    std::vector<LayerSites> sites;
    for (int layer = 0; layer < engine.layers(); ++layer)
        sites.push_back(sitesOf(method, layer));
    std::vector<Single> singles;
    for (int layer = 0; layer < engine.layers(); ++layer)
        for (bool LayerSites::*site : {&LayerSites::attention, &LayerSites::feedForward}) {
            if (!(sites[std::size_t(layer)].*site))
                continue;
            all = engine.score(sites, {}); // what is on the screen before the toggle
            auto without = sites;
            without[std::size_t(layer)].*site = false;
            const auto start = std::chrono::steady_clock::now();
            const double score = engine.score(without, {});
            singles.push_back({layer, site == &LayerSites::attention, score,
                               std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()});
        }
    return singles;
}

int single(Context &context, std::int64_t run)
{
    const auto engine = openAblation(context.store(), run);
    const TrainedRun trained = trainedRun(context.store(), run);
    double all = 0;
    const auto singles = withoutSingles(*engine, trained.run.spec.method, all);
    Json array = Json::array();
    std::vector<std::vector<std::string>> rows{{"without the adapter of", "change", "ms"}};
    for (const Single &one : singles) {
        const char *site = one.attention ? "attention" : "feed-forward";
        array.push_back({{"layer", one.layer},
                         {"site", site},
                         {"score", numberOrNull(one.score)},
                         {"change", numberOrNull(one.score - all)},
                         {"milliseconds", 1e3 * one.seconds}});
        rows.push_back({"layer " + std::to_string(one.layer) + ", " + site, changeText(one.score - all),
                        std::to_string(std::lround(1e3 * one.seconds))});
    }
    context.print({{"run", run}, {"metric", trained.run.metric}, {"score", numberOrNull(all)}, {"without", array}},
                  "dev " + trained.run.metric + " with all adapters: " + scoreText(all) + "\n" + columnsText(rows));
    return 0;
}

} // namespace

void addAblationCommand(CLI::App &app, Context &context)
{
    struct Options {
        std::int64_t run = 0;
        bool again = false, single = false;
    };
    const auto options = std::make_shared<Options>();
    CLI::App *command =
        app.add_subcommand("ablation", "What a run scores without the adapters of each span of layers; nothing is trained");
    command->add_option("run", options->run, "Number of a finished run")->required();
    command->add_flag("--again", options->again, "Compute the map even if it is stored");
    command->add_flag("--single", options->single,
                      "Without each single adapter instead, and how long the score takes, as with the window's toggles");
    command->callback([&context, options] {
        context.action = [&context, options] {
            if (options->single)
                return single(context, options->run);
            const AblationMap map = mapOf(context, options->run, options->again);
            context.print(jsonOf(map, options->run), textOf(map));
            return 0;
        };
    });
}

} // namespace awb
