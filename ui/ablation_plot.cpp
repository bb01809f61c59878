#include "ui/ablation_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "core/study/published.h"
#include "ui/chart_axes.h"
#include "ui/chart_text.h"
#include "ui/run_words.h"
#include "ui/wording.h"

namespace awb {

namespace {

QString spanText(int first, int last)
{
    return first == last ? AblationPlot::tr("Layer %1 without adapters").arg(first)
                         : AblationPlot::tr("Layers %1–%2 without adapters").arg(first).arg(last);
}

HeatValues valuesOf(const AblationMap &map)
{
    const double scale = chart_text::metricScale(map.metric);
    HeatValues values;
    values.decimals = scale == 1 ? 2 : 1;
    values.title = AblationPlot::tr("%1 %2 with all adapters")
                       .arg(chart_text::metricTitle(map.metric), chart_text::score(map.metric, map.score));
    values.scaleTitle = scale == 1 ? AblationPlot::tr("%1: change").arg(chart_text::metricTitle(map.metric))
                                   : AblationPlot::tr("%1: change (points)").arg(chart_text::metricTitle(map.metric));
    for (const auto &row : map.removed) {
        auto &changes = values.changes.emplace_back();
        for (const double score : row)
            changes.push_back(scale * (score - map.score));
    }
    return values;
}

HeatValues valuesOf(const PublishedAblation &map)
{
    HeatValues values;
    values.title = AblationPlot::tr("Published: %1, %2, m = %3")
                       .arg(wording::text(map.task), wording::text(map.backbone))
                       .arg(map.size);
    values.scaleTitle = AblationPlot::tr("Accuracy: change (points)");
    values.changes = map.points;
    return values;
}

} // namespace

AblationPlot::AblationPlot(QWidget *parent)
    : ChartWidget(QStringLiteral("ablation"), tr("Score without the adapters of a span of layers"), parent),
      m_maps(new QCPLayoutGrid), m_frame(new QCPItemRect(m_plot))
{
    QCPAxisRect *rect = m_plot->axisRect();
    m_plot->plotLayout()->take(rect);
    auto *title = new QCPTextElement(m_plot);
    title->setMargins(QMargins(4, 4, 4, 0));
    title->setObjectName(QStringLiteral("title"));
    m_plot->plotLayout()->addElement(0, 0, title);
    m_plot->plotLayout()->addElement(1, 0, m_maps);
    m_plot->plotLayout()->setRowSpacing(2);
    m_maps->setRowSpacing(0);
    m_own = std::make_unique<HeatMap>(*m_plot, *m_maps, 0, rect);
    m_frame->setObjectName(QStringLiteral("cursor"));
    m_frame->setSelectable(false);
    m_frame->setLayer(QStringLiteral("overlay"));
    m_frame->setClipToAxisRect(false);
    for (QCPItemPosition *corner : {m_frame->topLeft, m_frame->bottomRight})
        corner->setType(QCPItemPosition::ptAbsolute);
    connect(m_plot, &QCustomPlot::afterLayout, this, [this] {
        m_own->fitNumbers(m_theme);
        if (m_published)
            m_published->fitNumbers(m_theme);
    });
    setMap({}, {});
}

AblationPlot::~AblationPlot()
{
    m_plot->disconnect(this);
}

void AblationPlot::setMap(const std::optional<AblationMap> &map, const Run &run)
{
    if (m_map == map && m_run.id == run.id && !isEmpty())
        return;
    m_map = map;
    m_run = run;
    m_cursor = -1;
    m_own->setValues(map ? valuesOf(*map) : HeatValues());
    listCells();
    redraw(tr("No ablation map of this run yet."));
}

void AblationPlot::setPublished(int index)
{
    const auto &all = publishedAblations();
    m_publishedIndex = index < int(all.size()) ? index : -1;
    m_cursor = -1;
    m_published.reset();
    m_maps->simplify();
    if (m_publishedIndex >= 0) {
        m_published = std::make_unique<HeatMap>(*m_plot, *m_maps, 2, nullptr);
        m_published->setValues(valuesOf(all[std::size_t(m_publishedIndex)]));
    }
    listCells();
    redraw(tr("No ablation map of this run yet."));
}

void AblationPlot::listCells()
{
    m_cells.clear();
    for (const HeatMap *map : {m_own.get(), m_published.get()})
        for (int first = 0; map && first < map->layers(); ++first)
            for (int last = first; last < map->layers(); ++last)
                m_cells.push_back({map == m_published.get(), first, last});
}

bool AblationPlot::isEmpty() const
{
    return !m_map || m_map->layers() == 0;
}

QString AblationPlot::nothingToExport() const
{
    return tr("the run has no ablation map yet");
}

std::string AblationPlot::numbers() const
{
    return toCsv(*m_map, m_run);
}

QSize AblationPlot::exportSize() const
{
    return m_published ? QSize(1180, 560) : QSize(640, 540);
}

void AblationPlot::draw(bool print)
{
    m_theme = print ? plot_style::printTheme() : plot_style::themeOf(palette());
    if (m_map)
        chart_axes::setTitle(*m_plot, run_words::title(m_run, m_map->layers()));
    m_own->draw(m_theme);
    if (m_published)
        m_published->draw(m_theme);
    plot_style::apply(*m_plot, m_theme);
    fitTo(sizeFor(print));
    m_frame->setVisible(!print && m_cursor >= 0);
    if (!print)
        drawCursor();
}

void AblationPlot::fitRanges() {}

void AblationPlot::fitTo(QSize size)
{
    chart_axes::fitTitle(*m_plot, size.width());
    const QSize each(size.width() / (m_published ? 2 : 1), size.height());
    m_own->fitTo(each);
    if (m_published)
        m_published->fitTo(each);
    if (m_cursor >= 0)
        moveCursorTo(-1); // its cell moves with the size
}

void AblationPlot::drawCursor()
{
    m_frame->setVisible(m_cursor >= 0);
    if (m_cursor >= 0) {
        const Cell &cell = m_cells[std::size_t(m_cursor)];
        const QRectF place = mapOf(cell).cellRect(cell.first, cell.last);
        m_frame->topLeft->setPixelPosition(place.topLeft());
        m_frame->bottomRight->setPixelPosition(place.bottomRight());
        m_frame->setPen(QPen(m_theme.text, 2.5));
    }
    replotSoon();
}

int AblationPlot::cellNumber(const Cell &cell) const
{
    const auto found = std::find_if(m_cells.begin(), m_cells.end(), [&](const Cell &one) {
        return one.published == cell.published && one.first == cell.first && one.last == cell.last;
    });
    return found == m_cells.end() ? -1 : int(found - m_cells.begin());
}

int AblationPlot::pointAt(const QPointF &position) const
{
    Cell cell;
    if (m_own->cellAt(position, cell.first, cell.last))
        return cellNumber(cell);
    cell.published = true;
    return m_published && m_published->cellAt(position, cell.first, cell.last) ? cellNumber(cell) : -1;
}

QPointF AblationPlot::placeOf(int point) const
{
    const Cell &cell = m_cells[std::size_t(point)];
    return mapOf(cell).cellRect(cell.first, cell.last).center();
}

QString AblationPlot::wordsOf(const Cell &cell) const
{
    if (cell.published) {
        const double change = m_published->change(cell.first, cell.last);
        return tr("change %1 points").arg(QLocale::c().toString(change, 'f', 1).replace(QLatin1Char('-'), QChar(0x2212)));
    }
    const double score = m_map->scoreWithout(cell.first, cell.last);
    if (!std::isfinite(score))
        return tr("%1 is not a number").arg(chart_text::metricTitle(m_map->metric));
    return tr("%1 %2, change %3")
        .arg(chart_text::metricTitle(m_map->metric), chart_text::score(m_map->metric, score),
             chart_text::difference(m_map->metric, score - m_map->score));
}

QString AblationPlot::toolTipOf(int point) const
{
    const Cell &cell = m_cells[std::size_t(point)];
    return (cell.published ? m_published->values().title + QLatin1Char('\n') : QString()) + spanText(cell.first, cell.last) +
           QLatin1Char('\n') + wordsOf(cell);
}

QString AblationPlot::spoken(int point) const
{
    return toolTipOf(point).replace(QLatin1Char('\n'), QStringLiteral(": "));
}

QString AblationPlot::summary() const
{
    if (isEmpty())
        return tr("No ablation map yet.");
    const int layers = m_map->layers();
    int worst = 0;
    for (int i = 1; i < layers; ++i)
        if (m_map->scoreWithout(i, i) < m_map->scoreWithout(worst, worst))
            worst = i;
    return tr("Heat map of %1 layers. With all adapters %2. Of single layers, layer %3 matters most: %4. Without any: %5. "
              "%6.")
        .arg(layers)
        .arg(chart_text::score(m_map->metric, m_map->score))
        .arg(worst)
        .arg(wordsOf({false, worst, worst}), wordsOf({false, 0, layers - 1}), chart_axes::titleOf(*m_plot));
}

int AblationPlot::firstPoint() const
{
    return 0;
}

int AblationPlot::neighbour(int key) const
{
    if (m_cursor < 0)
        return key == Qt::Key_Home || key == Qt::Key_Right || key == Qt::Key_Down ? 0 : -1;
    Cell cell = m_cells[std::size_t(m_cursor)];
    switch (key) {
    case Qt::Key_Left:
        --cell.last;
        break;
    case Qt::Key_Right:
        ++cell.last;
        break;
    case Qt::Key_Up:
        --cell.first;
        break;
    case Qt::Key_Down:
        ++cell.first;
        break;
    case Qt::Key_Home:
        cell = {cell.published, 0, 0};
        break;
    case Qt::Key_End:
        cell = {cell.published, 0, mapOf(cell).layers() - 1};
        break;
    case Qt::Key_PageDown:
    case Qt::Key_PageUp: // to the other map
        cell = {!cell.published, cell.first, cell.last};
        break;
    default:
        return -1;
    }
    const int there = cellNumber(cell);
    return there < 0 ? m_cursor : there;
}

} // namespace awb
