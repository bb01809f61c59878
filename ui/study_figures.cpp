#include "ui/study_figures.h"

#include "core/files.h"
#include "core/study/result_table.h"
#include "ui/series_plot.h"
#include "ui/study_charts.h"

namespace awb {

void writeStudyFigures(const StudyResults &results, const std::filesystem::path &folder)
{
    const study_charts::Options options{results.study.counting, true, false};
    const auto draw = [&](const char *name, const StudyChart &chart) {
        if (chart.empty())
            return;
        SeriesPlot plot;
        plot.setChart(chart);
        for (const char *ending : {".pdf", ".csv"})
            plot.exportTo(QString::fromStdString((folder / (std::string(name) + ending)).string()));
    };
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
