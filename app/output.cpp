#include "app/output.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/spec_json.h"
#include "core/methods/methods.h"
#include "core/methods/train_command.h"
#include "core/study/csv.h"

namespace awb {

namespace {

/// Columns a UTF-8 text takes on screen, one per code point.
std::size_t width(const std::string &text)
{
    return std::size_t(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

bool looksLikeNumber(const std::string &text)
{
    return !text.empty() && text.find_first_not_of("0123456789.,-+% e") == std::string::npos;
}

std::string format(const char *pattern, double value)
{
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, pattern, value);
    return buffer;
}

} // namespace

std::string columnsText(const std::vector<std::vector<std::string>> &rows)
{
    std::vector<std::size_t> widths;
    std::vector<bool> right;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        widths.resize(std::max(widths.size(), rows[r].size()));
        right.resize(widths.size(), true);
        for (std::size_t c = 0; c < rows[r].size(); ++c) {
            widths[c] = std::max(widths[c], width(rows[r][c]));
            if (r > 0 && !rows[r][c].empty() && !looksLikeNumber(rows[r][c]))
                right[c] = false;
        }
    }
    std::string text;
    for (const auto &row : rows) {
        std::string line;
        for (std::size_t c = 0; c < row.size(); ++c) {
            const std::string padding(widths[c] - width(row[c]), ' ');
            line += (c ? "  " : "") + (right[c] ? padding + row[c] : row[c] + padding);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

std::string withThousands(std::int64_t number)
{
    std::string digits = std::to_string(number);
    for (int i = int(digits.size()) - 3; i > (number < 0 ? 1 : 0); i -= 3)
        digits.insert(std::size_t(i), ",");
    return digits;
}

std::string bytesText(std::int64_t bytes)
{
    if (bytes < 1000)
        return std::to_string(bytes) + " bytes";
    double value = double(bytes);
    const char *unit = "";
    for (const char *next : {"kB", "MB", "GB", "TB"}) {
        if (value < 999.5)
            break;
        value /= 1000;
        unit = next;
    }
    return format(value < 9.95 ? "%.1f " : "%.0f ", value) + unit;
}

std::string percentText(double share)
{
    return format(share < 0.0995 ? "%.2f %%" : "%.1f %%", 100 * share);
}

std::string scoreText(double score)
{
    return format("%.4f", score);
}

std::string durationText(double seconds)
{
    const auto whole = std::llround(seconds);
    if (whole < 60)
        return std::to_string(whole) + " s";
    if (whole < 3600)
        return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::string methodText(const Method &method)
{
    return describe(method, int(method.sites.size()));
}

Json runJson(const Run &run, Store &store)
{
    const Provenance &p = run.provenance;
    Json metrics = Json::object(), test = Json::object();
    for (const Measurement &m : store.measurements(run.id)) // by step: the last one stands
        if (m.name.starts_with("dev."))
            metrics[m.name.substr(4)] = m.value;
        else if (m.name.starts_with("test."))
            test[m.name.substr(5)] = m.value;
    return {{"run", run.id},
            {"state", toString(run.state)},
            {"study", run.study},
            {"method", methodText(run.spec.method)},
            {"spec", Json::parse(toJson(run.spec))},
            {"command", trainCommand(run.spec)},
            {"trainable", run.trainable},
            {"total", run.total},
            {"metric", run.metric},
            {"score", run.score ? Json(*run.score) : Json()},
            {"metrics", metrics},
            {"test", test},
            {"step", run.step},
            {"steps", run.steps},
            {"error", run.error.empty() ? Json() : Json(run.error)},
            {"created", run.created},
            {"started", run.started},
            {"finished", run.finished},
            {"weights", run.weights.empty() ? Json() : Json(store.resolve(run.weights).string())},
            {"provenance",
             {{"program", p.program},
              {"libtorch", p.libtorch},
              {"device", p.device},
              {"path", p.path},
              {"threads", p.threads},
              {"together", p.together},
              {"checkpoint_sha256", p.checkpointSha256},
              {"data_sha256", p.dataSha256},
              {"seconds", p.seconds},
              {"steps_per_second", p.stepsPerSecond},
              {"examples_per_second", p.examplesPerSecond},
              {"peak_memory", p.peakMemory},
              {"inference_seconds", p.inferenceSeconds}}}};
}

std::string runText(const Run &run, Store &store)
{
    const Recipe &recipe = run.spec.recipe;
    std::string text = "run " + std::to_string(run.id) + ": " + methodText(run.spec.method) + ", " + run.spec.dataset +
                       ", " + run.spec.checkpoint + ", seed " + std::to_string(run.spec.seed) + "\n";
    text += "  " + std::to_string(recipe.epochs) + (recipe.epochs == 1 ? " epoch" : " epochs") + ", learning rate " +
            csv::powerOfTen(recipe.learningRate) + ", batch " + std::to_string(recipe.batch) + ", " +
            toString(recipe.precision) + " on " + recipe.device + "\n";
    text += "  " + toString(run.state);
    if (run.state == RunState::Running && run.steps > 0)
        text += ", step " + std::to_string(run.step) + " of " + std::to_string(run.steps);
    if (run.score)
        text += ", " + run.metric + " " + scoreText(*run.score);
    for (const Measurement &m : store.measurements(run.id))
        if (m.name == "test." + run.metric)
            text += ", on test " + scoreText(m.value);
    if (run.trainable > 0)
        text += ", " + withThousands(run.trainable) + " parameters trained of " + withThousands(run.total);
    if (run.state == RunState::Done)
        text += ", " + durationText(run.provenance.seconds) + " (" + format("%.3g", run.provenance.examplesPerSecond) +
                " examples/s)";
    text += "\n";
    if (!run.error.empty())
        text += "  " + run.error + "\n";
    if (!run.weights.empty())
        text += "  weights: " + store.resolve(run.weights).string() +
                (std::filesystem::exists(store.resolve(run.weights)) ? "\n" : " (gone)\n");
    return text;
}

} // namespace awb
