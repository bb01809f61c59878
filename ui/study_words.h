#pragma once

#include <string>

#include <QString>

#include "core/methods/counting.h"
#include "core/study/estimate.h"
#include "core/study/figure1.h"
#include "core/study/published.h"
#include "core/study/sweep_curves.h"

class QComboBox;

/// How the charts of studies word things.
namespace awb::study_words {

QString methodTitle(const std::string &method); ///< "Adapters"
/// What makes a line of a chart: the method, and of top layers whether the pooler is trained with them: "adapter", "top-k",
/// "top-k.without-pooler".
std::string lineOf(const Method &method);
QString lineTitle(const Method &method);        ///< "Top layers, no pooler"
QString sentence(const std::string &words);     ///< with a capital and a full stop
QString timeText(const TimeEstimate &expected); ///< "about 4 min 2 s to go"
void addCountingRules(QComboBox &combo);        ///< an item per way of counting parameters; its data is the CountingRule
const char *publishedFor(const Study &study);   ///< the figure of the paper that belongs to a study's Figure 1
CountingRule countingOf(const char *publishedFigure); ///< of "1" and "3-right": what their axes count
QString tooltip(const Figure1Point &point, const Study &study);
QString tooltip(const TaskDelta &task, const std::string &label, const Selection &selection);
QString tooltip(const SweepPoint &point, const Selection &selection);
QString tooltip(const PublishedFigure &figure, const PublishedPoint &point);

} // namespace awb::study_words
