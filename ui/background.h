#pragma once

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include <QFutureWatcher>
#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QtConcurrentRun>

#include <sys/resource.h>
#include <unistd.h>

namespace awb {

/// For work that takes all cores: the window shares them with the calling thread and must stay fluid. On Linux a thread has
/// a nice value of its own.
inline void giveWay()
{
    ::setpriority(PRIO_PROCESS, id_t(::gettid()), 10);
}

/// What a worker hands back: a value, or the sentence of the error that stopped it.
template <class T>
struct Outcome {
    T value{};
    QString error; ///< empty: value counts
};

/// Computes `work()` on a thread of `pool` and calls `then(Outcome<T>)` on the thread of `context`, unless that is gone by
/// then. `work` must not touch widgets; it owns what it uses.
template <class Work, class Then>
void inBackground(QObject *context, Work work, Then then, QThreadPool *pool = QThreadPool::globalInstance())
{
    using T = std::invoke_result_t<Work &>;
    using Shared = std::shared_ptr<Outcome<T>>;
    auto *watcher = new QFutureWatcher<Shared>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, then = std::move(then)]() mutable {
        const Shared outcome = watcher->result();
        watcher->deleteLater();
        then(std::move(*outcome));
    });
    watcher->setFuture(QtConcurrent::run(pool, [work = std::move(work)]() mutable -> Shared {
        auto outcome = std::make_shared<Outcome<T>>();
        try {
            outcome->value = work();
        } catch (const std::exception &failure) {
            outcome->error = QString::fromUtf8(failure.what());
        }
        return outcome;
    }));
}

} // namespace awb
