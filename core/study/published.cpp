#include "core/study/published.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace awb::resources {
extern const char *const published; // resources/published.json
}

namespace awb {

namespace {

using Json = nlohmann::json;

struct Published {
    std::string source;
    std::vector<PublishedFigure> figures;
    std::vector<PublishedAblation> ablations;
    PublishedTable tables[2];
};

double numberOf(const Json &value)
{
    return value.is_null() ? NAN : value.get<double>();
}

PublishedFigure figureFrom(const Json &object)
{
    PublishedFigure figure{object.at("figure"),  object.at("backbone"), object.at("task"),
                           object.at("measure"), object.at("axis"),     {}};
    for (const Json &p : object.at("points"))
        figure.points.push_back(
            {p[0], p[1], numberOf(p[2]), numberOf(p[3]), numberOf(p[4]), numberOf(p[5]), numberOf(p[6])});
    return figure;
}

PublishedTable tableOne(const Json &object)
{
    PublishedTable table{object.at("backbone"), object.at("measure"), object.at("tasks"), object.at("metrics"), {}};
    for (const Json &row : object.at("rows")) {
        PublishedTable::Column column{
            row.at("method"), row.at("title"), row.at("total_parameters"), row.at("trained_per_task"), row.at("scores"), {},
            row.at("total")};
        column.sems.assign(column.scores.size(), NAN);
        table.columns.push_back(std::move(column));
    }
    return table;
}

PublishedTable tableTwo(const Json &object)
{
    PublishedTable table{object.at("backbone"), object.at("measure"), {}, {}, {}};
    for (std::size_t i = 0; i < object.at("columns").size(); ++i) {
        PublishedTable::Column column;
        column.method = object.at("columns")[i];
        column.title = object.at("titles")[i];
        column.totalParameters = object.at("total_parameters")[i];
        column.trainedPerTask = object.at("trained_per_task")[i];
        column.total = object.at("average")[i];
        for (const Json &row : object.at("rows")) {
            column.scores.push_back(row[i + 1][0]);
            column.sems.push_back(row[i + 1][1]);
        }
        table.columns.push_back(std::move(column));
    }
    for (const Json &row : object.at("rows"))
        table.tasks.push_back(row[0]);
    table.metrics.assign(table.tasks.size(), "accuracy");
    return table;
}

const Published &published()
{
    static const Published all = [] {
        const Json json = Json::parse(resources::published);
        Published read;
        read.source = json.at("source");
        for (const Json &figure : json.at("figures"))
            read.figures.push_back(figureFrom(figure));
        for (const Json &map : json.at("ablation"))
            read.ablations.push_back({map.at("task"), map.at("backbone"), map.at("size"), map.at("points")});
        read.tables[0] = tableOne(json.at("table1"));
        read.tables[1] = tableTwo(json.at("table2"));
        return read;
    }();
    return all;
}

} // namespace

const std::string &publishedSource()
{
    return published().source;
}

const std::vector<PublishedFigure> &publishedFigures()
{
    return published().figures;
}

const PublishedFigure *publishedFigure(std::string_view figure)
{
    const auto &all = published().figures;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const PublishedFigure &one) { return one.figure == figure; });
    return found == all.end() ? nullptr : &*found;
}

const std::vector<PublishedAblation> &publishedAblations()
{
    return published().ablations;
}

const PublishedTable &publishedTable(int number)
{
    return published().tables[number == 2];
}

} // namespace awb
