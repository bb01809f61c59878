#pragma once

#include <vector>

#include "tests/chart_fixture.h"
#include "tests/gui_helpers.h"
#include "ui/tradeoff_plot.h"

/// Runs of a trade-off and their chart.
namespace awb::test {

/// Three adapter sizes (the largest with three seeds), head only and full fine-tuning.
inline std::vector<Run> someRuns()
{
    return {run(1, "adapter", 1, 16502, 0, 0.861),   run(2, "adapter", 8, 70304, 0, 0.873),
            run(3, "adapter", 64, 605954, 0, 0.880), run(4, "adapter", 64, 605954, 1, 0.890),
            run(5, "adapter", 64, 605954, 2, 0.885), run(6, "head", 0, 770, 0, 0.713),
            run(7, "full", 0, 22713986, 0, 0.894)};
}

/// The same with what they cost: the head alone is fastest, full fine-tuning slowest.
inline std::vector<Run> costlyRuns()
{
    auto runs = someRuns();
    for (Run &run : runs) {
        const bool head = run.spec.method.name == "head", full = run.spec.method.name == "full";
        run.steps = 3 * 100; // of three epochs
        run.provenance.stepsPerSecond = head ? 16 : full ? 2 : 5;
        run.provenance.examplesPerSecond = head ? 500 : full ? 50 : 160;
        run.provenance.peakMemory = head ? 300'000'000 : full ? 900'000'000 : 410'000'000 + 10'000'000 * run.id;
        run.provenance.inferenceSeconds = head ? 0.0005 : full ? 0.0015 : 0.00075;
    }
    return runs;
}

struct Shown {
    TradeoffPlot chart;

    explicit Shown(const std::vector<Run> &runs = someRuns())
    {
        chart.resize(640, 420);
        chart.show();
        chart.setRuns(runs, QStringLiteral("tweets · minilm"));
        chart.plot().replot();
    }
};

} // namespace awb::test
