#include "ui/tradeoff_published.h"

#include <map>

#include <QCoreApplication>
#include <qcustomplot.h>

#include "ui/chart_axes.h"
#include "ui/chart_text.h"
#include "ui/study_words.h"
#include "ui/wording.h"

namespace awb::tradeoff_published {

namespace {

QString tr(const char *words)
{
    return QCoreApplication::translate("TradeoffPlot", words);
}

QCPGraph &addGraph(QCustomPlot &plot, const QString &name, const std::map<double, double> &points)
{
    QCPGraph *graph = plot.addGraph();
    graph->setObjectName(name);
    graph->setSelectable(QCP::stNone);
    graph->setLayer(QStringLiteral("grid")); // below ours
    for (const auto &[x, y] : points)
        graph->addData(x, y);
    return *graph;
}

} // namespace

const std::vector<const PublishedFigure *> &figures()
{
    static const std::vector<const PublishedFigure *> all = {publishedFigure("4-mnli"), publishedFigure("4-cola")};
    return all;
}

const PublishedFigure *figureOf(const std::string &task)
{
    for (const PublishedFigure *figure : figures())
        if (figure->task == task)
            return figure;
    return nullptr;
}

bool fits(const PublishedFigure &figure, const std::string &metric)
{
    return wording::text(figure.measure).startsWith(chart_text::metricTitle(metric), Qt::CaseInsensitive);
}

void draw(QCustomPlot &plot, const PublishedFigure &figure, const plot_style::Theme &theme)
{
    std::map<std::string, std::map<double, double>> byMethod;
    for (const PublishedPoint &point : figure.points)
        byMethod[point.method][point.x] = point.y;
    for (const auto &[method, points] : byMethod) {
        const QString name = QStringLiteral("published.") + wording::text(method);
        QCPGraph &line = addGraph(plot, QStringLiteral("line.") + name, points);
        line.setPen(plot_style::publishedPen(plot_style::methodColor(method, theme), theme));
        line.removeFromLegend();
        QCPGraph &markers = addGraph(plot, QStringLiteral("points.") + name, points);
        markers.setName(tr("%1, published").arg(study_words::methodTitle(method)));
        markers.setLineStyle(QCPGraph::lsNone);
        markers.setScatterStyle(plot_style::publishedMarker(method, theme));
    }
}

void widenRanges(QCustomPlot &plot, const PublishedFigure &figure)
{
    const QCPRange ours = plot.yAxis->range();
    double left = plot.xAxis->range().lower, right = plot.xAxis->range().upper, low = ours.lower, high = ours.upper;
    for (const PublishedPoint &point : figure.points) {
        left = std::min(left, point.x / 1.3);
        right = std::max(right, point.x * 1.3);
        low = std::min(low, point.y - 0.05 * ours.size());
        high = std::max(high, point.y + 0.05 * ours.size());
    }
    plot.xAxis->setRange(left, right);
    plot.yAxis->setRange(low, high);
}

QString sentence(const PublishedFigure &figure, CountingRule counting, const std::string &metric,
                 const std::string &checkpoint)
{
    const QString measure = wording::text(figure.measure);
    if (!fits(figure, metric))
        return tr("Published points are not drawn: they are %1, ours %2.").arg(measure, chart_text::metricTitle(metric));
    const CountingRule counted = study_words::countingOf(figure.figure.c_str());
    QString more = QStringLiteral(", ") + measure;
    if (counted != counting)
        more += tr("; they count %1").arg(wording::text(describe(counted)));
    return study_words::publishedSentence(figure, more, checkpoint);
}

} // namespace awb::tradeoff_published
