#pragma once

#include <string>
#include <vector>

#include "app/commands.h"
#include "core/train/random_work.h"

/// What `bench` measured, as text, JSON and CSV.
namespace awb::bench_output {

/// One line of the table.
struct Line {
    std::string work; ///< "cola, adapters, m = 64", "32 tokens"
    TrainSpec spec;
    BenchResult result;
};

Json json(const Line &line);
std::string text(const std::vector<Line> &lines);
/// `growth`: name of what grows; the values are the first column.
std::string csv(const std::string &growth, const std::vector<GrowthPoint> &points, Precision precision);

} // namespace awb::bench_output
