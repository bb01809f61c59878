#include "ui/tradeoff_plot.h"

#include <algorithm>
#include <numeric>

#include <QLineF>
#include <QTextDocumentFragment>
#include <qcustomplot.h>

#include "core/study/selection.h"
#include "core/study/tradeoff.h"
#include "ui/chart_axes.h"
#include "ui/chart_text.h"
#include "ui/cost_text.h"
#include "ui/plot_style.h"
#include "ui/series_drawing.h"
#include "ui/study_words.h"
#include "ui/tradeoff_published.h"

namespace awb {

namespace {

constexpr double reach = 12; // pixels between mouse and point

} // namespace

TradeoffPlot::TradeoffPlot(QWidget *parent)
    : ChartWidget(QStringLiteral("tradeoff"), tr("Score against trained parameters"), parent)
{
    m_plot->yAxis->setTicker(QSharedPointer<chart_axes::EvenTicker>::create());
    chart_axes::addHeading(*m_plot);
    series_drawing::addCaption(*m_plot);
    styleAxis();
    chart_axes::limitZoom(*m_plot->xAxis, *m_plot->yAxis);
    connect(m_plot, &QCustomPlot::afterLayout, this, [this] {
        if (m_referenceLabel)
            tradeoff_drawing::placeReferenceLabel(*m_plot, m_chart, *m_referenceLabel);
    });
    setRuns({}, {});
}

void TradeoffPlot::setRuns(const std::vector<Run> &runs, const QString &title, const ScoreRule &rule)
{
    const Run underCursor = m_cursor < 0 || publishedAt(m_cursor) ? Run() : m_chart[m_cursor].run;
    m_runs = runs;
    m_zoomed = m_zoomed && title == m_title; // another task's points may all lie elsewhere
    m_title = title;
    m_rule = rule;
    m_points = tradeoffPoints(m_runs, m_counting, m_rule);
    collect();
    m_cursor = m_cursor < 0 ? -1 : pointOf(underCursor);
    redraw(whyEmpty());
}

void TradeoffPlot::setAxis(CostAxis axis)
{
    if (axis == m_axis)
        return;
    m_axis = axis;
    m_zoomed = false;
    m_cursor = -1;
    styleAxis();
    collect();
    redraw(whyEmpty());
}

void TradeoffPlot::setSeedsShown(bool shown)
{
    m_seeds = shown;
    redraw(whyEmpty());
}

void TradeoffPlot::setPublished(const PublishedFigure *figure)
{
    m_published = figure;
    m_zoomed = false;
    m_cursor = -1;
    redraw(whyEmpty());
}

const PublishedFigure *TradeoffPlot::drawnFigure() const
{
    const bool place = m_published && m_axis == CostAxis::Parameters && !m_chart.empty();
    return place && tradeoff_published::fits(*m_published, m_chart.front().point.metric) ? m_published : nullptr;
}

const PublishedPoint *TradeoffPlot::publishedAt(int point) const
{
    const int ours = static_cast<int>(m_chart.size());
    return point < ours ? nullptr : &drawnFigure()->points[std::size_t(point - ours)];
}

int TradeoffPlot::count() const
{
    const PublishedFigure *figure = drawnFigure();
    return static_cast<int>(m_chart.size() + (figure ? figure->points.size() : 0));
}

double TradeoffPlot::xOf(int point) const
{
    const PublishedPoint *published = publishedAt(point);
    return published ? published->x : m_chart[point].x();
}

double TradeoffPlot::yOf(int point) const
{
    const PublishedPoint *published = publishedAt(point);
    return published ? published->y : m_chart[point].y();
}

void TradeoffPlot::setCounting(CountingRule counting)
{
    if (counting == m_counting)
        return;
    m_counting = counting;
    m_zoomed = false;
    setRuns(std::vector(m_runs), m_title, ScoreRule(m_rule));
}

void TradeoffPlot::collect()
{
    const auto runOf = [&](std::int64_t id) {
        return *std::find_if(m_runs.begin(), m_runs.end(), [&](const Run &run) { return run.id == id; });
    };
    m_chart.clear();
    for (const Point &point : m_points)
        if (m_axis == CostAxis::Parameters || costOf(point, m_axis) > 0)
            m_chart.push_back({point, runOf(point.runs.front()), m_axis, m_rule.selection, togetherOf(point, m_runs)});
    QString label = m_axis == CostAxis::Parameters ? study_words::sentence(describe(m_counting)).chopped(1)
                                                   : cost_text::axisLabel(m_axis);
    if (const std::size_t missing = m_points.size() - m_chart.size(); missing > 0)
        label += missing == 1 ? tr("; one point has none recorded") : tr("; %1 points have none recorded").arg(missing);
    m_plot->xAxis->setLabel(label);
    m_plot->setAccessibleName(tr("Score against %1").arg(cost_text::title(m_axis).toLower()));
}

void TradeoffPlot::styleAxis()
{
    if (cost_text::logarithmic(m_axis))
        chart_axes::makeLogarithmic(*m_plot->xAxis);
    else
        chart_axes::makeLinear(*m_plot->xAxis);
}

QString TradeoffPlot::whyEmpty() const
{
    if (!m_points.empty())
        return tr("None of these runs has recorded this. Runs that finish from now on do; “Run again” computes one anew.");
    if (m_runs.empty() && m_rule.others > 0)
        return QString::fromStdString(othersText(m_rule.others));
    if (const auto done = std::ranges::count(m_runs, RunState::Done, &Run::state); done > 0)
        return done == 1 ? tr("The one finished run has no score that is a number: its training diverged. Try a lower "
                              "learning rate.")
                         : tr("None of the %1 finished runs has a score that is a number: their training diverged. Try a "
                              "lower learning rate.")
                               .arg(done);
    return tr("No finished runs of this data set yet. Add runs in the set-up panel; each appears here when it ends.");
}

void TradeoffPlot::setSelectedRun(std::int64_t run)
{
    if (run == m_selected)
        return;
    m_selected = run;
    drawMarks();
}

bool TradeoffPlot::isEmpty() const
{
    return m_chart.empty();
}

QString TradeoffPlot::nothingToExport() const
{
    QString why = m_runs.empty() && m_rule.others == 0 ? tr("the chart has no finished runs yet") : whyEmpty();
    if (why.endsWith(QLatin1Char('.')))
        why.chop(1);
    return why;
}

std::string TradeoffPlot::numbers() const
{
    return toCsv(m_points, m_runs, m_counting, m_rule.selection);
}

void TradeoffPlot::draw(bool print)
{
    const plot_style::Theme theme = print ? plot_style::printTheme() : plot_style::themeOf(palette());
    m_referenceLabel = tradeoff_drawing::drawPoints(*m_plot, m_chart, m_seeds, theme);
    if (const PublishedFigure *figure = drawnFigure())
        tradeoff_published::draw(*m_plot, *figure, theme);
    chart_axes::setTitle(*m_plot, m_title);
    if (!m_chart.empty())
        m_plot->yAxis->setLabel(chart_text::metricAxis(m_chart.front().point.metric));
    plot_style::apply(*m_plot, theme);
    series_drawing::setCaption(*m_plot, caption(), theme, sizeFor(print));
    chart_axes::fitTo(*m_plot, sizeFor(print));
    if (!m_zoomed)
        fitRanges();
    if (!print)
        drawMarks();
}

void TradeoffPlot::fitTo(QSize size)
{
    series_drawing::setCaption(*m_plot, caption(), plot_style::themeOf(palette()), size);
    chart_axes::fitTo(*m_plot, size);
}

QSize TradeoffPlot::exportSize() const
{
    return {640, 500}; // of which legend and caption take a third
}

QStringList TradeoffPlot::caption() const
{
    if (m_chart.empty())
        return {};
    QStringList sentences{study_words::sentence(tradeoffRule(m_rule.selection))};
    if (const QString choice = tradeoff_drawing::choiceNote(m_chart); !choice.isEmpty())
        sentences << choice;
    const bool bars = std::ranges::any_of(m_chart, [](const auto &one) { return one.hasBar(); });
    if (bars)
        sentences << tr("Bars: standard error of the mean over seeds.");
    if (m_plot->findChild<QCPGraph *>(QStringLiteral("pareto")))
        sentences
            << (bars ? tr("Pareto front: points that beat the cheaper ones on it by more than the error of the difference.")
                     : tr("Pareto front: points that beat the cheaper ones on it."));
    if (m_published && m_axis == CostAxis::Parameters)
        sentences << tradeoff_published::sentence(*m_published, m_counting, m_chart.front().point.metric,
                                                  m_chart.front().run.spec.checkpoint);
    if (const QString company = tradeoff_drawing::companyNote(m_chart); !company.isEmpty())
        sentences << company;
    if (m_rule.others > 0)
        sentences << QString::fromStdString(othersText(m_rule.others));
    if (m_rule.outdated > 0)
        sentences << QString::fromStdString(outdatedText(m_rule.outdated));
    if (const int otherwise = scoredOtherwise(m_runs); otherwise > 0)
        sentences << QString::fromStdString(scoredOtherwiseText(otherwise));
    return sentences;
}

void TradeoffPlot::drawMarks()
{
    const plot_style::Theme theme = plot_style::themeOf(palette());
    tradeoff_drawing::drawMarks(*m_plot, m_chart, selectedPoint(), m_cursor, theme);
    if (const PublishedPoint *published = m_cursor < 0 ? nullptr : publishedAt(m_cursor))
        tradeoff_drawing::addMark(*m_plot, QStringLiteral("cursor"), plot_style::methodMarker(published->method, theme, 11),
                                  {{published->x, published->y}});
    replotSoon();
}

void TradeoffPlot::drawCursor()
{
    m_plot->setCursor(m_cursor < 0 || publishedAt(m_cursor) ? Qt::ArrowCursor : Qt::PointingHandCursor);
    drawMarks();
}

void TradeoffPlot::fitRanges()
{
    tradeoff_drawing::fitRanges(*m_plot, m_chart, m_seeds);
    if (const PublishedFigure *figure = drawnFigure())
        tradeoff_published::widenRanges(*m_plot, *figure);
}

int TradeoffPlot::selectedPoint() const
{
    const auto run = std::find_if(m_runs.begin(), m_runs.end(), [&](const Run &one) { return one.id == m_selected; });
    if (m_selected == 0 || run == m_runs.end() || run->state != RunState::Done)
        return -1;
    return pointOf(*run);
}

int TradeoffPlot::pointOf(const Run &run) const
{
    // A repeat that is not counted belongs to its point all the same.
    const auto point = std::find_if(m_chart.begin(), m_chart.end(), [&](const auto &one) {
        return sameButSeed(one.run.spec, run.spec) && one.point.trainable == run.trainable && sameFiles(one.run, run);
    });
    return point == m_chart.end() ? -1 : static_cast<int>(point - m_chart.begin());
}

int TradeoffPlot::pointAt(const QPointF &position) const
{
    if (!m_plot->axisRect()->rect().adjusted(-4, -4, 4, 4).contains(position.toPoint()))
        return -1;
    int nearest = -1;
    double least = reach;
    for (int i = 0; i < count(); ++i) {
        const double distance = QLineF(placeOf(i), position).length();
        if (distance < least) {
            least = distance;
            nearest = i;
        }
    }
    return nearest;
}

QPointF TradeoffPlot::placeOf(int point) const
{
    return {m_plot->xAxis->coordToPixel(xOf(point)), m_plot->yAxis->coordToPixel(yOf(point))};
}

bool TradeoffPlot::choose(int point)
{
    if (publishedAt(point))
        return false;
    const Point &chosen = m_chart[point].point;
    const auto best = std::max_element(chosen.scores.begin(), chosen.scores.end());
    m_selected = chosen.runs[best - chosen.scores.begin()];
    drawMarks();
    emit runSelected(m_selected);
    return true;
}

QString TradeoffPlot::toolTipOf(int point) const
{
    if (const PublishedPoint *published = publishedAt(point))
        return study_words::tooltip(*drawnFigure(), *published);
    return tradeoff_drawing::tooltip(m_chart[point], tradeoff_drawing::fullFineTuning(m_chart));
}

QString TradeoffPlot::spoken(int point) const
{
    if (publishedAt(point))
        return QTextDocumentFragment::fromHtml(toolTipOf(point)).toPlainText();
    return tradeoff_drawing::spoken(m_chart[point]);
}

QString TradeoffPlot::summary() const
{
    return tradeoff_drawing::summary(m_chart);
}

int TradeoffPlot::firstPoint() const
{
    return std::max(0, selectedPoint());
}

int TradeoffPlot::neighbour(int key) const
{
    if (key < Qt::Key_Home || key > Qt::Key_Down) // Home, End and the arrows lie between
        return -1;
    std::vector<int> order(static_cast<std::size_t>(count()));
    std::iota(order.begin(), order.end(), 0);
    const bool byScore = key == Qt::Key_Up || key == Qt::Key_Down;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return byScore ? yOf(a) < yOf(b) : xOf(a) < xOf(b); });
    const bool forward = key == Qt::Key_Right || key == Qt::Key_Up;
    const int from = m_cursor >= 0 ? m_cursor : selectedPoint();
    if (key == Qt::Key_Home || (from < 0 && forward))
        return order.front();
    if (key == Qt::Key_End || from < 0)
        return order.back();
    const int place = static_cast<int>(std::find(order.begin(), order.end(), from) - order.begin());
    return order[std::clamp(place + (forward ? 1 : -1), 0, static_cast<int>(order.size()) - 1)];
}

} // namespace awb
