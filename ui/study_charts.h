#pragma once

#include "core/study/figure1.h"
#include "core/study/selection.h"
#include "ui/study_chart.h"

/// The charts of a study, made from its finished runs.
namespace awb::study_charts {

struct Options {
    CountingRule counting = CountingRule::WithoutEmbeddings;
    bool published = true;        ///< the paper's points too
    bool tasks = false;           ///< a thin line per task
    std::string publishedBy = {}; ///< backbone of Figure 1's published points: "BERT-large", "BERT-base"; empty: the study's
};

/// Figure 1: difference to full fine-tuning, median and 20th to 80th percentile over tasks, against trained parameters.
StudyChart figure1Chart(const StudyResults &results, const Options &options);
/// Figure 6 (right): score against the standard deviation of the adapters' initialisation, a line per task and size.
StudyChart initialisationChart(const StudyResults &results, const Options &options);
/// Figure 7: score against the learning rate, a line per task and method, the best of what else is swept at each.
StudyChart learningRateChart(const StudyResults &results, const Options &options);

} // namespace awb::study_charts
