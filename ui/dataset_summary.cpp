#include "ui/dataset_summary.h"

#include <algorithm>

#include <QHeaderView>
#include <QSplitter>
#include <QTableWidget>
#include <QVBoxLayout>

#include "ui/bar_chart.h"
#include "ui/view_parts.h"
#include "ui/wording.h"

namespace awb {

using wording::count;
using wording::text;

namespace {

bool isLabelled(const Manifest &manifest, const std::string &part)
{
    const auto &file = part == "dev" ? manifest.dev : part == "test" ? manifest.test : std::nullopt;
    return !file || file->label >= 0;
}

} // namespace

DatasetSummary::DatasetSummary(QWidget *parent)
    : QWidget(parent), m_parts(new QTableWidget), m_classes(new QTableWidget),
      m_balance(new BarChart(QStringLiteral("classBalance"), tr("Class balance")))
{
    setUpTable(*m_parts, "datasetParts", tr("Parts of the data set"));
    setUpTable(*m_classes, "datasetClasses", tr("Class balance as a table"));
    auto *lower = new QSplitter(Qt::Horizontal);
    lower->setChildrenCollapsible(false);
    lower->addWidget(m_balance);
    lower->addWidget(m_classes);
    lower->setStretchFactor(0, 1);
    lower->setStretchFactor(1, 1);
    lower->setSizes({500, 500}); // shares of the width
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_parts);
    layout->addWidget(lower, 1);
}

void DatasetSummary::fill(const DatasetFacts &facts)
{
    fillParts(facts);
    if (facts.dataset->manifest.task == Task::Regression)
        fillScores(facts);
    else
        fillBalance(facts);
}

void DatasetSummary::fillParts(const DatasetFacts &facts)
{
    const Manifest &manifest = facts.dataset->manifest;
    const bool regression = manifest.task == Task::Regression;
    QStringList columns{
        tr("Part"),        tr("Rows"),       tr("Duplicates"), tr("Conflicting texts"), tr("Shared with train"),
        tr("Mean tokens"), tr("Most tokens")};
    if (regression)
        columns << tr("Mean score");
    QList<QStringList> words;
    for (const PartSummary &p : facts.parts) {
        const bool measured = !p.lengths.empty();
        words << QStringList{text(p.part),
                             count(qint64(p.rows)),
                             count(qint64(p.duplicates)),
                             count(qint64(p.conflicting)),
                             p.part == "train" ? QString() : count(qint64(p.sharedWithTrain)),
                             measured ? QString::number(p.meanLength(), 'f', 1) : QString(),
                             measured ? count(qint64(p.maxLength())) : QString()};
        if (regression)
            words.last() << (isLabelled(manifest, p.part) ? QString::number(p.scoreMean, 'f', 3) : QString());
    }
    fillTable(*m_parts, columns, words, {1, 2, 3, 4, 5, 6, 7});
    for (const int column : {5, 6})
        m_parts->setColumnHidden(column, !facts.lengthsNote.isEmpty());
    m_parts->horizontalHeaderItem(2)->setToolTip(tr("Rows whose texts stood before"));
    m_parts->horizontalHeaderItem(3)->setToolTip(tr("Distinct texts that carry more than one label"));
    m_parts->horizontalHeaderItem(4)->setToolTip(tr("Rows whose texts are in train too"));
    const int height = m_parts->horizontalHeader()->sizeHint().height() +
                       m_parts->rowCount() * m_parts->verticalHeader()->defaultSectionSize() + 2 * m_parts->frameWidth() +
                       m_parts->style()->pixelMetric(QStyle::PM_ScrollBarExtent);
    m_parts->setFixedHeight(height);
}

void DatasetSummary::fillBalance(const DatasetFacts &facts)
{
    QStringList names, columns{tr("Class")};
    for (const std::string &name : facts.dataset->manifest.classes)
        names << text(name);
    std::vector<BarChart::Series> series;
    QList<QStringList> words(names.size());
    for (int i = 0; i < names.size(); ++i)
        words[i] << names[i];
    for (const PartSummary &p : facts.parts) {
        std::size_t labelled = 0;
        for (const std::size_t n : p.perClass)
            labelled += n;
        if (labelled == 0) // a test part without labels has no balance
            continue;
        BarChart::Series bars{text(p.part), {}, {}};
        for (int i = 0; i < names.size() && i < int(p.perClass.size()); ++i) {
            const double share = double(p.perClass[std::size_t(i)]) / double(labelled);
            bars.values.push_back(100 * share);
            bars.words << tr("%1 rows, %2").arg(count(qint64(p.perClass[std::size_t(i)])), wording::percent(share));
            words[i] << QStringLiteral("%1 (%2)").arg(count(qint64(p.perClass[std::size_t(i)])), wording::percent(share));
        }
        columns << bars.name;
        series.push_back(std::move(bars));
    }
    m_balance->setAxes(tr("Class"), tr("Share of the part (%)"));
    m_balance->setGroups(names, series);
    m_balance->setSummary(tr("Share of each class in each part; the table beside the chart has the numbers."));
    fillTable(*m_classes, columns, words, {1, 2, 3});
}

void DatasetSummary::fillScores(const DatasetFacts &facts)
{
    const auto &train = facts.dataset->train;
    const auto [low, high] =
        std::minmax_element(train.begin(), train.end(), [](const auto &a, const auto &b) { return a.score < b.score; });
    constexpr int bins = 20;
    const double first = low->score, width = std::max(1e-6, double(high->score - low->score) / bins);
    BarChart::Series bars{tr("train"), std::vector<double>(bins), {}};
    for (const Example &example : train)
        ++bars.values[std::size_t(std::clamp(int((double(example.score) - first) / width), 0, bins - 1))];
    QList<QStringList> words;
    for (int i = 0; i < bins; ++i)
        words << QStringList{
            tr("%1 to %2").arg(wording::figure(first + i * width), wording::figure(first + (i + 1) * width)),
            count(qint64(bars.values[std::size_t(i)]))};
    m_balance->setAxes(tr("Score"), tr("Train examples"));
    m_balance->setHistogram(first, width, {bars}, 2);
    m_balance->setSummary(tr("How the scores of train are spread; the table beside the chart has the numbers."));
    fillTable(*m_classes, {tr("Score"), tr("train")}, words, {1});
}

} // namespace awb
