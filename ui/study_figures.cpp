#include "ui/study_figures.h"

#include <algorithm>
#include <iterator>

#include "core/files.h"
#include "core/store/study_queue.h"
#include "core/study/result_table.h"
#include "ui/ablation_plot.h"
#include "ui/adapter_drop_plot.h"
#include "ui/curve_overlay.h"
#include "ui/series_plot.h"
#include "ui/study_charts.h"
#include "ui/tradeoff_plot.h"

namespace awb {

namespace {

/// Where the figures go.
struct Folder {
    std::filesystem::path path;

    void write(std::string name, ChartWidget &plot) const
    {
        std::replace(name.begin(), name.end(), '/', '-'); // a data set may be called so
        for (const char *ending : {".pdf", ".csv"})
            plot.exportTo(QString::fromStdString((path / (name + ending)).string()));
    }

    void write(const std::string &name, const StudyChart &chart) const
    {
        SeriesPlot plot;
        plot.setChart(chart);
        if (!chart.empty())
            write(name, plot);
    }
};

void writeTask(const Store &store, const StudyResults &results, const std::string &dataset, const Folder &folder)
{
    std::vector<Run> runs;
    std::ranges::copy_if(results.runs, std::back_inserter(runs),
                         [&](const Run &run) { return run.state == RunState::Done && run.spec.dataset == dataset; });
    const QString title = QString::fromStdString(dataset + " · " + results.study.checkpoint);
    TradeoffPlot plot;
    plot.setRuns(runs, title, {results.study.selection, results.bestEpochs});
    if (!plot.points().empty())
        folder.write("tradeoff-" + dataset, plot);
    curve_overlay::Measurements measurements;
    for (const Run &run : runs)
        measurements[run.id] = store.measurements(run.id);
    folder.write("curves-" + dataset, curve_overlay::chart(runs, measurements, curve_overlay::Quantity::Score, title));
}

void writeAblation(const AblationMap &map, const Run &run, const Folder &folder)
{
    const std::string name = "-run-" + std::to_string(run.id);
    AblationPlot heat;
    heat.setMap(map, run);
    folder.write("ablation" + name, heat);
    AdapterDropPlot drop;
    drop.setMap(map, run);
    folder.write("adapterdrop" + name, drop);
}

void writeTables(const StudyResults &results, const std::filesystem::path &folder)
{
    for (const int number : {1, 2})
        for (const Part part : {Part::Dev, Part::Test}) {
            const ResultTable table = resultTable(results, number, part);
            const std::string name = "table" + std::to_string(number) + (part == Part::Test ? "-test.md" : ".md");
            if (!table.methods.empty() && (part == Part::Dev || !results.testScores.empty()))
                writeFileAtomically(folder / name, tableText(table, ".md"));
        }
}

} // namespace

void writeStudyFigures(const Store &store, const Study &study, const std::filesystem::path &path)
{
    const StudyResults results = studyResults(store, study);
    const study_charts::Options options{study.counting, true, false};
    const Folder folder{path};
    for (const std::string &dataset : study.datasets)
        writeTask(store, results, dataset, folder);
    for (const Run &run : results.runs)
        if (const auto map = store.ablation(run.id))
            writeAblation(*map, run, folder);
    folder.write("figure1", study_charts::figure1Chart(results, options));
    folder.write("init", study_charts::initialisationChart(results, options));
    folder.write("lr", study_charts::learningRateChart(results, options));
    writeTables(results, path);
}

} // namespace awb
