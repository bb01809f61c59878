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
/// The figure of the paper whose points stand in a study's Figure 1: of a backbone, "BERT-large" or "BERT-base"; empty: of
/// the experiment that the study repeats.
const char *publishedFor(const Study &study, const std::string &backbone = {});
/// What the axis of trained parameters of "1", "3-right" or one of "4" counts.
CountingRule countingOf(const char *publishedFigure);
/// Names hollow points in a caption. `more`: what else is said of them; `checkpoint`: of our points.
QString publishedSentence(const PublishedFigure &figure, const QString &more, const std::string &checkpoint);
QString tooltip(const Figure1Point &point, const Study &study);
QString tooltip(const TaskDelta &task, const std::string &label, const Selection &selection);
QString tooltip(const SweepPoint &point, const Selection &selection);
QString tooltip(const PublishedFigure &figure, const PublishedPoint &point);

} // namespace awb::study_words
