#include "ui/study_figures.h"

#include <algorithm>
#include <iterator>

#include "core/files.h"
#include "core/study/result_table.h"
#include "ui/series_plot.h"
#include "ui/study_charts.h"
#include "ui/tradeoff_plot.h"

namespace awb {

void writeStudyFigures(const StudyResults &results, const std::filesystem::path &folder)
{
    const study_charts::Options options{results.study.counting, true, false};
    const auto write = [&](std::string name, ChartWidget &plot) {
        std::replace(name.begin(), name.end(), '/', '-'); // a data set may be called so
        for (const char *ending : {".pdf", ".csv"})
            plot.exportTo(QString::fromStdString((folder / (name + ending)).string()));
    };
    const auto draw = [&](const char *name, const StudyChart &chart) {
        SeriesPlot plot;
        plot.setChart(chart);
        if (!chart.empty())
            write(name, plot);
    };
    for (const std::string &dataset : results.study.datasets) {
        std::vector<Run> runs;
        std::ranges::copy_if(results.runs, std::back_inserter(runs),
                             [&](const Run &run) { return run.state == RunState::Done && run.spec.dataset == dataset; });
        TradeoffPlot plot;
        plot.setRuns(runs, QString::fromStdString(dataset + " · " + results.study.checkpoint));
        if (!plot.points().empty())
            write("tradeoff-" + dataset, plot);
    }
    draw("figure1", study_charts::figure1Chart(results, options));
    draw("init", study_charts::initialisationChart(results, options));
    draw("lr", study_charts::learningRateChart(results, options));
    for (const int number : {1, 2}) {
        const ResultTable table = resultTable(results, number);
        if (!table.methods.empty())
            writeFileAtomically(folder / ("table" + std::to_string(number) + ".md"), tableText(table, ".md"));
    }
}

} // namespace awb
