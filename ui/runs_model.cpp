#include "ui/runs_model.h"

#include <algorithm>
#include <cmath>

#include <QDateTime>

#include "core/methods/methods.h"
#include "ui/chart_text.h"
#include "ui/wording.h"

namespace awb {

using wording::text;

namespace {

/// Index of a run in a list sorted by descending id; -1: not there.
int indexOf(const std::vector<Run> &runs, std::int64_t id)
{
    const auto found =
        std::lower_bound(runs.begin(), runs.end(), id, [](const Run &run, std::int64_t value) { return run.id > value; });
    return found != runs.end() && found->id == id ? int(found - runs.begin()) : -1;
}

bool sameOnScreen(const Run &a, const Run &b)
{
    return a.state == b.state && a.position == b.position && a.score == b.score && a.metric == b.metric &&
           a.step == b.step && a.steps == b.steps && a.loss == b.loss && a.examplesPerSecond == b.examplesPerSecond &&
           a.error == b.error && a.started == b.started && a.finished == b.finished && a.trainable == b.trainable &&
           a.study == b.study && a.stopRequested == b.stopRequested && a.provenance.seconds == b.provenance.seconds;
}

QString methodText(const Run &run)
{
    return text(describe(run.spec.method, int(run.spec.method.sites.size())));
}

double secondsOf(const Run &run)
{
    if (run.state == RunState::Running && !run.started.empty())
        return double(std::max<qint64>(0, QDateTime::currentSecsSinceEpoch() - wording::secondsSinceEpoch(run.started)));
    if (run.provenance.seconds > 0)
        return run.provenance.seconds;
    if (run.started.empty() || run.finished.empty())
        return 0;
    return double(wording::secondsSinceEpoch(run.finished) - wording::secondsSinceEpoch(run.started));
}

double shareOf(const Run &run)
{
    if (run.state == RunState::Done || run.steps <= 0 || (run.step == 0 && run.state != RunState::Running))
        return run.state == RunState::Running ? 0 : -1;
    return std::clamp(double(run.step) / run.steps, 0.0, 1.0);
}

int rank(RunState state)
{
    switch (state) {
    case RunState::Running:
        return 0;
    case RunState::Queued:
        return 1;
    case RunState::Paused:
        return 2;
    default:
        return 3;
    }
}

} // namespace

QString stateName(RunState state)
{
    switch (state) {
    case RunState::Queued:
        return RunsModel::tr("Queued");
    case RunState::Paused:
        return RunsModel::tr("Paused");
    case RunState::Running:
        return RunsModel::tr("Running");
    case RunState::Done:
        return RunsModel::tr("Done");
    case RunState::Failed:
        return RunsModel::tr("Failed");
    case RunState::Cancelled:
        return RunsModel::tr("Cancelled");
    }
    return {};
}

QString timeLeft(const Run &run)
{
    if (run.state != RunState::Running || run.steps <= 0 || run.step <= 0)
        return {};
    const double stepsLeft = run.steps - run.step;
    double seconds = 0;
    if (run.provenance.stepsPerSecond > 0)
        seconds = stepsLeft / run.provenance.stepsPerSecond;
    else if (run.examplesPerSecond > 0)
        seconds = stepsLeft * run.spec.recipe.batch / run.examplesPerSecond;
    else
        seconds = secondsOf(run) / run.step * stepsLeft;
    return RunsModel::tr("%1 left").arg(wording::duration(std::ceil(seconds)));
}

RunsModel::RunsModel(QObject *parent) : QAbstractTableModel(parent) {}

void RunsModel::update(std::vector<Run> runs)
{
    std::sort(runs.begin(), runs.end(), [](const Run &a, const Run &b) { return a.id > b.id; });
    removeMissing(runs);
    insertNew(runs);
    changeExisting(runs);
}

void RunsModel::removeMissing(const std::vector<Run> &runs)
{
    const auto kept = [&](int row) { return indexOf(runs, at(row).id) >= 0; };
    for (int last = int(m_runs.size()) - 1; last >= 0; --last) {
        if (kept(last))
            continue;
        int first = last;
        while (first > 0 && !kept(first - 1))
            --first;
        beginRemoveRows({}, first, last);
        m_runs.erase(m_runs.begin() + first, m_runs.begin() + last + 1);
        endRemoveRows();
        last = first;
    }
}

void RunsModel::insertNew(const std::vector<Run> &runs)
{
    // After removeMissing, m_runs is a subsequence of runs.
    for (std::size_t row = 0; row < runs.size(); ++row) {
        if (row < m_runs.size() && m_runs[row].id == runs[row].id)
            continue;
        std::size_t end = row;
        while (end < runs.size() && (row >= m_runs.size() || runs[end].id != m_runs[row].id))
            ++end;
        beginInsertRows({}, int(row), int(end) - 1);
        m_runs.insert(m_runs.begin() + std::ptrdiff_t(row), runs.begin() + std::ptrdiff_t(row),
                      runs.begin() + std::ptrdiff_t(end));
        endInsertRows();
        row = end;
    }
}

void RunsModel::changeExisting(std::vector<Run> &runs)
{
    int first = -1; // of a span of neighbouring changed rows, announced in one signal
    for (int row = 0; row <= int(m_runs.size()); ++row) {
        const bool changed = row < int(m_runs.size()) && [&] {
            Run &old = m_runs[std::size_t(row)];
            Run &now = runs[std::size_t(row)];
            if (now.state == RunState::Running && old.state == RunState::Running && old.step > now.step &&
                old.started == now.started) {
                now.step = old.step;
                now.steps = old.steps;
                now.loss = old.loss;
                now.examplesPerSecond = old.examplesPerSecond;
            }
            const bool same = sameOnScreen(old, now);
            old = std::move(now);
            return !same;
        }();
        if (changed && first < 0)
            first = row;
        if (!changed && first >= 0) {
            emit dataChanged(index(first, 0), index(row - 1, ColumnCount - 1));
            first = -1;
        }
    }
}

void RunsModel::setProgress(const Progress &now)
{
    const int row = rowOf(now.run);
    if (row < 0 || at(row).state != RunState::Running)
        return;
    Run &run = m_runs[std::size_t(row)];
    run.step = now.step;
    run.steps = now.steps;
    run.loss = now.loss;
    run.examplesPerSecond = now.examplesPerSecond;
    run.provenance.stepsPerSecond = now.stepsPerSecond;
    emit dataChanged(index(row, State), index(row, Duration));
}

int RunsModel::rowOf(std::int64_t id) const
{
    return indexOf(m_runs, id);
}

const Run *RunsModel::run(std::int64_t id) const
{
    const int row = rowOf(id);
    return row < 0 ? nullptr : &at(row);
}

int RunsModel::places(std::int64_t id) const
{
    const Run *own = run(id);
    if (!own || own->state != RunState::Queued)
        return 0;
    return 1 + int(std::count_if(m_runs.begin(), m_runs.end(), [own](const Run &other) {
               return other.state == RunState::Queued && other.position < own->position;
           }));
}

std::int64_t RunsModel::running() const
{
    const auto found =
        std::find_if(m_runs.begin(), m_runs.end(), [](const Run &run) { return run.state == RunState::Running; });
    return found == m_runs.end() ? 0 : found->id;
}

int RunsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_runs.size());
}

int RunsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant RunsModel::sortKey(const Run &run, int column) const
{
    switch (column) {
    case Id:
        return qint64(run.id);
    case State:
        return rank(run.state);
    case LearningRate:
        return run.spec.recipe.learningRate;
    case Epochs:
        return run.spec.recipe.epochs;
    case Seed:
        return quint64(run.spec.seed);
    case Score: // runs without a score come after the worst one
        return run.score && std::isfinite(*run.score) ? *run.score : -2.0;
    case Trainable:
        return qint64(run.trainable);
    case ProgressBar:
        return run.state == RunState::Done ? 2.0 : shareOf(run);
    case Duration:
        return secondsOf(run);
    case Finished:
        return wording::secondsSinceEpoch(run.finished);
    case MethodName: // "m = 8" before "m = 64"
        return QStringLiteral("%1 %2 %3")
            .arg(text(run.spec.method.name))
            .arg(run.spec.method.bottleneck, 6, 10, QLatin1Char('0'))
            .arg(methodText(run));
    default:
        return display(run, column).toLower();
    }
}

QString RunsModel::display(const Run &run, int column) const
{
    switch (column) {
    case Id:
        return QString::number(run.id);
    case State:
        if (run.state != RunState::Running)
            return stateName(run.state);
        if (run.stopRequested)
            return tr("Stopping");
        return run.step > 0 ? tr("%1 %").arg(int(100 * shareOf(run))) : stateName(run.state); // its icon says that it runs
    case Dataset:
        return text(run.spec.dataset);
    case Checkpoint:
        return text(run.spec.checkpoint);
    case MethodName:
        return methodText(run);
    case LearningRate:
        return chart_text::learningRate(run.spec.recipe.learningRate);
    case Epochs:
        return QString::number(run.spec.recipe.epochs);
    case Seed:
        return QString::number(run.spec.seed);
    case Score:
        return run.score ? QStringLiteral("%1 %2").arg(chart_text::metricWord(run.metric),
                                                       chart_text::score(run.metric, *run.score))
                         : QString();
    case Trainable:
        return run.trainable > 0 ? wording::count(run.trainable) : QString();
    case ProgressBar: {
        const double share = shareOf(run);
        if (share < 0)
            return {};
        const QString left = timeLeft(run);
        const QString done = QStringLiteral("%1 %").arg(int(100 * share));
        return left.isEmpty() ? done : QStringLiteral("%1 · %2").arg(done, left);
    }
    case Duration: {
        const double seconds = secondsOf(run);
        return seconds > 0 ? wording::duration(seconds) : QString();
    }
    case Finished:
        return wording::localTime(run.finished);
    default:
        return {};
    }
}

QString RunsModel::toolTip(const Run &run, int column) const
{
    if (!run.error.empty())
        return text(run.error);
    if (column == Score && run.score)
        return tr("%1 on the dev part after the last epoch").arg(chart_text::metricTitle(run.metric));
    if (column == State && run.state == RunState::Queued) {
        const int place = places(run.id);
        return place == 1 ? tr("Next in the queue") : tr("Number %1 in the queue").arg(place);
    }
    if (run.state == RunState::Running && run.step > 0)
        return tr("Step %1 of %2, loss %3, %4 examples per second")
            .arg(wording::count(run.step), wording::count(run.steps), wording::figure(run.loss),
                 wording::figure(run.examplesPerSecond));
    if (column == Finished && !run.started.empty())
        return tr("Started %1").arg(wording::localTime(run.started));
    return display(run, column);
}

QVariant RunsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Run &run = at(index.row());
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return display(run, column);
    case Qt::ToolTipRole:
        return toolTip(run, column);
    case Qt::AccessibleTextRole: {
        const QString title = headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(), words = display(run, column);
        return column == State && words != stateName(run.state)
                   ? QStringLiteral("%1: %2, %3").arg(title, stateName(run.state), words)
                   : QStringLiteral("%1: %2").arg(title, words);
    }
    case Qt::TextAlignmentRole: {
        const bool number = column == Id || (column >= LearningRate && column <= Trainable) || column == Duration;
        return int(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    }
    case SortRole:
        return sortKey(run, column);
    case StateRole:
        return int(run.state);
    case ShareRole:
        return shareOf(run);
    case SearchRole: {
        QStringList words{text(run.study), text(run.metric), stateName(run.state)};
        for (const int wordColumn : {Id, State, Dataset, Checkpoint, MethodName, LearningRate, Finished})
            words << display(run, wordColumn);
        return words.join(QLatin1Char(' ')).toLower();
    }
    default:
        return {};
    }
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    static const char *const names[ColumnCount] = {QT_TR_NOOP("Run"),      QT_TR_NOOP("State"),
                                                   QT_TR_NOOP("Data set"), QT_TR_NOOP("Checkpoint"),
                                                   QT_TR_NOOP("Method"),   QT_TR_NOOP("Learning rate"),
                                                   QT_TR_NOOP("Epochs"),   QT_TR_NOOP("Seed"),
                                                   QT_TR_NOOP("Score"),    QT_TR_NOOP("Trained parameters"),
                                                   QT_TR_NOOP("Progress"), QT_TR_NOOP("Duration"),
                                                   QT_TR_NOOP("Finished")};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    if (role == Qt::TextAlignmentRole &&
        (section == Id || (section >= LearningRate && section <= Trainable) || section == Duration))
        return int(Qt::AlignVCenter | Qt::AlignRight);
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | Qt::AlignLeft);
    return {};
}

} // namespace awb
