#include "ui/runs_filter.h"

#include <algorithm>

#include "ui/runs_model.h"

namespace awb {

void RunsFilter::setWords(const QString &text)
{
    // "m = 8" is one word, and its 8 is none of 64's, 80's or a date's.
    static const QRegularExpression words(QStringLiteral("\\S+ = \\S+|\\S+")), endsInDigit(QStringLiteral("\\d$")),
        startsWithDigit(QStringLiteral("^\\d"));
    m_words.clear();
    for (const QRegularExpressionMatch &word : words.globalMatch(text.toLower())) {
        QString pattern = QRegularExpression::escape(word.captured());
        if (startsWithDigit.match(word.captured()).hasMatch())
            pattern.prepend(QStringLiteral("(?<![\\d.,])"));
        if (endsInDigit.match(word.captured()).hasMatch())
            pattern.append(QStringLiteral("(?!\\d)"));
        m_words.emplaceBack(pattern);
    }
    invalidateFilter();
}

void RunsFilter::setState(int state)
{
    m_state = state;
    invalidateFilter();
}

bool RunsFilter::filterAcceptsRow(int row, const QModelIndex &parent) const
{
    const QModelIndex index = sourceModel()->index(row, 0, parent);
    if (m_state >= 0 && index.data(RunsModel::StateRole).toInt() != m_state)
        return false;
    if (m_words.isEmpty())
        return true;
    const QString words = index.data(RunsModel::SearchRole).toString();
    return std::all_of(m_words.begin(), m_words.end(), [&words](const auto &word) { return word.match(words).hasMatch(); });
}

bool RunsFilter::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    const QVariant a = left.data(RunsModel::SortRole);
    const QVariant b = right.data(RunsModel::SortRole);
    const QPartialOrdering order = QVariant::compare(a, b);
    if (order == QPartialOrdering::Less || order == QPartialOrdering::Greater)
        return order == QPartialOrdering::Less;
    const auto *model = static_cast<const RunsModel *>(sourceModel());
    const Run &first = model->at(left.row());
    const Run &second = model->at(right.row());
    if (first.state == RunState::Queued && second.state == RunState::Queued && first.position != second.position)
        return first.position < second.position;
    return first.id > second.id;
}

} // namespace awb
