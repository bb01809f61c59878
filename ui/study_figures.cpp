#include "ui/study_figures.h"

#include <algorithm>
#include <iterator>
#include <memory>

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

std::vector<Run> finishedRuns(const StudyResults &results, const std::string &dataset)
{
    std::vector<Run> runs;
    std::ranges::copy_if(results.runs, std::back_inserter(runs),
                         [&](const Run &run) { return run.state == RunState::Done && run.spec.dataset == dataset; });
    return runs;
}

QString titleOf(const StudyResults &results, const std::string &dataset)
{
    return QString::fromStdString(dataset + " · " + results.study.checkpoint);
}

StudyChart readCurves(const Store &store, const StudyResults &results, const std::string &dataset)
{
    const std::vector<Run> runs = finishedRuns(results, dataset);
    curve_overlay::Measurements measurements;
    for (const Run &run : runs)
        measurements[run.id] = store.measurements(run.id);
    return curve_overlay::chart(runs, measurements, curve_overlay::Quantity::Score, titleOf(results, dataset));
}

void writeTradeoff(const StudyResults &results, const std::string &dataset, const ScoreRule &rule, const Folder &folder)
{
    TradeoffPlot plot;
    plot.setCounting(results.study.counting);
    plot.setRuns(finishedRuns(results, dataset), titleOf(results, dataset), rule);
    if (!plot.points().empty())
        folder.write("tradeoff-" + dataset, plot);
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

StudyFigures readStudyFigures(const Store &store, const Study &study)
{
    StudyFigures figures;
    figures.results = studyResults(store, study);
    for (const std::string &dataset : study.datasets) {
        figures.curves[dataset] = readCurves(store, figures.results, dataset);
        figures.rules[dataset] = taskResults(store, study, dataset, study.checkpoint).rule;
    }
    for (const Run &run : figures.results.runs)
        if (const auto map = store.ablation(run.id))
            figures.ablations[run.id] = *map;
    return figures;
}

void writeStudyFigures(const Store &store, const Study &study, const std::filesystem::path &folder)
{
    for (const auto &draw : drawings(readStudyFigures(store, study), folder))
        draw();
}

std::deque<std::function<void()>> drawings(const StudyFigures &read, const std::filesystem::path &path)
{
    const auto figures = std::make_shared<const StudyFigures>(read);
    const Folder folder{path};
    std::deque<std::function<void()>> all;
    for (const auto &[dataset, curves] : figures->curves) {
        all.push_back([=] { writeTradeoff(figures->results, dataset, figures->rules.at(dataset), folder); });
        all.push_back([=] { folder.write("curves-" + dataset, figures->curves.at(dataset)); });
    }
    for (const Run &run : figures->results.runs)
        if (figures->ablations.contains(run.id))
            all.push_back([=, run = &run] { writeAblation(figures->ablations.at(run->id), *run, folder); });
    const study_charts::Options options{figures->results.study.counting, true, false};
    all.push_back([=] { folder.write("figure1", study_charts::figure1Chart(figures->results, options)); });
    all.push_back([=] { folder.write("init", study_charts::initialisationChart(figures->results, options)); });
    all.push_back([=] { folder.write("lr", study_charts::learningRateChart(figures->results, options)); });
    all.push_back([=] { writeTables(figures->results, path); });
    return all;
}

} // namespace awb
